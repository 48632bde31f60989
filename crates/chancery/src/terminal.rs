//! What people see: texts that steer no terminal, and what is said on standard error.

use std::io::Write as _;

/// What a name holds must not steer the terminal: no control characters, nothing that turns the
/// direction of writing or is not seen.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match steers(c) {
            true => plain.extend(c.escape_default()),
            false => plain.push(c),
        }
    }
    plain
}

/// Whether a character steers a terminal, or what stands beside it.
pub(crate) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Says something on standard error.
pub(crate) fn say(text: &str) {
    // There is nowhere left to say that this did not work.
    drop(writeln!(std::io::stderr(), "chancery: {}", plain(text)));
}

/// Says what was done and is perhaps not what was meant.
pub(crate) fn warn(text: &str) {
    say(&format!("warning: {text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (name, shown) in [
            ("a\u{1b}[2Jb\n", "a\\u{1b}[2Jb\\n"),
            ("\u{202e}gnp", "\\u{202e}gnp"),
            ("a\u{200b}\u{2066}b", "a\\u{200b}\\u{2066}b"),
            ("团队 'a' \"b\"", "团队 'a' \"b\""),
        ] {
            assert_eq!(plain(name), shown);
        }
    }
}
