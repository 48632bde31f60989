//! JSON as a text, before anybody reads a value out of it: a walk through its objects and lists, and JSON
//! that says one thing: objects in which no key is there twice.
//!
//! RFC 8259, section 4, leaves open what an object with a repeated key means; most readers take the
//! last one, people the first they see. Where what is read decides who may do what, neither will do.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The path of the first key that an object of a text has twice, such as `role.policy.Version`, or
/// `[1].name` in a list; none where there is none, or before the text ceases to be JSON.
pub fn repeated_key(text: &[u8]) -> Option<String> {
    let mut search = Search {
        path: String::new(),
        found: None,
    };
    let mut json = serde_json::Deserializer::from_slice(text);
    // Where the text is no JSON the search ends; to say so is for who reads what it holds.
    let _ = Looked(&mut search).deserialize(&mut json);
    search.found
}

/// What looks at the objects and lists of a JSON text; see [`Looked`].
pub trait Look: Sized {
    /// Looks at an object, all of it.
    ///
    /// # Errors
    /// To look at nothing more.
    fn object<'de, A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error>;

    /// Looks at a list, all of it.
    ///
    /// # Errors
    /// To look at nothing more.
    fn list<'de, A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error>;
}

/// A value that is looked at where it is an object or a list, and passed over where it is neither.
#[derive(Debug)]
pub struct Looked<L>(pub L);

impl<'de, L: Look> DeserializeSeed<'de> for Looked<L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de, L: Look> Visitor<'de> for Looked<L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.object(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.list(list)
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A search for a key that an object has twice.
struct Search {
    /// Where it is.
    path: String,
    found: Option<String>,
}

impl Search {
    /// Searches what is below `step`.
    fn below<T>(&mut self, step: impl fmt::Display, search: impl FnOnce(&mut Self) -> T) -> T {
        use fmt::Write as _;
        let length = self.path.len();
        // Writing to a string does not fail.
        let _ = write!(self.path, "{step}");
        let result = search(self);
        self.path.truncate(length);
        result
    }
}

impl Look for &mut Search {
    fn object<'de, A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = object.next_key::<String>()? {
            let dot = match self.path.is_empty() {
                true => "",
                false => ".",
            };
            let step = format!("{dot}{key}");
            if !keys.insert(key) {
                self.found = Some(format!("{}{step}", self.path));
                return Err(A::Error::custom("a key is there twice"));
            }
            self.below(step, |search| object.next_value_seed(Looked(search)))?;
        }
        Ok(())
    }

    fn list<'de, A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let step = format_args!("[{index}]");
            let next = self.below(step, |search| list.next_element_seed(Looked(search)))?;
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_repeated_key_is_named_with_its_path() {
        for (text, expected) in [
            (r#"{"a":1,"a":2}"#, "a"),
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":{"b":[{},{"c":1,"d":2,"c":3}]}}"#, "a.b[1].c"),
            (r#"[{"x":null},{"x":{},"x":[]}]"#, "[1].x"),
            // However it is spelt.
            (r#"{"Effect":"Deny","\u0045ffect":"Allow"}"#, "Effect"),
            (r#"{"":1,"":2}"#, ""),
            // Before the text ends to be JSON.
            (r#"{"a":1,"a":2"#, "a"),
        ] {
            assert_eq!(
                repeated_key(text.as_bytes()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_of_different_objects_and_cases_are_different() {
        for text in [
            "",
            "{",
            "null",
            "1.5",
            "{}",
            r#"{"a":{"a":{"a":["a","a"]}}}"#,
            r#"[{"a":1},{"a":1}]"#,
            r#"{"a":1,"A":2,"b":"a"}"#,
            r#"{"a":-1,"b":true,"c":1e400}"#,
        ] {
            assert_eq!(repeated_key(text.as_bytes()), None, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(repeated_key(deep.as_bytes()), None);
    }

    proptest::proptest! {
        #[test]
        fn what_a_writer_makes_repeats_nothing(keys in "[a-c]{0,6}") {
            let twice = keys.chars().enumerate().find(|(at, key)| keys[..*at].contains(*key));
            let fields: Vec<_> = keys.chars().map(|key| format!("\"{key}\":[{{}}]")).collect();
            let text = format!("{{{}}}", fields.join(","));
            let expected = twice.map(|(_, key)| key.to_string());
            proptest::prop_assert_eq!(repeated_key(text.as_bytes()), expected);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            proptest::prop_assert_eq!(repeated_key(value.to_string().as_bytes()), None);
        }

        #[test]
        fn any_text_is_walked_through(text in "\\PC{0,200}") {
            let _ = repeated_key(text.as_bytes());
        }
    }
}
