//! The document as a page: every operation with its parameters, its fields and its answers. One
//! file, without scripts and without anything from elsewhere.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chancery_crypto::digest::sha256;
use serde_json::{Map, Value};

use crate::html::escaped;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
nav a{margin-right:1rem}h2{margin-top:3rem}\
details{border-top:1px solid #8884;padding:.4rem 0}summary{cursor:pointer}\
code{font:.9em ui-monospace,monospace}.method{display:inline-block;width:4.5rem;font-weight:600}\
table{border-collapse:collapse;margin:.5rem 0 1rem}td,th{text-align:left;vertical-align:top;\
padding:.15rem 1rem .15rem 0}th{font-weight:600}.muted{opacity:.7}";

/// What a browser may load for the page: the style that stands in it.
pub(super) fn policy() -> String {
    let hash = BASE64.encode(sha256(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// The page of a document.
pub(super) fn render(document: &Value) -> String {
    let services = by_service(document);
    let mut page = String::from("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    let _ = write!(
        page,
        "<meta name=\"viewport\" content=\"width=device-width\"><title>chancery API</title>\
         <style>{STYLE}</style><h1>chancery API</h1><p>{}</p>\
         <p>The same for programs: <a href=\"openapi.json\">openapi.json</a>. \
         What stands behind the calls, and how to use them: <a href=\"/docs\">the documents</a>.</p><nav>",
        escaped(text(&document["info"]["description"]))
    );
    for service in services.keys() {
        let _ = write!(page, "<a href=\"#{service}\">{service}</a>");
    }
    page.push_str("</nav>");
    for (service, operations) in &services {
        let _ = write!(page, "<h2 id=\"{service}\">{service}</h2>");
        for operation in operations.as_array().into_iter().flatten() {
            write_operation(&mut page, operation);
        }
    }
    page
}

/// The operations of each service, with their method and path beside them.
fn by_service(document: &Value) -> Map<String, Value> {
    let mut services = Map::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let mut operation = operation.clone();
            operation["method"] = method.to_ascii_uppercase().into();
            operation["path"] = path.as_str().into();
            let of_service = services
                .entry(text(&operation["x-service"]).to_owned())
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(operations) = of_service {
                operations.push(operation);
            }
        }
    }
    services
}

fn write_operation(page: &mut String, operation: &Value) {
    let _ = write!(
        page,
        "<details><summary><span class=\"method\">{}</span><code>{}</code> \
         <span class=\"muted\">{}</span></summary>",
        text(&operation["method"]),
        escaped(text(&operation["path"])),
        escaped(text(&operation["summary"])),
    );
    if let Some(action) = operation["x-action"].as_str() {
        let _ = write!(page, "<p>Action: <code>{action}</code></p>");
    }
    let mut rows = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = format!("{} ({})", text(&parameter["name"]), text(&parameter["in"]));
        rows.push(row(
            &name,
            &parameter["schema"],
            parameter["required"] == true,
        ));
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    collect(&mut rows, "", body);
    write_table(page, "Request", &rows);
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        for (media, content) in response["content"].as_object().into_iter().flatten() {
            let mut rows = Vec::new();
            // Errors are the same for a whole service.
            if status.starts_with('2') {
                collect(&mut rows, "", &content["schema"]);
            }
            let title = format!("{status} {}, {media}", text(&response["description"]));
            write_table(page, &title, &rows);
        }
        if response["content"].is_null() {
            write_table(
                page,
                &format!("{status} {}", text(&response["description"])),
                &[],
            );
        }
    }
    page.push_str("</details>");
}

/// The fields of an object, those of inner objects behind a dot.
fn collect(rows: &mut Vec<[String; 3]>, above: &str, schema: &Value) {
    let schema = match schema["anyOf"].as_array().and_then(|either| either.first()) {
        Some(first) => first,
        None => schema,
    };
    if schema["type"] == "array" {
        return collect(rows, &format!("{above}[]"), &schema["items"]);
    }
    let required = schema["required"].as_array();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = match above {
            "" => name.clone(),
            above => format!("{above}.{name}"),
        };
        let must = required.is_some_and(|names| names.iter().any(|one| one == name.as_str()));
        rows.push(row(&path, field, must));
        collect(rows, &path, field);
    }
}

fn row(name: &str, schema: &Value, required: bool) -> [String; 3] {
    let kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    };
    let mut rules = Vec::new();
    if required {
        rules.push("required".to_owned());
    }
    if let Some(names) = schema["enum"].as_array() {
        rules.push(names.iter().map(text).collect::<Vec<_>>().join(", "));
    }
    for (key, says) in [
        ("minLength", "at least {} characters"),
        ("maxLength", "at most {} characters"),
        ("minimum", "from {}"),
        ("maximum", "to {}"),
        ("minItems", "at least {} entries"),
        ("maxItems", "at most {} entries"),
        ("pattern", "{}"),
    ] {
        match &schema[key] {
            Value::Null => {}
            Value::String(value) => rules.push(says.replace("{}", value)),
            value => rules.push(says.replace("{}", &value.to_string())),
        }
    }
    [name.to_owned(), kind, rules.join("; ")]
}

fn write_table(page: &mut String, title: &str, rows: &[[String; 3]]) {
    if rows.is_empty() {
        if title != "Request" {
            let _ = write!(page, "<div class=\"muted\">{}</div>", escaped(title));
        }
        return;
    }
    let _ = write!(
        page,
        "<table><tr><th colspan=\"3\">{}</th></tr>",
        escaped(title)
    );
    for [name, kind, rules] in rows {
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td>{kind}</td><td class=\"muted\">{}</td></tr>",
            escaped(name),
            escaped(rules)
        );
    }
    page.push_str("</table>");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
