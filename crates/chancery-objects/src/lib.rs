//! Object storage behind a trait, and presigned links.
//!
//! Objects are small public or linkable files, such as the CA certificate of an instance. They
//! are named by a [`BucketName`] and an [`ObjectKey`], which can only hold names that are safe in
//! a URL, a header and a folder. [`FolderStore`] is the embedded store.
#![forbid(unsafe_code)]

mod folder;
mod links;
mod name;
mod store;

pub use folder::FolderStore;
pub use links::{object_url, signed_url};
pub use name::{BucketName, NameError, ObjectKey};
pub use store::{ObjectError, ObjectStore};
