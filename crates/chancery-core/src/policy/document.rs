//! The grammar of policy documents.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::Statement;
use super::condition::Condition;
use crate::json;
use crate::limits::Limit;
use crate::limits::iam as limits;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    statement: Vec<Wire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Wire {
    #[serde(rename = "Sid")]
    sid: Option<String>,
    effect: String,
    action: Option<Vec<String>>,
    not_action: Option<Vec<String>>,
    resource: Option<Vec<String>>,
    not_resource: Option<Vec<String>>,
    /// None where there is no such field; `null` is a field.
    #[serde(default, deserialize_with = "there")]
    condition: Option<Option<Operators>>,
}

/// Values by key by operator.
type Operators = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn there<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<Operators>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// What a statement does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

impl Effect {
    /// The effect of that name.
    fn from_name(name: &str) -> Result<Self, PolicyError> {
        match name {
            "Allow" => Ok(Self::Allow),
            "Deny" => Ok(Self::Deny),
            _ => Err(beyond(&limits::POLICY_EFFECT, "Effect")),
        }
    }
}

/// Patterns of names, or all names but those.
#[derive(Clone, Debug)]
pub(super) enum Names {
    Only(Vec<String>),
    Except(Vec<String>),
}

impl Names {
    /// The patterns.
    pub(super) fn patterns(&self) -> &[String] {
        match self {
            Self::Only(patterns) | Self::Except(patterns) => patterns,
        }
    }

    /// Whether they hold for what `matches` compares the patterns with.
    pub(super) fn holds(&self, matches: impl Fn(&str) -> bool) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern));
        match self {
            Self::Only(patterns) => any(patterns),
            Self::Except(patterns) => !any(patterns),
        }
    }
}

/// A policy document that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON of the grammar; a field that is not evaluated is refused, not ignored.
    #[error("the policy document cannot be read: {0}")]
    Grammar(#[from] serde_json::Error),
    /// A rule about the content.
    #[error("{0}")]
    Rule(String),
}

/// The statements of a document that somebody wants to be taken.
pub(super) fn parse(text: &str) -> Result<Vec<Statement>, PolicyError> {
    within(&limits::POLICY_DOCUMENT, "the document", text)?;
    // Else the last one would hold, and the reader has seen the first.
    if let Some(key) = json::repeated_key(text.as_bytes()) {
        return Err(PolicyError::Rule(format!("{key} is there twice")));
    }
    let document: Document = serde_json::from_str(text)?;
    for wire in &document.statement {
        if let Some(condition) = &wire.condition {
            check_condition(condition.as_ref())?;
        }
    }
    statements(document)
}

/// The statements of a document that was taken before. It means what it meant then, also where it
/// would not be taken any more.
pub(super) fn kept(text: &str) -> Result<Vec<Statement>, PolicyError> {
    within(&limits::POLICY_DOCUMENT, "the document", text)?;
    statements(serde_json::from_str(text)?)
}

fn statements(document: Document) -> Result<Vec<Statement>, PolicyError> {
    let rule = |broken: bool, text: &str| match broken {
        true => Err(PolicyError::Rule(text.to_owned())),
        false => Ok(()),
    };
    within(&limits::POLICY_VERSION, "Version", &document.version)?;
    let identity = document.version == "5.0";
    counted(&limits::STATEMENTS, "Statement", document.statement.len())?;
    let mut actions = 0;
    let mut statements = Vec::with_capacity(document.statement.len());
    for wire in document.statement {
        rule(
            !identity && (wire.sid.is_some() || wire.not_resource.is_some()),
            "Sid and NotResource are of Version 5.0",
        )?;
        let statement = Statement {
            effect: Effect::from_name(&wire.effect)?,
            actions: names("Action", wire.action, wire.not_action, None)?,
            resources: names(
                "Resource",
                wire.resource,
                wire.not_resource,
                Some(vec!["*".to_owned()]),
            )?,
            conditions: conditions(wire.condition.flatten().unwrap_or_default())?,
        };
        actions += statement.actions.len();
        counted(&limits::RESOURCES, "Resource", statement.resources.len())?;
        counted(&limits::CONDITIONS, "Condition", statement.conditions.len())?;
        statements.push(statement);
    }
    counted(&limits::ACTIONS, "Action of all statements", actions)?;
    Ok(statements)
}

/// Refuses a condition that would always hold because it names nothing, and keys of one operator that
/// differ in case only, which does not count.
fn check_condition(operators: Option<&Operators>) -> Result<(), PolicyError> {
    let refused = |text: String| Err(PolicyError::Rule(text));
    let Some(operators) = operators.filter(|operators| !operators.is_empty()) else {
        return refused("Condition must hold at least one operator, or be left out".to_owned());
    };
    for (operator, keys) in operators {
        let mut known = Vec::new();
        for (key, values) in keys {
            let condition = Condition::new(operator, key, values.clone());
            let condition = condition.map_err(PolicyError::Rule)?;
            if known.iter().any(|other| condition.looks_at_the_same(other)) {
                return refused(format!(
                    "{key} is there twice in {operator}: case does not count"
                ));
            }
            known.push(condition);
        }
        if known.is_empty() {
            return refused(format!(
                "{operator} in Condition must hold at least one key"
            ));
        }
    }
    Ok(())
}

/// Checks a text of a document.
fn within(limit: &Limit, what: &str, text: &str) -> Result<(), PolicyError> {
    match limit.allows(text) {
        true => Ok(()),
        false => Err(beyond(limit, what)),
    }
}

/// Checks how many entries a list of a document has.
fn counted(limit: &Limit, what: &'static str, count: usize) -> Result<(), PolicyError> {
    let checked = limit.check_count(what, count);
    checked.map_err(|_| beyond(limit, what))
}

fn beyond(limit: &Limit, what: &str) -> PolicyError {
    PolicyError::Rule(format!("{what} {}", limit.sentence()))
}

impl Names {
    fn len(&self) -> usize {
        self.patterns().len()
    }
}

/// `field` or `Not` + `field`, one of them and not both; `default` where neither is there.
fn names(
    field: &str,
    only: Option<Vec<String>>,
    except: Option<Vec<String>>,
    default: Option<Vec<String>>,
) -> Result<Names, PolicyError> {
    let refused = |text: String| Err(PolicyError::Rule(text));
    let names = match (only, except, default) {
        (Some(only), None, _) | (None, None, Some(only)) => Names::Only(only),
        (None, Some(except), _) => Names::Except(except),
        (Some(_), Some(_), _) => {
            return refused(format!("{field} and Not{field} exclude each other"));
        }
        (None, None, None) => return refused(format!("{field} or Not{field} is required")),
    };
    let bad = |pattern: &String| {
        let parts = pattern.split(':').count();
        pattern != "*" && parts < if field == "Action" { 2 } else { 5 }
    };
    match &names {
        Names::Only(patterns) | Names::Except(patterns) if patterns.is_empty() => {
            refused(format!("{field} must hold at least one pattern"))
        }
        Names::Only(patterns) | Names::Except(patterns) if patterns.iter().any(bad) => {
            refused(match field {
                "Action" => "an action reads service:type:operation, or *".to_owned(),
                _ => "a resource reads service:region:account:type:id, or *".to_owned(),
            })
        }
        _ => Ok(names),
    }
}

fn conditions(wire: Operators) -> Result<Vec<Condition>, PolicyError> {
    let mut conditions = Vec::new();
    for (operator, keys) in wire {
        for (key, values) in keys {
            let condition = Condition::new(&operator, &key, values);
            conditions.push(condition.map_err(PolicyError::Rule)?);
        }
    }
    Ok(conditions)
}
