//! The states of a private CA and what may be done in each.

use chancery_store::AuthorityRow;

use crate::error::{Error, Refusal, Result};

/// The state of a CA. The names on the wire are the service's, with its spelling.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It has a key and a signing request, but no certificate; or neither, when it was ordered and
    /// nobody has said yet what it is to be.
    Pending,
    /// It issues.
    Actived,
    /// An operator switched it off.
    Disabled,
    /// It will be deleted; until then it can be restored.
    Deleted,
    /// Its certificate is past its validity.
    Expired,
    /// Its issuer revoked it.
    Revoked,
}

impl State {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Actived,
        Self::Disabled,
        Self::Deleted,
        Self::Expired,
        Self::Revoked,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Actived => "ACTIVED",
            Self::Disabled => "DISABLED",
            Self::Deleted => "DELETED",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
        }
    }

    /// The state with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state of a row now: time alone makes an active CA an expired one.
    pub(crate) fn of(row: &AuthorityRow, now_ms: i64) -> Result<Self> {
        let stored = Self::from_name(&row.status)
            .ok_or_else(|| Error::internal(format!("CA {}: state {}", row.id, row.status)))?;
        let over = row.not_after.is_some_and(|not_after| not_after <= now_ms);
        Ok(if stored == Self::Actived && over {
            Self::Expired
        } else {
            stored
        })
    }
}

/// What is done with a CA, as far as its state matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    ReadCsr,
    Activate,
    Import,
    Disable,
    Enable,
    Delete,
    Restore,
    Export,
    Issue,
    Revoke,
    SetCrl,
    SetOcsp,
}

impl Step {
    /// The verb of a refusal.
    fn verb(self) -> &'static str {
        match self {
            Self::ReadCsr => "give its CSR",
            Self::Activate => "be activated",
            Self::Import => "import a certificate",
            Self::Disable => "be disabled",
            Self::Enable => "be enabled",
            Self::Delete => "be deleted",
            Self::Restore => "be restored",
            Self::Export => "be exported",
            Self::Issue => "issue certificates",
            Self::Revoke => "be revoked",
            Self::SetCrl => "have its revocation lists switched",
            Self::SetOcsp => "have OCSP switched",
        }
    }
}

/// Where a step leads: another state, no row at all, or nowhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    Stay,
    Become(State),
    Vanish,
}

/// The table: what a step does in a state.
///
/// # Errors
/// [`Refusal::State`] ([`Refusal::Issuer`] for issuing) when it may not be done.
pub(crate) fn step(state: State, step: Step) -> Result<Next> {
    use State::{Actived, Deleted, Disabled, Expired, Pending, Revoked};
    Ok(match (step, state) {
        (Step::ReadCsr, Pending) => Next::Stay,
        (Step::Activate | Step::Import, Pending) => Next::Become(Actived),
        (Step::Disable, Actived | Expired) => Next::Become(Disabled),
        (Step::Enable, Disabled) => Next::Become(Actived),
        (Step::Delete, Pending) => Next::Vanish,
        (Step::Delete, Disabled | Expired | Revoked) => Next::Become(Deleted),
        (Step::Restore, Deleted) => Next::Become(Disabled),
        (Step::Export, Actived | Expired) => Next::Stay,
        (Step::Issue, Actived) => Next::Stay,
        (Step::Revoke, Actived | Disabled) => Next::Become(Revoked),
        (Step::SetCrl | Step::SetOcsp, Actived | Disabled) => Next::Stay,
        _ => {
            let refusal = if step == Step::Issue {
                Refusal::Issuer
            } else {
                Refusal::State
            };
            let text = format!(
                "a private CA in state {} cannot {}",
                state.name(),
                step.verb()
            );
            return Err(Error::refused(refusal, text));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Actived, Deleted, Disabled, Expired, Pending, Revoked};

    #[test]
    fn the_whole_table() {
        let allowed = [
            (Step::ReadCsr, Pending, Next::Stay),
            (Step::Activate, Pending, Next::Become(Actived)),
            (Step::Import, Pending, Next::Become(Actived)),
            (Step::Disable, Actived, Next::Become(Disabled)),
            (Step::Disable, Expired, Next::Become(Disabled)),
            (Step::Enable, Disabled, Next::Become(Actived)),
            (Step::Delete, Pending, Next::Vanish),
            (Step::Delete, Disabled, Next::Become(Deleted)),
            (Step::Delete, Expired, Next::Become(Deleted)),
            (Step::Delete, Revoked, Next::Become(Deleted)),
            (Step::Restore, Deleted, Next::Become(Disabled)),
            (Step::Export, Actived, Next::Stay),
            (Step::Export, Expired, Next::Stay),
            (Step::Issue, Actived, Next::Stay),
            (Step::Revoke, Actived, Next::Become(Revoked)),
            (Step::Revoke, Disabled, Next::Become(Revoked)),
            (Step::SetCrl, Actived, Next::Stay),
            (Step::SetCrl, Disabled, Next::Stay),
            (Step::SetOcsp, Actived, Next::Stay),
            (Step::SetOcsp, Disabled, Next::Stay),
        ];
        let steps = [
            Step::ReadCsr,
            Step::Activate,
            Step::Import,
            Step::Disable,
            Step::Enable,
            Step::Delete,
            Step::Restore,
            Step::Export,
            Step::Issue,
            Step::Revoke,
            Step::SetCrl,
            Step::SetOcsp,
        ];
        for one in steps {
            for state in State::ALL {
                let expected = allowed
                    .iter()
                    .find(|(s, from, _)| *s == one && *from == state);
                match (step(state, one), expected) {
                    (Ok(next), Some((.., wanted))) => assert_eq!(next, *wanted),
                    (Err(error), None) => assert!(error.public().contains(state.name())),
                    (result, wanted) => panic!("{one:?} in {state:?}: {result:?}, {wanted:?}"),
                }
            }
        }
    }

    #[test]
    fn names_are_the_services() {
        assert_eq!(State::from_name("ACTIVED"), Some(Actived));
        assert_eq!(State::from_name("ACTIVE"), None);
    }
}
