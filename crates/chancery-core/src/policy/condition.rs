//! Conditions of statements.

use super::pattern::{Text, Weight};
use super::{Applies, Request, Target, Within};

/// What the key of a condition on a tag begins with, in lower case.
const TAG: &str = "g:resourcetag/";

/// A condition: an operator, the key it looks at, and the values it compares with.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    compare: Compare,
    /// Holds when no value fits, not when one does.
    negated: bool,
    /// Holds where there is nothing to compare.
    if_exists: bool,
    key: Key,
    values: Vec<String>,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug)]
enum Compare {
    Equals,
    EqualsIgnoreCase,
    Like,
    StartsWith,
    EndsWith,
}

/// What is compared.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Key {
    UserName,
    UserId,
    DomainName,
    DomainId,
    EnterpriseProject,
    /// The project of the call; no document names it.
    Project,
    /// The value of the resource's tag with this key.
    ResourceTag(String),
    /// Nobody logs in with a second factor.
    MfaPresent,
}

impl Condition {
    /// A condition of a document; the error says what is allowed.
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Self, String> {
        let (name, if_exists) = match operator.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (operator, false),
        };
        let (compare, negated) = match name {
            "StringEquals" => (Compare::Equals, false),
            "StringNotEquals" => (Compare::Equals, true),
            "StringEqualsIgnoreCase" => (Compare::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Compare::EqualsIgnoreCase, true),
            "StringLike" => (Compare::Like, false),
            "StringNotLike" => (Compare::Like, true),
            "StringStartWith" => (Compare::StartsWith, false),
            "StringNotStartWith" => (Compare::StartsWith, true),
            "StringEndWith" => (Compare::EndsWith, false),
            "StringNotEndWith" => (Compare::EndsWith, true),
            "Bool" => (Compare::EqualsIgnoreCase, false),
            _ => {
                return Err(
                    "a condition's operator must be Bool or one of StringEquals, \
                     StringEqualsIgnoreCase, StringLike, StringStartWith, StringEndWith, with Not \
                     before the verb for the opposite and IfExists behind it"
                        .to_owned(),
                );
            }
        };
        let lower = key.to_ascii_lowercase();
        let key = match lower.as_str() {
            "g:username" => Key::UserName,
            "g:userid" => Key::UserId,
            "g:domainname" => Key::DomainName,
            "g:domainid" => Key::DomainId,
            "g:enterpriseprojectid" => Key::EnterpriseProject,
            "g:mfapresent" => Key::MfaPresent,
            // Keys of tags count in their case.
            tag if tag.starts_with(TAG) && tag.len() > TAG.len() => {
                Key::ResourceTag(key[TAG.len()..].to_owned())
            }
            _ => {
                return Err(
                    "a condition's key must be one of g:EnterpriseProjectId, g:ResourceTag/<key>, \
                     g:UserName, g:UserId, g:DomainName, g:DomainId, g:MFAPresent"
                        .to_owned(),
                );
            }
        };
        if values.is_empty() {
            return Err("a condition must hold at least one value".to_owned());
        }
        Ok(Self {
            compare,
            negated,
            if_exists,
            key,
            values,
        })
    }

    /// What makes a statement hold only there.
    pub(super) fn within(within: &Within) -> Option<Self> {
        let (key, ids) = match within {
            Within::Account => return None,
            Within::Projects(ids) => (Key::Project, ids),
            Within::EnterpriseProjects(ids) => (Key::EnterpriseProject, ids),
        };
        Some(Self {
            compare: Compare::Equals,
            negated: false,
            if_exists: false,
            key,
            values: ids.clone(),
        })
    }

    /// Whether another condition looks at what this one looks at.
    pub(super) fn looks_at_the_same(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether it looks at a tag of what the call is about.
    pub(super) fn is_about_tag(&self) -> bool {
        self.tag().is_some()
    }

    /// The key of the tag that it looks at.
    pub(super) fn tag(&self) -> Option<&str> {
        match &self.key {
            Key::ResourceTag(key) => Some(key),
            _ => None,
        }
    }

    /// What it takes to compare its values with what it looks at.
    pub(super) fn weight(&self) -> Weight {
        let values = self.values.iter();
        match self.compare {
            Compare::Like => Weight::of(values.map(String::as_str)),
            _ => Weight {
                plain: values.map(|value| value.len() + 1).sum(),
                ..Weight::default()
            },
        }
    }

    pub(super) fn applies(&self, request: &Request<'_>, target: Option<&Target<'_>>) -> Applies {
        let value = match (&self.key, target) {
            (Key::EnterpriseProject | Key::ResourceTag(_), None) => return Applies::Depends,
            (Key::EnterpriseProject, Some(target)) => target.enterprise_project_id,
            (Key::Project, _) => request.project_id,
            (Key::UserName, _) => Some(request.user_name),
            (Key::UserId, _) => Some(request.user_id),
            (Key::DomainName, _) => Some(request.domain_name),
            (Key::DomainId, _) => Some(request.domain_id),
            (Key::MfaPresent, _) => Some("false"),
            (Key::ResourceTag(key), Some(target)) => {
                let tag = target.tags.iter().find(|tag| tag.key == *key);
                tag.map(|tag| tag.value.as_str())
            }
        };
        let Some(value) = value else {
            return (self.if_exists || self.negated).into();
        };
        let text = Text::of(value);
        let fits = self.values.iter().any(|wanted| match self.compare {
            Compare::Equals => wanted == value,
            Compare::EqualsIgnoreCase => wanted.eq_ignore_ascii_case(value),
            Compare::Like => text.fits(wanted),
            Compare::StartsWith => value.starts_with(wanted.as_str()),
            Compare::EndsWith => value.ends_with(wanted.as_str()),
        });
        (fits != self.negated).into()
    }
}
