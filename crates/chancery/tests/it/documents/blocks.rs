//! Blocks and words of code in the documents.

use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block.
pub(crate) struct Block {
    /// The document, from the folder of the repository.
    pub(crate) document: String,
    /// The line on which it begins.
    pub(crate) line: usize,
    /// Without what the fence is indented by.
    pub(crate) text: String,
}

/// Where the repository is.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The documents whose blocks the table of `documents.rs` has, if they have any. README.md is the first.
const HERE: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "tests/README.md",
    "crates/chancery/tests/fixtures/README.md",
    "docs/SUMMARY.md",
    "docs/checks.md",
    "docs/csr.md",
    "docs/errors.md",
    "docs/iam.md",
    "docs/operations.md",
    "docs/revocation.md",
    "docs/sm2.md",
    "docs/texts.md",
];

/// A document that people read: its path in the repository, and its text.
fn read(path: String) -> (String, String) {
    let text = fs::read_to_string(repository().join(&path)).unwrap();
    (path, text)
}

/// The documents whose blocks are tried here.
pub(crate) fn documents() -> Vec<(String, String)> {
    HERE.iter().map(|path| read((*path).to_owned())).collect()
}

/// The paths of all documents that the suite `tests/documents` runs: each line of its list is a path, or a folder
/// with `/*.md`.
pub(crate) fn run_by_the_suite() -> Vec<String> {
    let (_, list) = read("tests/documents/documents.txt".to_owned());
    let mut paths = Vec::new();
    for line in list.lines() {
        match line.strip_suffix("/*.md") {
            Some(folder) => markdown(folder, &mut paths),
            None if repository().join(line).is_file() => paths.push(line.to_owned()),
            None => {}
        }
    }
    paths
}

/// The paths of all documents in `docs/`.
pub(crate) fn all_in_docs() -> Vec<String> {
    let (mut paths, mut folders) = (Vec::new(), vec!["docs".to_owned()]);
    while let Some(folder) = folders.pop() {
        markdown(&folder, &mut paths);
        for entry in fs::read_dir(repository().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                folders.push(format!("{folder}/{}", entry.file_name().display()));
            }
        }
    }
    paths
}

/// Adds the paths of the documents in a folder, if there is one.
fn markdown(folder: &str, paths: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(repository().join(folder)) else {
        return;
    };
    for entry in entries {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            paths.push(format!("{folder}/{name}"));
        }
    }
}

/// All fenced blocks of the documents that are tried here.
pub(crate) fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (document, text) in documents() {
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            if !line.trim_start().starts_with("```") {
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            let inside = lines
                .by_ref()
                .map(|(_, line)| line.get(indent..).unwrap_or_default())
                .take_while(|line| *line != "```");
            blocks.push(Block {
                document: document.clone(),
                line: number + 1,
                text: inside.flat_map(|line| [line, "\n"]).collect(),
            });
        }
    }
    blocks
}

/// What stands between backquotes on one line, outside of blocks, with its document, of all documents.
pub(crate) fn words() -> Vec<(String, String)> {
    let mut words = Vec::new();
    let others = run_by_the_suite().into_iter().map(read);
    for (document, text) in documents().into_iter().chain(others) {
        let mut inside = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                inside = !inside;
            } else if !inside {
                let code = line.split('`').skip(1).step_by(2);
                words.extend(code.map(|word| (document.clone(), word.to_owned())));
            }
        }
    }
    words
}
