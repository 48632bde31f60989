//! Things by what people call them: an id or a name.

use serde_json::Value;

use super::show::Pages;
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

/// The field of an answer that holds the list, each as `row` shows it.
pub(super) fn shown(answer: Value, field: &str, row: fn(&Value) -> Value) -> Vec<Value> {
    rows(answer, field).iter().map(row).collect()
}

/// The field of an answer that holds the thing.
pub(super) fn record(mut answer: Value, field: &str) -> Value {
    answer[field].take()
}

/// The text of a field; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The one of `rows` that is meant: that with this id; or else the only one with this name; or else the
/// only one whose id or name begins so. `what` says in a refusal what was looked for.
pub(super) fn one_of(
    rows: Vec<Value>,
    what: &str,
    wanted: &str,
    names: &[&str],
) -> Result<Value, Failure> {
    let is = |row: &Value, field: &str| row[field] == wanted;
    let begins = |row: &Value, field: &str| {
        let text = row[field].as_str();
        !wanted.is_empty() && text.is_some_and(|text| text.starts_with(wanted))
    };
    let found: Vec<&Value> = [
        rows.iter().filter(|row| is(row, "id")).collect(),
        rows.iter()
            .filter(|row| names.iter().any(|name| is(row, name)))
            .collect(),
        rows.iter()
            .filter(|row| begins(row, "id") || names.iter().any(|name| begins(row, name)))
            .collect::<Vec<_>>(),
    ]
    .into_iter()
    .find(|found| !found.is_empty())
    .unwrap_or_default();
    only(&found, what, wanted)
}

/// The only one of what was found.
pub(super) fn only<Row: std::borrow::Borrow<Value>>(
    found: &[Row],
    what: &str,
    wanted: &str,
) -> Result<Value, Failure> {
    match found {
        [one] => Ok(one.borrow().clone()),
        [] => Err(Failure::Missing(format!(
            "there is no {what} with the id or name {wanted:?}"
        ))),
        several => {
            let ids: Vec<_> = several
                .iter()
                .take(3)
                .map(|row| text(row.borrow(), "id"))
                .collect();
            Err(Failure::Missing(format!(
                "there is more than one {what} {wanted:?}; give its id, such as {}",
                ids.join(", ")
            )))
        }
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

/// The one that is meant of a list that can be asked for a text in its names: by its name or how that
/// begins, or by how its id begins.
pub(super) async fn in_list(
    client: &Client,
    what: &str,
    wanted: &str,
    list: impl Fn(Option<&str>) -> Pages,
) -> Result<Value, Failure> {
    let named = list(Some(wanted)).all(client).await?;
    match one_of(named, what, wanted, &["name"]) {
        Err(Failure::Missing(_)) if begins_an_id(wanted) => {
            one_of(list(None).all(client).await?, what, wanted, &["name"])
        }
        found => found,
    }
}

/// Whether an id may begin so; shorter texts would be of many.
fn begins_an_id(text: &str) -> bool {
    text.len() >= 4 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// All of a list that has offsets, and gives at most `most` at once; `query` is what is asked for beside
/// them, such as `&name=a`.
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
pub(super) async fn account(client: &Client) -> Result<Value, Failure> {
    let domains = rows(client.get("/v3/auth/domains").await?, "domains");
    domains.into_iter().next().ok_or_else(|| {
        Failure::Missing("the desk does not say which account the caller is of".to_owned())
    })
}

/// Its id.
pub(super) async fn account_id(client: &Client) -> Result<String, Failure> {
    Ok(text(&account(client).await?, "id").to_owned())
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
                json!({ "id": "5f", "name": "quintuple" }),
            ]
        };
        let id = |wanted| {
            let found = one_of(rows(), "thing", wanted, &["name"]);
            found.map(|row| text(&row, "id").to_owned())
        };
        assert_eq!(id("1").ok().as_deref(), Some("1"));
        assert_eq!(id("a").ok().as_deref(), Some("1"));
        for prefix in ["5", "quin"] {
            assert_eq!(id(prefix).ok().as_deref(), Some("5f"));
        }
        for (wanted, says) in [
            ("b", "no thing"),
            ("", "no thing"),
            (
                "twin",
                "more than one thing \"twin\"; give its id, such as 3, 4",
            ),
            ("tw", "more than one"),
        ] {
            let failure = id(wanted).err().map(|failure| failure.to_string());
            assert!(failure.is_some_and(|text| text.contains(says)), "{wanted}");
        }
    }
}
