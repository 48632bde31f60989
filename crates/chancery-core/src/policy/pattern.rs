//! Patterns of actions, of resources and of the values of conditions.
//!
//! Comparing takes time that grows with the pattern, not with the pattern times the text: the places
//! of the text that a part of the pattern can reach are the bits of whole words, 64 to a word. What
//! that costs at the most, [`Weight`] says; unit tests count.

use std::cell::OnceCell;
use std::iter::Sum;
use std::ops::Add;

use super::{Request, Target};

/// Compares a text with a pattern: `*` stands for any run of characters, `?` for one, case does
/// not count.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    Text::of(text).fits(pattern)
}

/// What patterns take to be compared with a text, whose length is not known yet. A step looks at one
/// byte of either, or at 64 places of the text at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Weight {
    /// Bytes that are compared where they stand: at the beginning and the end of a text.
    pub(super) plain: usize,
    /// Bytes of patterns with something between two runs, which can be at many places.
    pub(super) moving: usize,
    /// How many texts are compared with such patterns.
    pub(super) texts: usize,
}

impl Weight {
    /// The patterns that one text is compared with.
    pub(super) fn of<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut weight = Self::default();
        for pattern in patterns {
            let first = pattern.find('*').unwrap_or(pattern.len());
            let last = pattern.rfind('*').unwrap_or(first);
            match pattern[first..last].bytes().all(|byte| byte == b'*') {
                true => weight.plain += pattern.len() + 1,
                false => {
                    weight.moving += pattern.len() + 1;
                    weight.texts = 1;
                }
            }
        }
        weight
    }

    /// The most steps that it takes to compare them with texts of at most so many bytes.
    pub(super) fn most_steps(&self, text: usize) -> u64 {
        (self.plain + self.moving * (text / 64 + 1) + self.texts * text) as u64
    }
}

impl Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            plain: self.plain + other.plain,
            moving: self.moving + other.moving,
            texts: self.texts + other.texts,
        }
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::default(), Add::add)
    }
}

/// A text that is compared with patterns.
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    /// Made for the first pattern that needs them.
    places: OnceCell<Places>,
}

/// The places of each byte in a text, letters in lower case.
struct Places {
    /// Words for the places of a text, and the one behind its end.
    words: usize,
    /// One more than the number of the byte among those that there are; 0 for one that is not there.
    numbers: [u8; 256],
    /// Bits by number and place.
    bits: Vec<u64>,
}

impl<'a> Text<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            places: OnceCell::new(),
        }
    }

    /// Whether it is what a pattern stands for.
    pub(super) fn fits(&self, pattern: &str) -> bool {
        self.counted(pattern.as_bytes(), &mut 0)
    }

    /// The same; adds the steps it took.
    fn counted(&self, pattern: &[u8], steps: &mut u64) -> bool {
        let text = self.bytes;
        let Some(first) = pattern.iter().position(|byte| *byte == b'*') else {
            return pattern.len() == text.len() && alike(pattern, text, steps);
        };
        let last = pattern.iter().rposition(|byte| *byte == b'*');
        let last = last.unwrap_or(first);
        let (front, back) = (&pattern[..first], &pattern[last + 1..]);
        let Some(end) = text.len().checked_sub(back.len()) else {
            return false;
        };
        front.len() <= end
            && alike(front, &text[..front.len()], steps)
            && alike(back, &text[end..], steps)
            && self.reaches(&pattern[first..=last], front.len(), end, steps)
    }

    /// Whether a pattern that begins and ends with `*` fits the text from `start` to `end`.
    fn reaches(&self, pattern: &[u8], start: usize, end: usize, steps: &mut u64) -> bool {
        if pattern.iter().all(|byte| *byte == b'*') {
            return true;
        }
        let places = self.places.get_or_init(|| {
            *steps += self.bytes.len() as u64;
            Places::of(self.bytes)
        });
        // Where the text may go on after what was compared of the pattern.
        let mut reached = vec![0_u64; places.words];
        reached[start / 64] |= 1 << (start % 64);
        let mut before = 0;
        for byte in pattern {
            if *byte == b'*' && before == b'*' {
                continue;
            }
            before = *byte;
            *steps += places.words as u64;
            let somewhere = match byte {
                b'*' => run(&mut reached),
                byte => step(&mut reached, places.of_byte(*byte)),
            };
            if !somewhere {
                return false;
            }
        }
        // The pattern ends with a run: what is reached at all is reached from there on.
        let first = reached.iter().position(|word| *word != 0);
        let first = first.map(|at| at * 64 + reached[at].trailing_zeros() as usize);
        first.is_some_and(|first| first <= end)
    }
}

impl Places {
    fn of(text: &[u8]) -> Self {
        let mut places = Self {
            words: text.len() / 64 + 1,
            numbers: [0; 256],
            bits: Vec::new(),
        };
        let mut known = 0;
        for (at, byte) in text.iter().enumerate() {
            let number = &mut places.numbers[usize::from(byte.to_ascii_lowercase())];
            if *number == 0 {
                // Without the capital letters there are at most 230.
                known += 1;
                *number = known;
                places.bits.resize(usize::from(known) * places.words, 0);
            }
            let begins = (usize::from(*number) - 1) * places.words;
            places.bits[begins + at / 64] |= 1 << (at % 64);
        }
        places
    }

    /// The places of what a byte of a pattern stands for.
    fn of_byte(&self, byte: u8) -> Stands<'_> {
        if byte == b'?' {
            return Stands::Any;
        }
        match usize::from(self.numbers[usize::from(byte.to_ascii_lowercase())]) {
            0 => Stands::Nowhere,
            number => Stands::At(&self.bits[(number - 1) * self.words..number * self.words]),
        }
    }
}

/// Where in a text a byte of a pattern can stand.
enum Stands<'a> {
    Any,
    At(&'a [u64]),
    Nowhere,
}

/// Goes one byte on from the places where that byte may stand; whether it may anywhere.
fn step(reached: &mut [u64], stands: Stands<'_>) -> bool {
    let mut carried = 0;
    let mut somewhere = false;
    for (at, word) in reached.iter_mut().enumerate() {
        let here = match stands {
            Stands::Any => *word,
            Stands::At(places) => *word & places[at],
            Stands::Nowhere => return false,
        };
        *word = here << 1 | carried;
        carried = here >> 63;
        somewhere |= *word != 0;
    }
    somewhere
}

/// Goes any number of bytes on.
fn run(reached: &mut [u64]) -> bool {
    let mut somewhere = false;
    for word in reached {
        *word = match somewhere {
            true => u64::MAX,
            // The lowest place, and all above it.
            false => word.wrapping_neg() | *word,
        };
        somewhere |= *word != 0;
    }
    somewhere
}

/// Whether texts of one length are the same but for `?`.
fn alike(pattern: &[u8], text: &[u8], steps: &mut u64) -> bool {
    let mut pairs = pattern.iter().zip(text);
    pairs.all(|(wanted, byte)| {
        *steps += 1;
        *wanted == b'?' || wanted.eq_ignore_ascii_case(byte)
    })
}

/// Compares a target with a pattern `<service>:<region>:<account>:<type>:<id>`. The region is not
/// compared: accounts of one desk have one set of resources. An empty part stands for any.
pub(super) fn matches_urn(pattern: &str, request: &Request<'_>, target: &Target<'_>) -> bool {
    if pattern == "*" {
        return true;
    }
    let service = request.action.split(':').next().unwrap_or_default();
    let mut parts = pattern.splitn(5, ':');
    let mut part = || parts.next();
    let (Some(of_service), Some(_region), Some(of_account), Some(of_kind), Some(of_id)) =
        (part(), part(), part(), part(), part())
    else {
        return false;
    };
    let fits = |pattern: &str, text: &str| pattern.is_empty() || matches(pattern, text);
    matches(of_service, service)
        && fits(of_account, request.domain_id)
        && matches(of_kind, target.kind)
        && matches(of_id, target.id)
}

/// Whether [`matches_urn`] compares the id of a target, which is any where the pattern ends in `*`
/// alone.
pub(super) fn names_id(pattern: &str) -> bool {
    let id = pattern.splitn(5, ':').nth(4);
    id.is_some_and(|id| id.is_empty() || id.bytes().any(|byte| byte != b'*'))
}

/// Whether [`matches_urn`] holds for some target, as far as the request alone shows.
pub(super) fn could_match_urn(pattern: &str, request: &Request<'_>) -> bool {
    let service = request.action.split(':').next().unwrap_or_default();
    let mut parts = pattern.splitn(5, ':');
    let (of_service, _region, of_account) = (parts.next(), parts.next(), parts.next());
    let account = |pattern: &str| pattern.is_empty() || matches(pattern, request.domain_id);
    pattern == "*"
        || of_service.is_some_and(|pattern| matches(pattern, service))
            && of_account.is_some_and(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("pca:cert:export", "pca:cert:export", true),
            ("PCA:Cert:Export", "pca:cert:export", true),
            ("pca:cert:*", "pca:cert:export", true),
            ("*:export", "pca:cert:export", true),
            ("pca:c?rt:export", "pca:cert:export", true),
            ("p*e*t", "pca:cert:export", true),
            ("pca:cert", "pca:cert:export", false),
            ("pca:cert:export?", "pca:cert:export", false),
            ("", "pca:cert:export", false),
            ("**", "x", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern}");
        }
    }

    /// The definition, in time that the product of the lengths bounds.
    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        let mut matches = vec![false; text.len() + 1];
        matches[0] = true;
        for p in pattern {
            let mut next = vec![false; text.len() + 1];
            next[0] = matches[0] && *p == b'*';
            for (i, t) in text.iter().enumerate() {
                next[i + 1] = match p {
                    b'*' => matches[i + 1] || next[i],
                    b'?' => matches[i],
                    p => matches[i] && p.eq_ignore_ascii_case(t),
                };
            }
            matches = next;
        }
        matches[text.len()]
    }

    proptest::proptest! {
        #[test]
        fn patterns_match_what_their_definition_says(
            pattern in "[aAb*?:]{0,12}",
            text in "[abB:]{0,16}",
        ) {
            let expected = slow(pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(matches(&pattern, &text), expected);
        }

        #[test]
        fn anything_can_be_compared(pattern in "\\PC{0,40}", text in "\\PC{0,40}") {
            let expected = slow(pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(matches(&pattern, &text), expected);
        }

        /// Long texts, whose places take several words.
        #[test]
        fn long_texts_too(
            pattern in "[ab*?]{0,12}(a{0,70}[*?]){0,3}[ab]{0,3}",
            text in "[ab]{0,3}(a{0,70}b?){0,3}",
        ) {
            let expected = slow(pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(matches(&pattern, &text), expected);
        }

        #[test]
        fn steps_have_their_bound(pattern in "[aAb*?:]{0,200}", text in "[abB:]{0,300}") {
            let mut steps = 0;
            Text::of(&text).counted(pattern.as_bytes(), &mut steps);
            proptest::prop_assert!(steps <= Weight::of([&*pattern]).most_steps(text.len()));
        }
    }

    /// Steps, and whether it fits.
    fn counted(pattern: &str, text: &str) -> (u64, bool) {
        let mut steps = 0;
        let fits = Text::of(text).counted(pattern.as_bytes(), &mut steps);
        (steps, fits)
    }

    #[test]
    fn the_worst_patterns_take_time_that_grows_with_their_length() {
        for length in [100, 1_000] {
            let text = "a".repeat(length);
            for pattern in [
                format!("*{}b", "a".repeat(length / 2)),
                format!("*{}b*", "a".repeat(length / 2)),
                format!("*{}b*", "?".repeat(length / 2)),
                format!("{}b*", "*a".repeat(length / 2)),
                format!("{}b*", "*?".repeat(length / 2)),
                format!("{}b*", "a?*".repeat(length / 3)),
            ] {
                let (steps, fits) = counted(&pattern, &text);
                assert!(!fits, "{pattern}");
                assert!(
                    steps <= Weight::of([&*pattern]).most_steps(length),
                    "{pattern}"
                );
                // What goes back and forth takes the product of both lengths, or a good part of it.
                let product = (pattern.len() * length) as u64;
                assert!(steps < product / 16, "{pattern}: {steps} of {product}");
            }
        }
    }

    #[test]
    fn what_has_no_run_inside_is_compared_once() {
        let text = "pca:cert:export".repeat(20);
        for pattern in [
            text.clone(),
            format!("{text}*"),
            format!("*{text}"),
            "*".into(),
        ] {
            let (steps, fits) = counted(&pattern, &text);
            assert!(fits && steps <= text.len() as u64, "{pattern}: {steps}");
        }
        assert_eq!(counted(&format!("{text}x"), &text), (0, false));
        assert_eq!(counted("scm:*", &text), (1, false));
    }
}
