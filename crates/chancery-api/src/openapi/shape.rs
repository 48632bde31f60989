//! The words that operations are described in.

use chancery_core::limits::Limit;

/// One operation, as the document shows it.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The operation's name in the SDKs, or ours.
    pub(crate) id: &'static str,
    /// What it does, in a line.
    pub(crate) summary: &'static str,
    pub(crate) query: &'static [Field],
    pub(crate) headers: &'static [Field],
    pub(crate) body: Option<Schema>,
    /// The status of success.
    pub(crate) status: u16,
    /// What success is answered with: content types, and the schema of JSON.
    pub(crate) answer: &'static [(&'static str, Option<Schema>)],
    /// The refusals beyond those that [`super::statuses`] adds for every operation of a kind.
    pub(crate) refuses: &'static [u16],
    /// The refusals that are pages to read, whatever its service's errors look like.
    pub(crate) pages: &'static [u16],
}

/// A value in JSON, in a query or in a header.
#[derive(Clone, Copy)]
pub(crate) enum Schema {
    Text(Option<&'static Limit>),
    /// A text whose case does not matter.
    AnyCase(&'static Limit),
    /// A text that holds a secret.
    Secret(Option<&'static Limit>),
    Whole(Option<&'static Limit>),
    Decimal,
    Flag,
    /// A boolean that may come as text.
    LooseFlag,
    /// A whole number that may come as text.
    LooseWhole(Option<&'static Limit>),
    List(&'static Schema, Option<&'static Limit>),
    Object(&'static [Field]),
    /// The same value or null.
    Nullable(&'static Schema),
    /// Any JSON.
    Any,
}

/// A named value.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) schema: Schema,
    /// The field that its refusal names, where that is not its place in the body.
    pub(crate) refused_as: Option<&'static str>,
}

/// A text without a limit.
pub(crate) const TEXT: Schema = Schema::Text(None);
/// A whole number without a limit.
pub(crate) const WHOLE: Schema = Schema::Whole(None);
/// A time in milliseconds since 1970.
pub(crate) const MILLIS: Schema = Schema::Whole(None);

/// A text within a limit.
pub(crate) const fn text(limit: &'static Limit) -> Schema {
    Schema::Text(Some(limit))
}

/// A field that is always there.
pub(crate) const fn req(name: &'static str, schema: Schema) -> Field {
    Field {
        name,
        required: true,
        schema,
        refused_as: None,
    }
}

/// A field that may be left out.
pub(crate) const fn opt(name: &'static str, schema: Schema) -> Field {
    Field {
        name,
        required: false,
        schema,
        refused_as: None,
    }
}

impl Field {
    /// The same field, whose refusal names another one.
    pub(crate) const fn refused_as(self, name: &'static str) -> Self {
        Self {
            refused_as: Some(name),
            ..self
        }
    }
}

impl Shape {
    /// An operation that answers `200` with no content until it is said.
    pub(crate) const fn new(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            query: &[],
            headers: &[],
            body: None,
            status: 204,
            answer: &[],
            refuses: &[],
            pages: &[],
        }
    }

    pub(crate) const fn query(self, query: &'static [Field]) -> Self {
        Self { query, ..self }
    }

    pub(crate) const fn headers(self, headers: &'static [Field]) -> Self {
        Self { headers, ..self }
    }

    pub(crate) const fn body(self, fields: &'static [Field]) -> Self {
        Self {
            body: Some(Schema::Object(fields)),
            ..self
        }
    }

    pub(crate) const fn answers(
        self,
        status: u16,
        answer: &'static [(&'static str, Option<Schema>)],
    ) -> Self {
        Self {
            status,
            answer,
            ..self
        }
    }

    pub(crate) const fn refuses(self, refuses: &'static [u16]) -> Self {
        Self { refuses, ..self }
    }

    pub(crate) const fn refuses_with_pages(self, pages: &'static [u16]) -> Self {
        Self { pages, ..self }
    }
}

/// The answer of [`Shape::answers`] that is one JSON object of these fields.
macro_rules! json_object {
    ($($field:expr),* $(,)?) => {
        &[(
            "application/json",
            Some($crate::openapi::shape::Schema::Object(&[$($field),*])),
        )]
    };
}
pub(crate) use json_object;
