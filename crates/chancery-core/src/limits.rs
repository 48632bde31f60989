//! Every documented limit, in one table.
//!
//! A row says what a value may be and where that is written. What checks a value builds its
//! refusal from the row, and the OpenAPI document shows the same row, so that the three cannot
//! differ. Rows are grouped by the service whose documents have them.

/// The ranges of Chinese characters, for the sets of classes.
macro_rules! han {
    () => {
        "\u{3400}-\u{4dbf}\u{4e00}-\u{9fff}\u{f900}-\u{faff}\u{20000}-\u{323af}"
    };
}
pub(crate) use han;

pub mod bss;
pub mod ccm;
pub mod databases;
pub mod eps;
pub mod iam;
pub mod lists;
pub mod own;
pub mod scm;
pub mod sms;

use std::fmt::Write as _;

use crate::error::{Error, Result};

/// A row of the table: a rule, and the document that has it.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What a value has to keep to.
    pub rule: Rule,
    /// The document, and the field or call in it.
    pub source: &'static str,
}

/// What a value has to keep to.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// A text of so many characters of a class.
    Text {
        /// The fewest characters.
        least: usize,
        /// The most characters.
        most: usize,
        /// What the first may be, where that is less than the others.
        first: Option<Class>,
        /// What each may be.
        only: Class,
    },
    /// A text of at most so many bytes.
    Bytes(usize),
    /// A whole number of a range, both ends included.
    Number(i64, i64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of so many entries.
    Count(usize, usize),
    /// A text of a form that its parser knows.
    Form {
        /// The form as a regular expression (ECMA-262).
        pattern: &'static str,
        /// Completes the sentence "the field must …".
        says: &'static str,
    },
}

/// A class of characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Class {
    /// As between the brackets of a regular expression: characters and ranges `a-z`; a hyphen that
    /// means itself comes last, and `^` at the start turns the class round.
    pub set: &'static str,
    /// The class in words: `letters, digits and _ -`; empty for nearly any character.
    pub says: &'static str,
}

/// Everything but the character that no database keeps in a text.
pub const ANY: Class = Class {
    set: "^\0",
    says: "",
};
/// A text of one line: everything but control characters.
pub const LINE: Class = Class {
    set: "^\0-\u{1f}\u{7f}-\u{9f}",
    says: "no control characters",
};
/// Letters of ASCII.
pub const LETTERS: Class = Class {
    set: "A-Za-z",
    says: "an ASCII letter",
};

/// The form of ids of CAs, certificates, instances, sources and tasks.
pub const UUID: Limit = Limit::form(
    "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "must be an id: hexadecimal digits in lower case, 8-4-4-4-12",
    "CCM API reference, error PCA.00020201",
);
/// The form of ids of projects, accounts, users and the like.
pub const PROJECT_ID: Limit = Limit::form(
    "^[0-9a-f]{32}$",
    "must be 32 hexadecimal digits in lower case",
    "DCS and DDS API references, project_id",
);
/// The enterprise project of a resource, in every service.
pub const ENTERPRISE_PROJECT: Limit = Limit::form(
    "^(0|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$",
    "must be 0 or the id of an enterprise project",
    "EPS API reference, enterprise_project_id",
);

impl Class {
    /// Whether a character is of the class.
    pub fn holds(&self, c: char) -> bool {
        let (set, wanted) = match self.set.strip_prefix('^') {
            Some(set) => (set, false),
            None => (self.set, true),
        };
        let mut rest = set.chars();
        let mut found = false;
        while let Some(from) = rest.next() {
            let mut ahead = rest.clone();
            found |= match (ahead.next(), ahead.next()) {
                (Some('-'), Some(to)) => {
                    rest = ahead;
                    (from..=to).contains(&c)
                }
                _ => c == from,
            };
        }
        found == wanted
    }

    /// The class as a regular expression has it, brackets included.
    fn pattern(&self) -> String {
        let mut pattern = String::from("[");
        let last = self.set.chars().count() - 1;
        for (at, c) in self.set.chars().enumerate() {
            match c {
                c if c.is_control() => {
                    let _ = write!(pattern, "\\u{:04x}", u32::from(c));
                }
                '\\' | ']' | '[' => {
                    pattern.push('\\');
                    pattern.push(c);
                }
                '-' if at == last => pattern.push_str("\\-"),
                c => pattern.push(c),
            }
        }
        pattern.push(']');
        pattern
    }
}

impl Limit {
    /// A text of `least` to `most` characters of a class.
    pub const fn text(least: usize, most: usize, only: Class, source: &'static str) -> Self {
        let rule = Rule::Text {
            least,
            most,
            first: None,
            only,
        };
        Self { rule, source }
    }

    /// The same text, beginning with a character of another class.
    #[must_use]
    pub const fn beginning_with(self, class: Class) -> Self {
        let rule = match self.rule {
            Rule::Text {
                least, most, only, ..
            } => Rule::Text {
                least,
                most,
                first: Some(class),
                only,
            },
            other => other,
        };
        Self { rule, ..self }
    }

    /// A text of at most `most` bytes.
    pub const fn bytes(most: usize, source: &'static str) -> Self {
        let rule = Rule::Bytes(most);
        Self { rule, source }
    }

    /// A whole number from `from` to `to`.
    pub const fn number(from: i64, to: i64, source: &'static str) -> Self {
        let rule = Rule::Number(from, to);
        Self { rule, source }
    }

    /// One of `names`.
    pub const fn one_of(names: &'static [&'static str], source: &'static str) -> Self {
        let rule = Rule::OneOf(names);
        Self { rule, source }
    }

    /// A list of `least` to `most` entries.
    pub const fn count(least: usize, most: usize, source: &'static str) -> Self {
        let rule = Rule::Count(least, most);
        Self { rule, source }
    }

    /// A text of a form; `says` completes "the field must …", and begins with that "must".
    pub const fn form(pattern: &'static str, says: &'static str, source: &'static str) -> Self {
        let rule = Rule::Form { pattern, says };
        Self { rule, source }
    }

    /// Whether a text keeps to the rule, as far as the rule is about texts. A form is its parser's
    /// to judge.
    pub fn allows(&self, text: &str) -> bool {
        match self.rule {
            Rule::Text {
                least,
                most,
                first,
                only,
            } => {
                let begins = match (first, text.chars().next()) {
                    (Some(first), Some(c)) => first.holds(c),
                    _ => true,
                };
                begins
                    && (least..=most).contains(&text.chars().count())
                    && text.chars().all(|c| only.holds(c))
            }
            Rule::Bytes(most) => text.len() <= most,
            Rule::OneOf(names) => names.contains(&text),
            Rule::Number(..) | Rule::Count(..) | Rule::Form { .. } => true,
        }
    }

    /// The most characters that a text may have.
    pub fn most_characters(&self) -> i64 {
        match self.rule {
            Rule::Text { most, .. } => i64::try_from(most).unwrap_or(i64::MAX),
            _ => i64::MAX,
        }
    }

    /// Checks a text.
    ///
    /// # Errors
    /// [`Limit::refusal`].
    pub fn check(&self, field: &'static str, text: &str) -> Result<()> {
        match self.allows(text) {
            true => Ok(()),
            false => Err(self.refusal(field)),
        }
    }

    /// Checks a whole number.
    ///
    /// # Errors
    /// [`Limit::refusal`].
    pub fn check_number(&self, field: &'static str, number: i64) -> Result<()> {
        match self.rule {
            Rule::Number(from, to) if !(from..=to).contains(&number) => Err(self.refusal(field)),
            _ => Ok(()),
        }
    }

    /// Checks how many entries a list has.
    ///
    /// # Errors
    /// [`Limit::refusal`].
    pub fn check_count(&self, field: &'static str, count: usize) -> Result<()> {
        match self.rule {
            Rule::Count(least, most) if !(least..=most).contains(&count) => {
                Err(self.refusal(field))
            }
            _ => Ok(()),
        }
    }

    /// The refusal of a value: it names the field and what is allowed.
    pub fn refusal(&self, field: &'static str) -> Error {
        Error::invalid(field, self.sentence())
    }

    /// What is allowed; completes the sentence "the field …".
    pub fn sentence(&self) -> String {
        match self.rule {
            Rule::Text {
                least,
                most,
                first,
                only,
            } => {
                let mut text = match least {
                    0 => format!("must have at most {most} characters"),
                    least if least == most => format!("must have {most} characters"),
                    _ => format!("must have {least} to {most} characters"),
                };
                if !only.says.is_empty() {
                    let _ = write!(text, ": {}", only.says);
                }
                if let Some(first) = first {
                    let _ = write!(text, "; the first is {}", first.says);
                }
                text
            }
            Rule::Bytes(most) => format!("must have at most {most} bytes"),
            Rule::Number(0, i64::MAX) => "must not be negative".to_owned(),
            Rule::Number(from, to) if from == to => format!("must be {from}"),
            Rule::Number(from, to) if to - from == 1 => format!("must be {from} or {to}"),
            Rule::Number(from, to) => format!("must be a number from {from} to {to}"),
            Rule::OneOf([one]) => format!("must be {one}"),
            Rule::OneOf([one, other]) => format!("must be {one} or {other}"),
            Rule::OneOf(names) => format!("must be one of {}", names.join(", ")),
            Rule::Count(0, 1) => "must have at most 1 entry".to_owned(),
            Rule::Count(1, 1) => "must have 1 entry".to_owned(),
            Rule::Count(0, most) => format!("must have at most {most} entries"),
            Rule::Count(least, most) => format!("must have {least} to {most} entries"),
            Rule::Form { says, .. } => says.to_owned(),
        }
    }

    /// The rule for a text as a regular expression (ECMA-262), if it is more than a length.
    pub fn pattern(&self) -> Option<String> {
        match self.rule {
            Rule::Text { first, only, .. } => {
                let rest = only.pattern();
                Some(match first {
                    None => format!("^{rest}*$"),
                    Some(first) => format!("^({}{rest}*)?$", first.pattern()),
                })
            }
            Rule::Form { pattern, .. } => Some(pattern.to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Limit = Limit::text(
        2,
        5,
        Class {
            set: "A-Za-z0-9_-",
            says: "letters, digits, _ and -",
        },
        "here",
    )
    .beginning_with(LETTERS);

    #[test]
    fn classes() {
        let class = Class {
            set: "a-c.*\u{4e00}-\u{9fa5}-",
            says: "",
        };
        for c in ['a', 'b', 'c', '.', '*', '-', '汉'] {
            assert!(class.holds(c), "{c}");
        }
        for c in ['d', 'A', ',', '_', '\0'] {
            assert!(!class.holds(c), "{c}");
        }
        assert_eq!(class.pattern(), "[a-c.*\u{4e00}-\u{9fa5}\\-]");
        assert!(ANY.holds('\u{1f600}') && !ANY.holds('\0'));
        assert_eq!(ANY.pattern(), "[^\\u0000]");
    }

    #[test]
    fn texts() {
        for good in ["ab", "a-_9Z"] {
            assert!(NAME.allows(good), "{good}");
        }
        for bad in ["", "a", "1a", "abcdef", "a b", "añ"] {
            assert!(!NAME.allows(bad), "{bad}");
        }
        assert_eq!(
            NAME.pattern().as_deref(),
            Some("^([A-Za-z][A-Za-z0-9_\\-]*)?$")
        );
    }

    #[test]
    fn sentences_name_the_field_and_what_is_allowed() {
        let text = |limit: Limit| limit.refusal("field").public().to_owned();
        for (limit, says) in [
            (
                NAME,
                "field must have 2 to 5 characters: letters, digits, _ and -; the first is an \
                 ASCII letter",
            ),
            (
                Limit::text(0, 9, ANY, ""),
                "field must have at most 9 characters",
            ),
            (Limit::bytes(9, ""), "field must have at most 9 bytes"),
            (
                Limit::number(7, 30, ""),
                "field must be a number from 7 to 30",
            ),
            (Limit::number(0, i64::MAX, ""), "field must not be negative"),
            (Limit::number(0, 0, ""), "field must be 0"),
            (Limit::number(2, 3, ""), "field must be 2 or 3"),
            (Limit::one_of(&["A"], ""), "field must be A"),
            (Limit::one_of(&["A", "B"], ""), "field must be A or B"),
            (
                Limit::one_of(&["A", "B", "C"], ""),
                "field must be one of A, B, C",
            ),
            (
                Limit::count(0, 20, ""),
                "field must have at most 20 entries",
            ),
            (Limit::count(1, 20, ""), "field must have 1 to 20 entries"),
            (Limit::count(0, 1, ""), "field must have at most 1 entry"),
            (Limit::count(1, 1, ""), "field must have 1 entry"),
            (
                ccm::COMMON_NAME,
                "field must have 1 to 64 characters: ASCII letters, digits, Chinese characters, \
                 spaces and - _ . , *",
            ),
            (
                UUID,
                "field must be an id: hexadecimal digits in lower case, 8-4-4-4-12",
            ),
        ] {
            assert_eq!(text(limit), says);
        }
    }

    #[test]
    fn numbers_and_counts_include_both_ends() {
        let days = Limit::number(7, 30, "");
        assert!(
            [7, 30]
                .into_iter()
                .all(|n| days.check_number("d", n).is_ok())
        );
        assert!(
            [6, 31]
                .into_iter()
                .all(|n| days.check_number("d", n).is_err())
        );
        let tags = Limit::count(1, 20, "");
        assert!(
            [1, 20]
                .into_iter()
                .all(|n| tags.check_count("t", n).is_ok())
        );
        assert!(
            [0, 21]
                .into_iter()
                .all(|n| tags.check_count("t", n).is_err())
        );
    }
}
