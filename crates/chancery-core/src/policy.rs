//! Policies: what a user may do.
//!
//! A policy document lists statements; an action is allowed when a statement allows it and no
//! statement denies it. No statement means no. The grammar is the one of custom IAM policies,
//! `Version` `1.1` (classic) or `5.0` (identity policies).

use serde::Deserialize;

/// The document that allows everything: the administrator's.
pub const FULL_ACCESS: &str =
    r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"]}]}"#;

/// Older names of actions: a policy that names one grants, or denies, the action that has it now
/// (the authorization tables of the calls, column "Alias").
const ALIASES: [(&str, &str); 2] = [
    ("scm:cert:export", "scm:cert:download"),
    ("sms:server:getCert", "sms:server:queryServer"),
];

/// All statements of all policies of a user.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    statement: Vec<Statement>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    effect: Effect,
    action: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
enum Effect {
    Allow,
    Deny,
}

/// A policy document that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON of the grammar; a field that is not evaluated is refused, not ignored.
    #[error("the policy document cannot be read: {0}")]
    Grammar(#[from] serde_json::Error),
    /// A version other than `1.1` and `5.0`.
    #[error("the policy version {0} is not known; 1.1 and 5.0 are")]
    Version(String),
}

impl Policies {
    /// The statements of several documents together.
    ///
    /// # Errors
    /// When one of them cannot be taken.
    pub fn parse<'a>(documents: impl IntoIterator<Item = &'a str>) -> Result<Self, PolicyError> {
        let mut statements = Vec::new();
        for document in documents {
            let document: Document = serde_json::from_str(document)?;
            if !matches!(document.version.as_str(), "1.1" | "5.0") {
                return Err(PolicyError::Version(document.version));
            }
            statements.extend(document.statement);
        }
        Ok(Self { statements })
    }

    /// Whether `action` (such as `pca:cert:export`) is allowed: some statement allows it, none
    /// denies it.
    pub fn allow(&self, action: &str) -> bool {
        let alias = ALIASES
            .iter()
            .find(|(name, _)| *name == action)
            .map(|(_, alias)| *alias);
        let named = |pattern: &String| {
            matches(pattern, action) || alias.is_some_and(|alias| matches(pattern, alias))
        };
        let effect = |wanted| {
            self.statements
                .iter()
                .any(|s| s.effect == wanted && s.action.iter().any(named))
        };
        effect(Effect::Allow) && !effect(Effect::Deny)
    }
}

/// Compares an action with a pattern: `*` stands for any run of characters, `?` for one, case does
/// not count.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.as_bytes(), action.as_bytes());
    let (mut p, mut a) = (0, 0);
    // Where to go on when the run that the last `*` stands for has to become longer.
    let mut retry = None;
    while a < action.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, a));
            }
            Some(c) if *c == b'?' || c.eq_ignore_ascii_case(&action[a]) => {
                p += 1;
                a += 1;
            }
            _ => match retry {
                Some((after_star, taken)) => {
                    p = after_star;
                    a = taken + 1;
                    retry = Some((after_star, a));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn policies(statements: &str) -> Policies {
        let document = format!(r#"{{"Version":"1.1","Statement":[{statements}]}}"#);
        Policies::parse([document.as_str()]).unwrap()
    }

    #[test]
    fn nothing_allows_nothing() {
        assert!(!Policies::default().allow("pca:cert:export"));
        assert!(!policies("").allow("pca:cert:export"));
    }

    #[test]
    fn full_access_allows_all() {
        assert!(
            Policies::parse([FULL_ACCESS])
                .unwrap()
                .allow("sms:server:getCert")
        );
    }

    #[test]
    fn deny_wins() {
        let policies = policies(
            r#"{"Effect":"Allow","Action":["pca:*:*"]},{"Effect":"Deny","Action":["pca:cert:export"]}"#,
        );
        assert!(policies.allow("pca:cert:create"));
        assert!(!policies.allow("pca:cert:export"));
        assert!(!policies.allow("scm:cert:export"));
    }

    #[test]
    fn an_older_name_grants_the_action() {
        let older = policies(r#"{"Effect":"Allow","Action":["scm:cert:download"]}"#);
        assert!(older.allow("scm:cert:export"));
        assert!(!older.allow("scm:cert:list"));
    }

    #[test]
    fn patterns() {
        for (pattern, action, expected) in [
            ("pca:cert:export", "pca:cert:export", true),
            ("PCA:Cert:Export", "pca:cert:export", true),
            ("pca:cert:*", "pca:cert:export", true),
            ("*:export", "pca:cert:export", true),
            ("pca:c?rt:export", "pca:cert:export", true),
            ("p*e*t", "pca:cert:export", true),
            ("pca:cert", "pca:cert:export", false),
            ("pca:cert:export?", "pca:cert:export", false),
            ("", "pca:cert:export", false),
            ("**", "x", true),
        ] {
            assert_eq!(matches(pattern, action), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_evaluated_is_refused() {
        let conditional =
            r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"],"Condition":{}}]}"#;
        assert!(Policies::parse([conditional]).is_err());
        assert!(Policies::parse([r#"{"Version":"2.0","Statement":[]}"#]).is_err());
    }
}
