//! Shapes as JSON Schema (2020-12, as OpenAPI 3.1 has it).

use chancery_core::limits::{self, Limit, Rule};
use serde_json::{Map, Value, json};

use super::shape::{Field, Schema, req};
use crate::errors;
use crate::service::Service;

/// A value of a request. Each limit names the refusal that breaking it is answered with.
pub(super) fn of_request(service: Service, schema: &Schema) -> Value {
    let writer = Writer {
        service: Some(service),
    };
    writer.write(schema, "")
}

/// A value of an answer: an object has the fields that are named and no others.
pub(super) fn of_answer(schema: &Schema) -> Value {
    Writer { service: None }.write(schema, "")
}

/// A parameter in a query or a header.
pub(super) fn parameter(service: Service, place: &str, field: &Field) -> Value {
    let writer = Writer {
        service: Some(service),
    };
    json!({
        "name": field.name,
        "in": place,
        "required": field.required,
        "schema": writer.write(&field.schema, field.name),
    })
}

/// A parameter in a path; its name says what it is.
pub(super) fn path_parameter(service: Service, name: &'static str) -> Value {
    let schema = match (service, name) {
        (Service::Scm, "certificate_id") => Schema::Text(Some(&limits::scm::CERTIFICATE_ID)),
        (Service::Ccm, "ca_id" | "certificate_id") => Schema::Text(Some(&limits::UUID)),
        // Identities that are not of the form are not there.
        (Service::Iam | Service::IamV30, "project_id") => Schema::Text(None),
        (_, "project_id") => Schema::Text(Some(&limits::PROJECT_ID)),
        (_, "enterprise_project_id") => Schema::Text(Some(&limits::ENTERPRISE_PROJECT)),
        _ => Schema::Text(None),
    };
    parameter(service, "path", &req(name, schema))
}

/// Whether a body may not be left out.
pub(super) fn has_required(schema: &Schema) -> bool {
    match schema {
        Schema::Object(fields) => fields.iter().any(|field| field.required),
        _ => true,
    }
}

/// The content type and the schema of a service's errors.
pub(super) fn error(service: Service) -> (&'static str, Value) {
    let name = match service {
        Service::Objects => return ("application/xml", json!({})),
        Service::Iam => "KeystoneError",
        Service::Eps => "EnterpriseProjectError",
        Service::Sms => "MigrationError",
        Service::Dcs => "RedisError",
        _ => "Error",
    };
    let reference = format!("#/components/schemas/{name}");
    (
        "application/json",
        json!({ "schema": { "$ref": reference } }),
    )
}

/// The schemas that [`error`] refers to.
pub(super) fn errors() -> Value {
    let code = json!({ "type": "string", "minLength": 3, "maxLength": 36 });
    let text = json!({ "type": "string", "maxLength": 1024 });
    let flat = |more: Value| {
        let mut properties = json!({
            "error_code": code,
            "error_msg": text,
            // The gateway in front of the services adds it.
            "request_id": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
        });
        if let (Value::Object(properties), Value::Object(more)) = (&mut properties, more) {
            properties.extend(more);
        }
        json!({
            "type": "object",
            "required": ["error_code", "error_msg"],
            "properties": properties,
            "additionalProperties": false,
        })
    };
    json!({
        "Error": flat(json!({})),
        "RedisError": flat(json!({ "error_ext_msg": { "type": ["string", "null"] } })),
        "MigrationError": flat(json!({
            "encoded_authorization_message": { "type": "string" },
            "error_param": { "type": "array", "items": { "type": "string" } },
            "details": { "type": "array", "items": {
                "type": "object",
                "required": ["error_code", "error_msg"],
                "properties": { "error_code": code, "error_msg": text },
                "additionalProperties": false,
            } },
        })),
        "EnterpriseProjectError": {
            "type": "object",
            // The gateway in front of the service answers flat.
            "properties": {
                "error": {
                    "type": "object",
                    "required": ["error_code", "error_msg"],
                    "properties": { "error_code": code, "error_msg": text },
                    "additionalProperties": false,
                },
                "error_code": code,
                "error_msg": text,
                "request_id": { "type": "string" },
            },
            "additionalProperties": false,
        },
        "KeystoneError": {
            "type": "object",
            "required": ["error"],
            "properties": { "error": {
                "type": "object",
                "required": ["code", "message", "title"],
                "properties": {
                    "code": code, "message": text, "title": { "type": "string" },
                },
                "additionalProperties": false,
            } },
            "additionalProperties": false,
        },
    })
}

struct Writer {
    /// The service that a request is sent to; none for an answer.
    service: Option<Service>,
}

impl Writer {
    /// `field` is the name with dots between levels, as refusals name it.
    fn write(&self, schema: &Schema, field: &str) -> Value {
        match schema {
            Schema::Text(limit) => self.limited(json!({ "type": "string" }), *limit, field),
            Schema::AnyCase(limit) => {
                let mut value = self.limited(json!({ "type": "string" }), Some(*limit), field);
                value["description"] = "the case does not matter".into();
                value
            }
            Schema::Secret(limit) => {
                let value = json!({ "type": "string", "format": "password" });
                self.limited(value, *limit, field)
            }
            Schema::Whole(limit) => self.limited(json!({ "type": "integer" }), *limit, field),
            Schema::Decimal => json!({ "type": "number" }),
            Schema::Flag => json!({ "type": "boolean" }),
            Schema::LooseFlag => json!({ "oneOf": [
                { "type": "boolean" },
                { "type": "string", "enum": ["true", "false", ""] },
            ] }),
            Schema::LooseWhole(limit) => json!({ "oneOf": [
                self.limited(json!({ "type": "integer" }), *limit, field),
                { "type": "string", "pattern": "^-?[0-9]*$" },
            ] }),
            Schema::List(entry, limit) => {
                let value = json!({ "type": "array", "items": self.write(entry, field) });
                self.limited(value, *limit, field)
            }
            Schema::Object(fields) => self.object(fields, field),
            Schema::Nullable(schema) => nullable(self.write(schema, field)),
            Schema::Any => json!({}),
        }
    }

    fn object(&self, fields: &[Field], above: &str) -> Value {
        let mut properties = Map::new();
        for field in fields {
            let name = match (field.refused_as, above) {
                (Some(name), _) => name.to_owned(),
                (None, "") => field.name.to_owned(),
                (None, above) => format!("{above}.{}", field.name),
            };
            properties.insert(field.name.to_owned(), self.write(&field.schema, &name));
        }
        let required: Vec<_> = fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name)
            .collect();
        let mut value = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            value["required"] = required.into();
        }
        if self.service.is_none() {
            value["additionalProperties"] = false.into();
        }
        value
    }

    fn limited(&self, mut value: Value, limit: Option<&Limit>, field: &str) -> Value {
        let Some(limit) = limit else { return value };
        match limit.rule {
            Rule::Text { least, most, .. } => {
                value["minLength"] = least.into();
                value["maxLength"] = most.into();
            }
            Rule::Bytes(most) => value["maxLength"] = most.into(),
            Rule::Number(from, to) => {
                value["minimum"] = from.into();
                value["maximum"] = to.into();
            }
            Rule::OneOf(names) => value["enum"] = names.into(),
            Rule::Count(least, most) => {
                value["minItems"] = least.into();
                value["maxItems"] = most.into();
            }
            Rule::Form { .. } => {}
        }
        if let Some(pattern) = limit.pattern() {
            value["pattern"] = pattern.into();
        }
        value["x-source"] = limit.source.into();
        if let Some(service) = self.service {
            let (status, code) = errors::of_invalid(service, field);
            value["x-refusal"] = json!({ "status": status.as_u16(), "code": code });
        }
        value
    }
}

fn nullable(mut value: Value) -> Value {
    if let Some(names) = value.get_mut("enum").and_then(Value::as_array_mut) {
        names.push(Value::Null);
    }
    match value.get("type").cloned() {
        Some(kind @ Value::String(_)) => {
            value["type"] = json!([kind, "null"]);
            value
        }
        _ => json!({ "anyOf": [value, { "type": "null" }] }),
    }
}
