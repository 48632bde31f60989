//! Judging the rows of a list, of which there may be very many.
//!
//! What depends on the call alone is settled once; what conditions say of an enterprise project and of
//! tags is settled once for all rows that are alike in them. What is left takes steps, which are counted
//! before they are taken, so that a list ends at the same row on every machine.

use std::collections::{BTreeSet, HashMap};

use super::condition::Condition;
use super::document::Effect;
use super::pattern::Weight;
use super::{Applies, Policies, Request, Statement, Target};
use crate::instances::Tag;

/// The length of the parts of a URN that are compared beside the id, at the most.
const URN: usize = 64;
/// How many kinds of rows it is remembered of what conditions say of them.
const REMEMBERED: usize = 4_096;

/// What several sets of policies, which have to agree, say of the rows of one list.
pub(crate) struct Judge<'a> {
    request: Request<'a>,
    sets: Vec<Set<'a>>,
    /// How many steps may still be taken.
    left: u64,
}

/// More steps were needed than may be taken for one list.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Spent;

/// The statements that may be about some row.
struct Set<'a> {
    statements: Vec<Candidate<'a>>,
    /// The keys of tags that they look at.
    keys: BTreeSet<&'a str>,
    /// What their conditions compare with.
    conditions: Weight,
    /// The statements whose conditions hold, by what these look at.
    known: HashMap<Kind<'a>, Vec<Candidate<'a>>>,
}

/// A statement, and what it takes to compare its resources with a row.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    statement: &'a Statement,
    resources: Weight,
}

/// What conditions look at.
#[derive(Eq, Hash, PartialEq)]
struct Kind<'a> {
    enterprise_project_id: Option<&'a str>,
    tags: Vec<(&'a str, &'a str)>,
}

impl<'a> Judge<'a> {
    /// A judge who takes at most `steps`.
    pub(crate) fn new(
        request: Request<'a>,
        policies: impl IntoIterator<Item = &'a Policies>,
        steps: u64,
    ) -> Self {
        let sets = policies
            .into_iter()
            .map(|policies| Set::new(policies, &request));
        Self {
            sets: sets.collect(),
            request,
            left: steps,
        }
    }

    /// Whether the call is allowed for this row: what [`Policies::allow`] says.
    ///
    /// # Errors
    /// [`Spent`].
    pub(crate) fn may(&mut self, row: &Target<'a>) -> Result<bool, Spent> {
        for set in &mut self.sets {
            if !set.allow(&self.request, row, &mut self.left)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl<'a> Set<'a> {
    fn new(policies: &'a Policies, request: &Request<'_>) -> Self {
        let statements = policies.statements.iter();
        let statements: Vec<_> = statements
            .filter(|statement| statement.applies(request, None) != Applies::No)
            .map(Candidate::of)
            .collect();
        let conditions = || statements.iter().flat_map(|one| &one.statement.conditions);
        Self {
            keys: conditions().filter_map(Condition::tag).collect(),
            conditions: conditions().map(Condition::weight).sum(),
            known: HashMap::new(),
            statements,
        }
    }

    fn allow(
        &mut self,
        request: &Request<'_>,
        row: &Target<'a>,
        left: &mut u64,
    ) -> Result<bool, Spent> {
        spend(left, 1 + row.tags.len() as u64)?;
        let looked_at = |tag: &&Tag| self.keys.contains(tag.key.as_str());
        let tags = row.tags.iter().filter(looked_at);
        let kind = Kind {
            enterprise_project_id: row.enterprise_project_id,
            tags: tags.map(|tag| (&*tag.key, &*tag.value)).collect(),
        };
        let holding = match self.known.get(&kind) {
            Some(holding) => holding,
            None => {
                spend(left, self.conditions.most_steps(kind.longest(request)))?;
                let holds = |one: &Candidate<'_>| {
                    one.statement.conditions_hold(request, Some(row)) == Applies::Yes
                };
                let holding = self.statements.iter().copied().filter(holds).collect();
                if self.known.len() >= REMEMBERED {
                    self.known.clear();
                }
                self.known.entry(kind).or_insert(holding)
            }
        };
        let mut allowed = false;
        for Candidate {
            statement,
            resources,
        } in holding
        {
            spend(left, 1 + resources.most_steps(row.id.len().max(URN)))?;
            if statement.names_one_of(request, &[*row]) {
                match statement.effect {
                    Effect::Allow => allowed = true,
                    Effect::Deny => return Ok(false),
                }
            }
        }
        Ok(allowed)
    }
}

impl<'a> Candidate<'a> {
    fn of(statement: &'a Statement) -> Self {
        let patterns = statement.resources.patterns().iter();
        // The parts of a URN are compared one by one.
        let parts = patterns.flat_map(|pattern| pattern.splitn(5, ':'));
        Self {
            statement,
            resources: parts.map(|part| Weight::of([part])).sum(),
        }
    }
}

impl Kind<'_> {
    /// The length of the longest text that conditions look at.
    fn longest(&self, request: &Request<'_>) -> usize {
        let of_request = [request.user_name, request.domain_name, request.domain_id];
        let values = self.tags.iter().map(|(_, value)| *value);
        let texts = values.chain(self.enterprise_project_id).chain(of_request);
        texts.map(str::len).max().unwrap_or_default()
    }
}

fn spend(left: &mut u64, steps: u64) -> Result<(), Spent> {
    *left = left.checked_sub(steps).ok_or(Spent)?;
    Ok(())
}
