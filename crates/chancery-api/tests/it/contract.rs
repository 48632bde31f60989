//! The OpenAPI document as a contract: every answer of every test is held against it.
//!
//! What an operation answered with is noted in a file as well, so that `cargo xtask test` can tell
//! which statuses of the document no test has reached.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use http::Method;
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(chancery_api::openapi);
static REACHED: LazyLock<Mutex<Reached>> = LazyLock::new(|| Mutex::new(Reached::new()));

/// Operations with the statuses they answered, one `METHOD /path status` a line.
struct Reached {
    known: BTreeSet<String>,
    file: File,
}

impl Reached {
    fn new() -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("reached-statuses.txt");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        Self {
            known: BTreeSet::new(),
            file: options.open(file).unwrap(),
        }
    }

    fn note(&mut self, line: String) {
        if !self.known.contains(&line) {
            writeln!(self.file, "{line}").unwrap();
            self.known.insert(line);
        }
    }
}

/// Panics when an answer is not one that the document allows. Paths that lead nowhere are not its matter.
///
/// What the document says of every operation in one sentence has the shape of the refusals that it
/// spells out: of a body that is too long, which each has.
pub(crate) fn check(method: &Method, path: &str, status: u16, media: Option<&str>, body: &[u8]) {
    let Some((template, operation)) = find(method, path) else {
        return;
    };
    let name = format!("{method} {template} {status}");
    let in_a_sentence = matches!(status, 408 | 414 | 431 | 500 | 503 | 504);
    let described = if in_a_sentence { 413 } else { status };
    let response = &operation["responses"][described.to_string()];
    assert!(!response.is_null(), "{name}: not in the document");
    if !in_a_sentence {
        REACHED.lock().unwrap().note(name.clone());
    }
    let Some(content) = response["content"].as_object() else {
        assert!(body.is_empty(), "{name}: has a body");
        return;
    };
    let media = media.unwrap_or_default();
    let content = content
        .get(media)
        .unwrap_or_else(|| panic!("{name}: {media} is not in the document"));
    if media == "application/json" && !content["schema"].is_null() && *method != Method::HEAD {
        let body = serde_json::from_slice(body).unwrap_or_else(|_| panic!("{name}: no JSON"));
        if let Err(fault) = fits(&content["schema"], &body) {
            panic!("{name}: {fault}");
        }
    }
}

/// The operation of a path; one without parameters goes before one with. `HEAD` is answered by
/// `GET` where it is no operation of its own.
fn find(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let found = find_exactly(&method.as_str().to_ascii_lowercase(), path);
    match *method {
        Method::HEAD => found.or_else(|| find_exactly("get", path)),
        _ => found,
    }
}

fn find_exactly(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object()?;
    let mut found: Vec<_> = paths
        .iter()
        .filter(|(template, item)| matches(template, path) && !item[method].is_null())
        .collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    let (template, item) = found.first()?;
    Some((template.as_str(), &item[method]))
}

fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            // The rest of the path of an object or of a document.
            (Some("{key}" | "{page}"), Some(_)) => return true,
            (Some(part), Some(_)) if part.starts_with('{') => {}
            (Some(part), Some(other)) if part == other => {}
            _ => return false,
        }
    }
}

/// Whether a value fits a schema, in the words that the document uses.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(DOCUMENT.pointer(&reference[1..]).unwrap(), value);
    }
    if let Some(either) = schema["anyOf"].as_array() {
        let fitting = either.iter().any(|schema| fits(schema, value).is_ok());
        return fitting.then_some(()).ok_or(format!("{value} fits none"));
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()), // anything
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) if kinds.contains(&"number") => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.contains(&kind) {
        return Err(format!("{value} is no {kinds:?}"));
    }
    if let Some(names) = schema["enum"].as_array()
        && !names.contains(value)
    {
        return Err(format!("{value} is none of {names:?}"));
    }
    if let (Some(text), Some(most)) = (value.as_str(), schema["maxLength"].as_u64())
        && text.chars().count() as u64 > most
    {
        return Err(format!("{text} is longer than {most}"));
    }
    for (at, entry) in value.as_array().into_iter().flatten().enumerate() {
        fits(&schema["items"], entry).map_err(|fault| format!("[{at}]: {fault}"))?;
    }
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, value) in object {
        match &schema["properties"][name] {
            Value::Null if schema["additionalProperties"] == false => {
                return Err(format!("{name} is not in the document"));
            }
            Value::Null => {}
            schema => fits(schema, value).map_err(|fault| format!("{name}: {fault}"))?,
        }
    }
    Ok(())
}
