//! Files that commands read.

use std::fs;
use std::io::Read;
use std::path::Path;

use chancery_core::json::repeated_key;
use chancery_pki::pem;
use chancery_store::in_words;
use serde_json::Value;

use crate::client::Failure;

/// The longest file that is read, in bytes: what the desk takes in a body.
const LONGEST: u64 = 1 << 20;

/// The text of a file, or with `-` of standard input, without the byte order mark of some editors.
///
/// # Errors
/// [`Failure::Usage`] when it cannot be read, is too long, or is no UTF-8.
pub(super) fn read(file: &Path) -> Result<String, Failure> {
    let wrong = |why: &str| Failure::Usage(format!("{} {why}", file.display()));
    let mut bytes = Vec::new();
    let most = LONGEST + 1;
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().lock().take(most).read_to_end(&mut bytes),
        false => fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    read.map_err(|error| wrong(&format!("cannot be read: {}", in_words(&error))))?;
    if bytes.len() as u64 > LONGEST {
        return Err(wrong("is longer than 1 MiB"));
    }
    if let [0xfe, 0xff, ..] | [0xff, 0xfe, ..] = bytes.as_slice() {
        return Err(wrong("is in UTF-16; save it as UTF-8"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("is no text in UTF-8"))?;
    match text.strip_prefix('\u{feff}') {
        Some(text) => Ok(text.to_owned()),
        None => Ok(text),
    }
}

/// The certificates of a PEM file, at least one, DER.
///
/// # Errors
/// As [`read`], and for what is no PEM or holds anything else.
pub(super) fn certificates(file: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let wrong = |why: String| Failure::Usage(format!("{} {why}", file.display()));
    let blocks = pem::parse(&read(file)?).map_err(|error| wrong(format!("is no PEM: {error}")))?;
    if let Some(other) = blocks.iter().find(|block| block.label != pem::CERTIFICATE) {
        return Err(wrong(format!(
            "holds {}, not only CERTIFICATE",
            other.label
        )));
    }
    match blocks.is_empty() {
        true => Err(wrong("holds no CERTIFICATE in PEM".to_owned())),
        false => Ok(blocks.into_iter().map(|block| block.der).collect()),
    }
}

/// The JSON in a file, or with `-` in standard input. What it says is for the desk to judge, as it is
/// written: of a key that is there twice the desk would get one.
///
/// # Errors
/// As [`read`], and [`Failure::Usage`] for what is no JSON.
pub(super) fn read_json(file: &Path) -> Result<Value, Failure> {
    let wrong = |why: String| Failure::Usage(format!("{}: {why}", file.display()));
    let text = read(file)?;
    if let Some(key) = repeated_key(text.as_bytes()) {
        return Err(wrong(format!("{key} is there twice")));
    }
    serde_json::from_str(&text).map_err(|error| wrong(format!("not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn texts_of_any_editor_are_read_or_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.json");
        for (bytes, expected) in [
            (&b"{}"[..], Ok("{}")),
            (b"\xef\xbb\xbf{}", Ok("{}")),
            (b"\xff\xfe{\0}\0", Err("is in UTF-16; save it as UTF-8")),
            (b"\xfe\xff\0{\0}", Err("is in UTF-16")),
            (b"{\xff}", Err("is no text in UTF-8")),
            (&[b' '; (1 << 20) + 1], Err("is longer than 1 MiB")),
        ] {
            fs::write(&file, bytes).unwrap();
            match (read(&file), expected) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected),
                (Err(failure), Err(says)) => {
                    let said = failure.to_string();
                    assert!(
                        said.contains("policy.json ") && said.contains(says),
                        "{said}"
                    );
                }
                (found, _) => panic!("{found:?}"),
            }
        }
        assert!(read(folder.path()).is_err());
    }
}
