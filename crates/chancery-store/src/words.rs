//! What the system refuses, in words.

use std::io::{Error, ErrorKind};

use rustix::io::Errno;

/// Why the system refused something with a file or an address, as the end of a sentence that names it.
pub fn in_words(error: &Error) -> String {
    if Errno::from_io_error(error) == Some(Errno::LOOP) {
        return "leads from link to link without an end".to_owned();
    }
    // Whoever made it up knows more.
    if error.get_ref().is_some() {
        return error.to_string();
    }
    let words = match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder",
        ErrorKind::PermissionDenied => {
            let user = rustix::process::geteuid().as_raw();
            return format!("no permission for the user that this runs as (user {user})");
        }
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        ErrorKind::StorageFull => "the disk is full",
        ErrorKind::FileTooLarge => {
            "a file may not be as large on this disk, or for this user (ulimit -f)"
        }
        ErrorKind::QuotaExceeded => "the user's quota on the disk is used up",
        ErrorKind::NotADirectory => "a part of this path is a file, and no folder",
        ErrorKind::IsADirectory => "is a folder, and no file",
        ErrorKind::AlreadyExists => "is there already",
        ErrorKind::InvalidFilename => "the name is too long, or not one for a file",
        ErrorKind::InvalidData => "is not text (UTF-8)",
        _ => return error.to_string(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_meet_has_words() {
        for (errno, expected) in [
            (Errno::NOENT, "no such file"),
            (Errno::ACCESS, "no permission"),
            (Errno::PERM, "no permission"),
            (Errno::ROFS, "read-only"),
            (Errno::NOSPC, "disk is full"),
            (Errno::DQUOT, "quota"),
            (Errno::FBIG, "may not be as large"),
            (Errno::NOTDIR, "is a file"),
            (Errno::ISDIR, "is a folder"),
            (Errno::LOOP, "from link to link"),
            (Errno::NAMETOOLONG, "too long"),
        ] {
            let said = in_words(&errno.into());
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains("os error"), "{said}");
        }
        let made_up = Error::new(ErrorKind::InvalidData, "line 3 is none");
        assert_eq!(in_words(&made_up), "line 3 is none");
        // What nobody has words for is in the system's.
        assert!(in_words(&Errno::IO.into()).contains("os error 5"));
    }
}
