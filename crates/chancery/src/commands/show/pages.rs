//! Lists that the desk gives page by page.

use serde_json::Value;

use crate::client::{Client, Failure, encoded};
use crate::commands::find::rows;

/// How many are asked for at once: few first, so that a table begins soon.
const FIRST: usize = 100;
const MORE: usize = 1_000;

/// A list, and how far it was read.
pub(crate) struct Pages {
    path: String,
    /// What is asked for beside the place, such as `&name=a`.
    query: String,
    field: &'static str,
    shown: fn(&Value) -> Value,
    keeps: fn(&Value) -> bool,
    next: Option<Place>,
}

/// Where the next page begins.
enum Place {
    Offset(usize),
    /// What the page before says is behind it; empty for the first.
    Marker(String),
}

impl Pages {
    /// A list that is asked for by offsets; `field` of the answer holds it, and each of its things is shown
    /// as `shown` says.
    pub(crate) fn by_offset(
        path: &str,
        query: String,
        field: &'static str,
        shown: fn(&Value) -> Value,
    ) -> Self {
        Self::new(path, query, field, shown, Place::Offset(0))
    }

    /// The same, of a list that gives a marker for the next page.
    pub(crate) fn by_marker(
        path: &str,
        query: String,
        field: &'static str,
        shown: fn(&Value) -> Value,
    ) -> Self {
        Self::new(path, query, field, shown, Place::Marker(String::new()))
    }

    fn new(
        path: &str,
        query: String,
        field: &'static str,
        shown: fn(&Value) -> Value,
        first: Place,
    ) -> Self {
        Self {
            path: path.to_owned(),
            query,
            field,
            shown,
            keeps: |_| true,
            next: Some(first),
        }
    }

    /// The same without those that this leaves out.
    pub(crate) fn keeping(self, keeps: fn(&Value) -> bool) -> Self {
        Self { keeps, ..self }
    }

    /// The next page; none behind the last.
    ///
    /// # Errors
    /// What the call meets.
    pub(crate) async fn next(&mut self, client: &Client) -> Result<Option<Vec<Value>>, Failure> {
        let (place, limit) = match self.next.take() {
            None => return Ok(None),
            Some(Place::Offset(at)) => {
                let limit = if at == 0 { FIRST } else { MORE };
                (format!("offset={at}"), (limit, Some(at)))
            }
            Some(Place::Marker(marker)) if marker.is_empty() => (String::new(), (FIRST, None)),
            Some(Place::Marker(marker)) => (format!("marker={}", encoded(&marker)), (MORE, None)),
        };
        let (limit, offset) = limit;
        let and = if place.is_empty() { "" } else { "&" };
        let path = format!("{}?{place}{and}limit={limit}{}", self.path, self.query);
        let answer = client.get(&path).await?;
        let marker = answer["next_marker"].as_str().map(str::to_owned);
        let found = rows(answer, self.field);
        self.next = match offset {
            Some(at) if found.len() == limit => Some(Place::Offset(at + limit)),
            Some(_) => None,
            None => marker.map(Place::Marker),
        };
        let mut page: Vec<_> = found.iter().map(self.shown).collect();
        page.retain(self.keeps);
        Ok(Some(page))
    }

    /// All of it at once, for what is looked for in it.
    ///
    /// # Errors
    /// What a call meets.
    pub(crate) async fn all(mut self, client: &Client) -> Result<Vec<Value>, Failure> {
        let mut found = Vec::new();
        while let Some(page) = self.next(client).await? {
            found.extend(page);
        }
        Ok(found)
    }
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}?{}", self.path, self.query)
    }
}
