//! Names in a request that its operation does not know: fields of the body and parameters of the query.
//! They are passed over, as the services do, and named in the answer's notes: who writes
//! `subject_alternative_name` learns that it is not `subject_alternative_names`.

use chancery_core::Notes;
use chancery_core::json::{Look, Looked};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::openapi::shape::{Field, Schema, Shape};
use crate::wire::without_mark;

/// Notes the names that `shape` does not have: of the query, and of the body as far as it is JSON. Answers
/// where in the body a list stands in the place of an object, if one does: an object would be read from
/// it by the places of its fields, whose names nobody has written.
pub(crate) fn note(
    shape: &Shape,
    query: &[(String, String)],
    body: &[u8],
    notes: &Notes,
) -> Option<String> {
    for (name, _) in query {
        if !shape.query.iter().any(|field| field.name == name) {
            notes.add(&format!("unknown parameter {name}"));
        }
    }
    if let Some(schema) = shape.body.as_ref().filter(|_| !body.is_empty()) {
        let mut walk = Walk {
            path: String::new(),
            notes,
            misplaced: None,
        };
        let mut json = serde_json::Deserializer::from_slice(without_mark(body));
        // Where it ceases to be JSON, reading it says so.
        let _ = Looked(At(&mut walk, schema)).deserialize(&mut json);
        return walk.misplaced;
    }
    None
}

struct Walk<'a> {
    /// Where the walk is, such as `distinguished_name.` or `nics[].`.
    path: String,
    notes: &'a Notes,
    /// The first place where a list stands for an object.
    misplaced: Option<String>,
}

/// A value, and what is known of it.
struct At<'w, 'a>(&'w mut Walk<'a>, &'a Schema);

impl Look for At<'_, '_> {
    fn object<'de, A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self(walk, schema) = self;
        let fields: &[Field] = match plain(schema) {
            Schema::Object(fields) => fields,
            // Of another kind than it should be: reading it says so.
            Schema::List(..) => &[],
            _ => return IgnoredAny.visit_map(object).map(drop),
        };
        while let Some(name) = object.next_key::<String>()? {
            match fields.iter().find(|field| field.name == name) {
                Some(field) => {
                    let length = walk.path.len();
                    walk.path.push_str(&name);
                    walk.path.push_str(match plain(&field.schema) {
                        Schema::List(..) => "[].",
                        _ => ".",
                    });
                    object.next_value_seed(Looked(At(walk, &field.schema)))?;
                    walk.path.truncate(length);
                }
                None => {
                    let note = format!("unknown field {}{name}", walk.path);
                    walk.notes.add(&note);
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn list<'de, A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(walk, schema) = self;
        match plain(schema) {
            Schema::List(each, _) => {
                while list.next_element_seed(Looked(At(walk, each)))?.is_some() {}
                Ok(())
            }
            Schema::Object(_) => {
                let place = match walk.path.trim_end_matches('.') {
                    "" => "the body",
                    place => place,
                };
                walk.misplaced.get_or_insert_with(|| place.to_owned());
                IgnoredAny.visit_seq(list).map(drop)
            }
            _ => IgnoredAny.visit_seq(list).map(drop),
        }
    }
}

/// What a schema is where the value is not null.
fn plain(schema: &Schema) -> &Schema {
    match schema {
        Schema::Nullable(schema) => plain(schema),
        schema => schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::shape::{TEXT, opt};

    const SHAPE: Shape = Shape::new("POST", "/v1/things", "MakeThing", "Makes a thing.")
        .query(&[opt("limit", TEXT)])
        .body(&[
            opt("name", TEXT),
            opt(
                "tags",
                Schema::List(&Schema::Object(&[opt("key", TEXT)]), None),
            ),
            opt(
                "inner",
                Schema::Nullable(&Schema::Object(&[opt("a", TEXT)])),
            ),
            opt(
                "links",
                Schema::Nullable(&Schema::List(&Schema::Object(&[opt("to", TEXT)]), None)),
            ),
            opt("free", Schema::Any),
        ]);

    fn noted(query: &[&str], body: &str) -> String {
        let notes = Notes::default();
        let query = query.iter();
        let query: Vec<_> = query
            .map(|name| ((*name).to_owned(), String::new()))
            .collect();
        let _ = note(&SHAPE, &query, body.as_bytes(), &notes);
        notes.text().unwrap_or_default()
    }

    #[test]
    fn a_list_in_the_place_of_an_object_is_found() {
        for (body, place) in [
            (r#"["a"]"#, Some("the body")),
            (r#"{"inner":["x"]}"#, Some("inner")),
            (r#"{"tags":[["k"]]}"#, Some("tags[]")),
            (r#"{"tags":["k"],"free":[{"x":[]}],"inner":{"a":[]}}"#, None),
        ] {
            let found = note(&SHAPE, &[], body.as_bytes(), &Notes::default());
            assert_eq!(found.as_deref(), place, "{body}");
        }
    }

    #[test]
    fn what_is_not_known_is_named_with_its_place() {
        for (query, body, expected) in [
            (
                &["limit"][..],
                r#"{"name":"a","tags":[{"key":1}],"inner":null,"free":{"x":[1]}}"#,
                "",
            ),
            (&["serial_number"], "", "unknown parameter serial_number"),
            (&[], r#"{"Name":1,"name":2}"#, "unknown field Name"),
            (
                &[],
                r#"{"tags":[{"key":1},{"k":{"z":1}}]}"#,
                "unknown field tags[].k",
            ),
            (&[], r#"{"inner":{"a":{},"b":[]}}"#, "unknown field inner.b"),
            (
                &[],
                r#"{"links":[{"to":1},{"from":1}]}"#,
                "unknown field links[].from",
            ),
            // Values of other kinds are for others to refuse, and what is no JSON too.
            (&[], r#"{"tags":{"key":1}}"#, "unknown field tags[].key"),
            (
                &[],
                r#"{"inner":[{"b":1}],"tags":1,"x":1.5}"#,
                "unknown field x",
            ),
            (&[], r#"["name"]"#, ""),
            (&[], r#"{"x":1,"#, "unknown field x"),
            (&[], r#"{"y\r\n":tru"#, "unknown field y\\u{d}\\u{a}"),
        ] {
            assert_eq!(noted(query, body), expected, "{query:?} {body}");
        }
        let deep = format!("{{\"x\":{}", "[".repeat(100_000));
        assert_eq!(noted(&[], &deep), "unknown field x");
    }
}
