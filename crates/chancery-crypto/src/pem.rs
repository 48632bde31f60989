//! PEM, the textual encoding of RFC 7468: reading is lenient in line length and line ends, passes over
//! text around blocks, and takes blocks that are joined without a line end; writing is strict (64 columns).

use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// The label of an X.509 certificate.
pub const CERTIFICATE: &str = "CERTIFICATE";

const DASHES: &str = "-----";
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
/// The end of one block and the beginning of the next on one line.
const JOINT: &str = "----------BEGIN ";
const COLUMNS: usize = 64;
const MAX_LABEL: usize = 64;

/// One `-----BEGIN label-----` ... `-----END label-----` with its decoded content.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// What the content is, for example `CERTIFICATE`.
    pub label: String,
    /// The content, usually DER. It may be a private key, so Debug shows its length alone;
    /// whoever reads keys moves it into zeroizing memory.
    pub der: Vec<u8>,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({}, {} bytes)", self.label, self.der.len())
    }
}

/// Why a text is not PEM. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// A BEGIN or END in the middle of a line, or an END outside of a block.
    #[error("line {line}: a BEGIN or END that begins or ends no PEM block")]
    StrayBoundary {
        /// Where.
        line: usize,
    },
    /// A BEGIN line that is not `-----BEGIN LABEL-----`.
    #[error("line {line}: malformed BEGIN line")]
    MalformedBegin {
        /// Where.
        line: usize,
    },
    /// A block without its END line, or with one of another label.
    #[error("the block {label} that begins at line {line} has no END line")]
    Unterminated {
        /// The label of the block.
        label: String,
        /// Where the block begins.
        line: usize,
    },
    /// The block is encrypted in the old way of RFC 1421 (`Proc-Type: 4,ENCRYPTED`).
    #[error("line {line}: the block is encrypted")]
    Encrypted {
        /// Where.
        line: usize,
    },
    /// The block carries other RFC 1421 headers, which RFC 7468 section 2 forbids.
    #[error("line {line}: headers inside of a PEM block are not allowed")]
    Headers {
        /// Where.
        line: usize,
    },
    /// The content is not base64, or empty.
    #[error("the block {label} that begins at line {line} is not valid base64")]
    Base64 {
        /// The label of the block.
        label: String,
        /// Where the block begins.
        line: usize,
    },
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`, as in files.
    Lf,
    /// `\r\n`, as in the JSON of some APIs.
    CrLf,
}

impl LineEnding {
    /// The characters.
    pub fn as_str(self) -> &'static str {
        match self {
            LineEnding::Lf => "\n",
            LineEnding::CrLf => "\r\n",
        }
    }
}

/// Reads every block of `text`, in order. Lines may end with LF or CRLF, be of any length and
/// have white space around them. What stands between blocks is passed over (RFC 7468 section 2:
/// `Bag Attributes`, the output of `openssl … -text`, comments), unless it looks like the beginning
/// or the end of a block. The next block may begin on the line on which one ends.
///
/// # Errors
/// [`PemError`] with the line of the fault. A text without any block is no fault.
pub fn parse(text: &str) -> Result<Vec<Block>, PemError> {
    let mut blocks = Vec::new();
    let mut lines = text
        .trim_start_matches('\u{feff}')
        .lines()
        .zip(1..)
        .flat_map(|(line, number)| joined(line).map(move |piece| (piece.trim(), number)));
    while let Some((content, line)) = lines.next() {
        if !content.starts_with(BEGIN) {
            if content.contains(BEGIN) || content.contains(END) {
                return Err(PemError::StrayBoundary { line });
            }
            continue;
        }
        let label = label_of(content).ok_or(PemError::MalformedBegin { line })?;
        blocks.push(read_block(label, line, &mut lines)?);
    }
    Ok(blocks)
}

/// The pieces of a line on which blocks are joined: each piece but the first is a BEGIN.
fn joined(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let Some(at) = line.find(JOINT) else {
            rest = None;
            return Some(line);
        };
        let (end, begin) = line.split_at(at + DASHES.len());
        rest = Some(begin);
        Some(end)
    })
}

/// Writes one block of 64 columns that ends with one newline.
///
/// The text of a private key is as secret as the key: move it into zeroizing memory. No copy of
/// it stays behind here.
pub fn encode(label: &str, der: &[u8], ending: LineEnding) -> String {
    let base64 = Zeroizing::new(Base64::encode_string(der));
    let newline = ending.as_str();
    let lines = base64.len().div_ceil(COLUMNS) + 2;
    // Reserved at once, so that growing leaves no copy of a key in freed memory.
    let frame = "-----BEGIN -----".len() + "-----END -----".len() + 2 * label.len();
    let mut text = String::with_capacity(frame + base64.len() + lines * newline.len());
    text.extend(["-----BEGIN ", label, "-----", newline]);
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (row, tail) = rest.split_at(rest.len().min(COLUMNS));
        text.extend([row, newline]);
        rest = tail;
    }
    text.extend(["-----END ", label, "-----", newline]);
    text
}

/// Writes certificates one after the other.
pub fn encode_chain(certificates: &[Vec<u8>], ending: LineEnding) -> String {
    certificates
        .iter()
        .map(|der| encode(CERTIFICATE, der, ending))
        .collect()
}

fn label_of(begin: &str) -> Option<&str> {
    let label = begin.strip_prefix(BEGIN)?.strip_suffix(DASHES)?;
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ';
    (!label.is_empty() && label.len() <= MAX_LABEL && label.chars().all(allowed)).then_some(label)
}

fn read_block<'a>(
    label: &str,
    begin: usize,
    lines: &mut impl Iterator<Item = (&'a str, usize)>,
) -> Result<Block, PemError> {
    let unterminated = || PemError::Unterminated {
        label: label.to_owned(),
        line: begin,
    };
    // Collected by slices and joined once, for the same reason as in `encode`.
    let mut rows = Vec::new();
    loop {
        let (content, line) = lines.next().ok_or_else(unterminated)?;
        if let Some(end) = content.strip_prefix(END) {
            if end.strip_suffix(DASHES) != Some(label) {
                return Err(unterminated());
            }
            break;
        }
        if content.starts_with(DASHES) {
            return Err(unterminated());
        }
        if content.contains(':') {
            return Err(match content.contains("ENCRYPTED") {
                true => PemError::Encrypted { line },
                false => PemError::Headers { line },
            });
        }
        rows.push(content);
    }
    let base64 = Zeroizing::new(rows.concat());
    match Base64::decode_vec(&base64) {
        Ok(der) if !der.is_empty() => Ok(Block {
            label: label.to_owned(),
            der,
        }),
        _ => Err(PemError::Base64 {
            label: label.to_owned(),
            line: begin,
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const TWO: &str = "-----BEGIN A-----\nAQID\n-----END A-----\n\n\
                       -----BEGIN B C-----\r\nBAU=\r\n-----END B C-----\r\n";

    #[test]
    fn reads_blocks_with_either_line_end() {
        let blocks = parse(TWO).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!(
            (blocks[0].label.as_str(), &*blocks[0].der),
            ("A", &[1, 2, 3][..])
        );
        assert_eq!(
            (blocks[1].label.as_str(), &*blocks[1].der),
            ("B C", &[4, 5][..])
        );
        assert_eq!(parse(" \r\n\t\n").unwrap(), []);
    }

    #[test]
    fn reads_odd_line_lengths_byte_order_marks_and_a_missing_last_newline() {
        let text = "\u{feff}  -----BEGIN A-----  \nA\n QI \nD\n\n-----END A-----";
        assert_eq!(parse(text).unwrap()[0].der, [1, 2, 3]);
    }

    #[test]
    fn text_around_blocks_is_passed_over() {
        for text in [
            "hello",
            "Bag Attributes\n    localKeyID: 01\nKey Attributes: <No Attributes>\n",
            "-- ---\n-----\n----- BEGIN\n-----BEGINNING-----\n",
        ] {
            assert_eq!(parse(text), Ok(vec![]), "{text:?}");
            let (first, second) = TWO.split_once("\n\n").unwrap();
            let between = format!("{text}\n{first}\n{text}\n{second}\n{text}");
            assert_eq!(parse(&between), parse(TWO), "{text:?}");
        }
    }

    #[test]
    fn blocks_may_be_joined() {
        let first = "-----BEGIN A-----\nAQID\n-----END A-----";
        for joint in ["", " ", "\t"] {
            let text = [first; 3].join(joint);
            let blocks = parse(&text);
            if joint.is_empty() {
                assert_eq!(blocks.unwrap().len(), 3);
            } else {
                // Nothing says where one ends and the other begins.
                assert!(blocks.is_err(), "{text:?}");
            }
        }
    }

    #[test]
    fn refuses_with_the_line() {
        let unterminated = |line| PemError::Unterminated {
            label: "A".into(),
            line,
        };
        let base64 = PemError::Base64 {
            label: "A".into(),
            line: 1,
        };
        for (text, error) in [
            ("\n-----END A-----", PemError::StrayBoundary { line: 2 }),
            (
                "key: -----BEGIN A-----\nAQID\n-----END A-----",
                PemError::StrayBoundary { line: 1 },
            ),
            (
                "-----BEGIN A-----\nAQID\n-----END A-----\n# -----BEGIN B-----",
                PemError::StrayBoundary { line: 4 },
            ),
            (
                "-----BEGIN A-----AQID\n-----END A-----",
                PemError::MalformedBegin { line: 1 },
            ),
            ("-----BEGIN A-----\nAQID-----END A-----", unterminated(1)),
            (
                "-----BEGIN A-----\nAQID\n-----END A----- x",
                unterminated(1),
            ),
            (
                "-----BEGIN A-----\nAQID\n-----END A----------BEGIN A-----",
                PemError::Unterminated {
                    label: "A".into(),
                    line: 3,
                },
            ),
            ("-----BEGIN A", PemError::MalformedBegin { line: 1 }),
            ("-----BEGIN -----", PemError::MalformedBegin { line: 1 }),
            ("-----BEGIN a<b>-----", PemError::MalformedBegin { line: 1 }),
            ("\n-----BEGIN A-----\nAQID", unterminated(2)),
            ("-----BEGIN A-----\nAQID\n-----END B-----", unterminated(1)),
            (
                "-----BEGIN A-----\nAQID\n-----BEGIN A-----\n-----END A-----",
                unterminated(1),
            ),
            (
                "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n",
                PemError::Encrypted { line: 2 },
            ),
            (
                "-----BEGIN A-----\nComment: x\n",
                PemError::Headers { line: 2 },
            ),
            ("-----BEGIN A-----\n-----END A-----", base64.clone()),
            ("-----BEGIN A-----\nAQI\n-----END A-----", base64.clone()),
            ("-----BEGIN A-----\nAQ!D\n-----END A-----", base64),
        ] {
            assert_eq!(parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn writes_64_columns_and_one_last_newline() {
        let text = encode(CERTIFICATE, &[0; 49], LineEnding::CrLf);
        let lines: Vec<_> = text.split("\r\n").collect();
        assert_eq!(lines[0], "-----BEGIN CERTIFICATE-----");
        assert_eq!(lines[1].len(), 64);
        assert_eq!(lines[2], "AA==");
        assert_eq!(lines[3..], ["-----END CERTIFICATE-----", ""]);
        assert_eq!(text.capacity(), text.len(), "no reallocation");
        assert!(!encode("A", &[0; 48], LineEnding::Lf).contains("\n\n"));

        let chain = encode_chain(&[vec![1], vec![2]], LineEnding::Lf);
        let ders: Vec<_> = parse(&chain).unwrap().into_iter().map(|b| b.der).collect();
        assert_eq!(ders, [[1], [2]]);
    }

    #[test]
    fn debug_shows_no_content() {
        let block = &parse(TWO).unwrap()[0];
        assert_eq!(format!("{block:?}"), "Block(A, 3 bytes)");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(der in prop::collection::vec(any::<u8>(), 1..300), crlf: bool) {
            let ending = if crlf { LineEnding::CrLf } else { LineEnding::Lf };
            let block = Block { label: "X Y".into(), der };
            prop_assert_eq!(parse(&encode("X Y", &block.der, ending)), Ok(vec![block]));
        }

        #[test]
        fn joined_or_with_text_it_is_the_same(
            ders in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..100), 1..5),
            joint in "(|\n|\r\n\r\n|\ntext: more -- text\n|\n# a\n\tb\n)",
        ) {
            let texts = ders.iter().map(|der| encode("X", der, LineEnding::Lf).trim_end().to_owned());
            let text = texts.collect::<Vec<_>>().join(&joint);
            let read: Vec<_> = parse(&text).unwrap().into_iter().map(|block| block.der).collect();
            prop_assert_eq!(read, ders);
        }

        #[test]
        fn no_text_panics(text in "(-----BEGIN A-----|-----END A-----|\\PC|\n|AQID|:){0,20}") {
            let _ = parse(&text);
        }
    }
}
