//! Commands in the documents, run as they stand in them, by the plainest shell there is.

mod blocks;
mod operations;
mod tries;

use std::process::Command;

use blocks::{Block, blocks, words};
use operations::{
    a_backup, a_key_kept, a_postgres_dump, a_postgres_restore, a_restore, another_machine,
};
use tries::{
    Desk, a_first_certificate, a_first_start, a_policy, a_server_bundle, a_signed_envelope, a_team,
    a_token, an_envelope, files_of_a_pair, one_file, settings, sm2_chains, warnings,
    what_the_demo_prints,
};

/// What is done with a block.
enum How {
    /// It is run, or taken as what it says it is.
    Tried(fn(&Desk, &str)),
    /// It is nothing to run; why.
    Shown(&'static str),
}
use How::{Shown, Tried};

/// The blocks of the documents that are tried here, in their order: the document, some text that only this
/// block of it has, and what is done with it. `tests/documents` runs those of the others.
const BLOCKS: &[(&str, &str, How)] = &[
    (
        "README.md",
        "cargo run --release",
        Shown("the one starts what all of this calls, the other runs this"),
    ),
    ("README.md", "chancery ready", Tried(what_the_demo_prints)),
    ("README.md", "--public-url", Tried(a_first_start)),
    ("README.md", "cert issue", Tried(a_first_certificate)),
    ("README.md", "TOKEN=", Tried(a_token)),
    ("README.md", "instance bundle", Tried(a_server_bundle)),
    ("README.md", "group add-user", Tried(a_team)),
    ("ARCHITECTURE.md", "chancery-store", Shown("a picture")),
    (
        "crates/chancery/tests/fixtures/README.md",
        "write.py",
        Shown("writes what a release leaves behind, once, by hand"),
    ),
    ("docs/iam.md", "the CA of team A", Tried(a_policy)),
    ("docs/iam.md", "warnings", Tried(warnings)),
    ("docs/iam.md", "[quotas]", Tried(settings)),
    ("docs/operations.md", "chancery backup", Tried(a_backup)),
    ("docs/operations.md", "cp -p", Tried(a_key_kept)),
    ("docs/operations.md", "mkdir aside", Tried(a_restore)),
    ("docs/operations.md", "mkdir -m 700", Tried(another_machine)),
    ("docs/operations.md", "pg_dump", Tried(a_postgres_dump)),
    (
        "docs/operations.md",
        "pg_restore",
        Tried(a_postgres_restore),
    ),
    ("docs/sm2.md", "enable_ntls on", Tried(files_of_a_pair)),
    ("docs/sm2.md", "s_server", Tried(files_of_a_pair)),
    ("docs/sm2.md", "encSm2EnvelopedKey.key", Tried(an_envelope)),
    (
        "docs/sm2.md",
        "signedAndEnvelopedData.key",
        Tried(a_signed_envelope),
    ),
    ("docs/sm2.md", "-partial_chain", Tried(sm2_chains)),
    ("docs/texts.md", "fullchain.pem", Tried(one_file)),
];

#[test]
fn every_block_is_tried() {
    let desk = Desk::start();
    for Block {
        document,
        line,
        text,
    } in blocks()
    {
        let mut rows = BLOCKS
            .iter()
            .filter(|row| row.0 == document && text.contains(row.1));
        let (Some((_, _, how)), None) = (rows.next(), rows.next()) else {
            panic!("{document}:{line}: not one row of the table is this block");
        };
        match how {
            Tried(try_it) => try_it(&desk, &text),
            Shown(why) => assert!(!why.is_empty()),
        }
    }
    for (document, needle, _) in BLOCKS {
        let found = blocks()
            .iter()
            .filter(|block| block.document == *document && block.text.contains(needle))
            .count();
        assert_eq!(found, 1, "{document}: {needle}");
    }
}

/// No document is forgotten, and none is run twice.
#[test]
fn each_document_is_of_one_suite() {
    let mut run: Vec<String> = blocks::documents().into_iter().map(|one| one.0).collect();
    run.retain(|path| path == "README.md" || path.starts_with("docs/"));
    run.extend(blocks::run_by_the_suite());
    run.sort_unstable();
    let mut there = blocks::all_in_docs();
    there.push("README.md".to_owned());
    there.sort_unstable();
    assert_eq!(run, there);
    assert!(there.iter().any(|path| path.starts_with("docs/calls/")));
}

#[test]
fn commands_and_options_that_are_named_exist() {
    let help = |line: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        let output = command.args(line).arg("--help").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then_some(text)
    };
    let served = help(&["serve"]).unwrap();
    let mut named = 0;
    for (document, word) in words() {
        if let Some(line) = word.strip_prefix("chancery ") {
            // The command, up to its first argument.
            let is_name = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            let line: Vec<&str> = line
                .split(' ')
                .take_while(is_name)
                .filter(|word| *word != "help" && !word.starts_with('-'))
                .collect();
            assert!(help(&line).is_some(), "{document}: {word}");
            named += 1;
        } else if document == "README.md" && word.starts_with("--listen") {
            let option = word.split(' ').next().unwrap();
            assert!(served.contains(option), "{document}: {word}");
            named += 1;
        }
    }
    assert!(named > 5, "{named}");

    // The table of options, in both directions.
    let (_, readme) = blocks::documents().swap_remove(0);
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| `--"))
        .collect();
    let mut listed = Vec::new();
    for row in &rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let options = cells[1].split('`').skip(1).step_by(2);
        let options: Vec<&str> = options.map(|o| o.split(' ').next().unwrap()).collect();
        listed.extend(options.iter().map(|option| (*option).to_owned()));
        for (option, variable) in options.iter().zip(cells[2].split('`').skip(1).step_by(2)) {
            let ending = variable.trim_start_matches('…');
            let entry = format!("{} <", option);
            assert!(served.contains(&entry), "{row}");
            // Of what may be a secret the help shows no value.
            let shown = ["=]", "]"].map(|end| format!("{ending}{end}"));
            assert!(shown.iter().any(|one| served.contains(one)), "{row}");
        }
    }
    for line in served.lines().map(str::trim) {
        let option = line.split(' ').find(|word| word.starts_with("--"));
        if line.starts_with('-') && !matches!(option, Some("--help" | "--version") | None) {
            let option = option.unwrap();
            assert!(
                listed.iter().any(|one| one == option),
                "README has no {option}"
            );
        }
    }
}
