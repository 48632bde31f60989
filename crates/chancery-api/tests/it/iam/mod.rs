//! What every client calls first.

mod domains;
mod projects;
mod tokens;
