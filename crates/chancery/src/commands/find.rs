//! Things by what people call them: an id or a name.

use serde_json::Value;

use crate::client::{Client, Failure};

/// How many are asked for at once where lists have pages (the most that IAM gives).
const PAGE: usize = 300;

/// The field of an answer that holds the list.
pub(super) fn rows(mut answer: Value, field: &str) -> Vec<Value> {
    match answer[field].take() {
        Value::Array(rows) => rows,
        _ => Vec::new(),
    }
}

/// The field of an answer that holds the thing.
pub(super) fn record(mut answer: Value, field: &str) -> Value {
    answer[field].take()
}

/// The text of a field; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The one of `rows` with this id, or else the only one with this name. `what` says in a refusal
/// what was looked for.
pub(super) fn one_of(
    rows: Vec<Value>,
    what: &str,
    wanted: &str,
    names: &[&str],
) -> Result<Value, Failure> {
    if let Some(found) = rows.iter().find(|row| row["id"] == wanted) {
        return Ok(found.clone());
    }
    let named = |row: &Value| names.iter().any(|name| row[*name] == wanted);
    let mut found = rows.into_iter().filter(named);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Failure::Missing(format!(
            "there is no {what} with the id or name {wanted:?}"
        ))),
        (Some(_), Some(_)) => Err(Failure::Missing(format!(
            "there is more than one {what} named {wanted:?}; give its id"
        ))),
    }
}

/// All of a list that has pages; `path` has no query yet.
pub(super) async fn all_pages(
    client: &Client,
    path: &str,
    field: &str,
) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    for page in 1.. {
        let path = format!("{path}?page={page}&per_page={PAGE}");
        let more = rows(client.get(&path).await?, field);
        let last = more.len() < PAGE;
        found.extend(more);
        if last {
            break;
        }
    }
    Ok(found)
}

/// All of a list that has offsets; `query` is what is asked for beside them, such as `&name=a`.
pub(super) async fn all_offsets(
    client: &Client,
    path: &str,
    query: &str,
    field: &str,
) -> Result<Vec<Value>, Failure> {
    all_offsets_by(client, path, query, field, 1_000).await
}

/// The same for a list that gives at most `most` at once.
pub(super) async fn all_offsets_by(
    client: &Client,
    path: &str,
    query: &str,
    field: &str,
    most: usize,
) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    loop {
        let path = format!("{path}?limit={most}&offset={}{query}", found.len());
        let more = rows(client.get(&path).await?, field);
        let last = more.len() < most;
        found.extend(more);
        if last {
            return Ok(found);
        }
    }
}

/// Whether a text is an id, and no name that somebody would give.
pub(super) fn is_id(text: &str) -> bool {
    let is_hyphen = |at: usize| [8, 13, 18, 23].contains(&at);
    let mut bytes = text.bytes().enumerate();
    text.len() == 36
        && bytes.all(|(at, b)| (b == b'-') == is_hyphen(at) && (b == b'-' || b.is_ascii_hexdigit()))
}

/// The account of the caller.
pub(super) async fn account_id(client: &Client) -> Result<String, Failure> {
    let domains = rows(client.get("/v3/auth/domains").await?, "domains");
    let domain = domains.first().ok_or_else(|| {
        Failure::Missing("the desk does not say which account the caller is of".to_owned())
    })?;
    Ok(text(domain, "id").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_win_over_names() {
        let rows = || {
            vec![
                json!({ "id": "1", "name": "a" }),
                json!({ "id": "2", "name": "1" }),
                json!({ "id": "3", "name": "twin" }),
                json!({ "id": "4", "name": "twin" }),
            ]
        };
        let id = |wanted| {
            let found = one_of(rows(), "thing", wanted, &["name"]);
            found.map(|row| text(&row, "id").to_owned())
        };
        assert_eq!(id("1").ok().as_deref(), Some("1"));
        assert_eq!(id("a").ok().as_deref(), Some("1"));
        for (wanted, says) in [("b", "no thing"), ("twin", "more than one")] {
            let failure = id(wanted).err().map(|failure| failure.to_string());
            assert!(failure.is_some_and(|text| text.contains(says)), "{wanted}");
        }
    }
}
