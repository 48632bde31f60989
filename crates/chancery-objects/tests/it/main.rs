//! Names, the folder store, and links.
#![allow(clippy::unwrap_used)]

mod folder;
mod links;
mod names;
