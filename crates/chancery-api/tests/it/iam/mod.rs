//! What every client calls first.

mod access_keys;
mod domains;
mod projects;
mod security_tokens;
mod tokens;
