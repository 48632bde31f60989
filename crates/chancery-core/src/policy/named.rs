//! What policies name: patterns of actions and of resources, as they are written.

use super::document::Names;
use super::{ALIASES, Policies, pattern};

/// A pattern of a document, and the field it stands in: `Action`, `NotAction` and so on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Named<'a> {
    pub(crate) field: &'static str,
    pub(crate) pattern: &'a str,
}

/// The parts of a resource's pattern that are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceParts<'a> {
    service: &'a str,
    account: &'a str,
    kind: &'a str,
    id: &'a str,
}

impl Policies {
    /// The patterns of actions.
    pub(crate) fn actions(&self) -> impl Iterator<Item = Named<'_>> {
        let names = self.statements.iter().map(|statement| &statement.actions);
        names.flat_map(|names| named(names, ["Action", "NotAction"]))
    }

    /// The patterns of resources.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Named<'_>> {
        let names = self.statements.iter().map(|statement| &statement.resources);
        names.flat_map(|names| named(names, ["Resource", "NotResource"]))
    }
}

fn named<'a>(
    names: &'a Names,
    [only, except]: [&'static str; 2],
) -> impl Iterator<Item = Named<'a>> {
    let field = match names {
        Names::Only(_) => only,
        Names::Except(_) => except,
    };
    let patterns = names.patterns().iter();
    patterns.map(move |pattern| Named { field, pattern })
}

/// Whether a pattern stands for an action, under the name it has or the one it had.
pub(crate) fn names_action(pattern: &str, action: &str) -> bool {
    let older = ALIASES.iter().find(|(name, _)| *name == action);
    pattern::matches(pattern, action)
        || older.is_some_and(|(_, older)| pattern::matches(pattern, older))
}

impl<'a> ResourceParts<'a> {
    /// The parts of a pattern; none for the one that stands for everything.
    pub(crate) fn of(pattern: &'a str) -> Option<Self> {
        let parts: Vec<&str> = pattern.splitn(5, ':').collect();
        let [service, _region, account, kind, id] = parts[..] else {
            return None;
        };
        Some(Self {
            service,
            account,
            kind,
            id,
        })
    }

    /// Whether it stands for resources of an account.
    pub(crate) fn names_account(&self, domain_id: &str) -> bool {
        self.account.is_empty() || pattern::matches(self.account, domain_id)
    }

    /// Whether it stands for resources of a service and type.
    pub(crate) fn names_kind(&self, service: &str, kind: &str) -> bool {
        pattern::matches(self.service, service) && pattern::matches(self.kind, kind)
    }

    /// The one id it stands for, as ids are written: in lower case, which does not count in
    /// patterns. None for a pattern of ids.
    pub(crate) fn id(&self) -> Option<String> {
        let many = self.id.contains(['*', '?']);
        (!many).then(|| self.id.to_ascii_lowercase())
    }
}
