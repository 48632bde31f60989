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

/// The documents that people read, with their names.
pub(crate) fn documents() -> Vec<(String, String)> {
    let mut names: Vec<String> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "tests/README.md",
        "crates/chancery/tests/fixtures/README.md",
    ]
    .map(str::to_owned)
    .into();
    for entry in fs::read_dir(repository().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names
        .into_iter()
        .map(|name| {
            let text = fs::read_to_string(repository().join(&name)).unwrap();
            (name, text)
        })
        .collect()
}

/// All fenced blocks of the documents.
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

/// What stands between backquotes on one line, outside of blocks, with its document.
pub(crate) fn words() -> Vec<(String, String)> {
    let mut words = Vec::new();
    for (document, text) in documents() {
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
