//! Certificate chains.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::certificate::Certificate;
use crate::constraints;
use crate::error::PkiError;
use crate::name::compare;

/// Why certificates do not form the chain of a leaf. Subjects are in the form of RFC 4514.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No certificate of the chain has the wanted subject.
    #[error("the certificate of \"{issuer}\", which issued \"{subject}\", is missing")]
    Missing {
        /// The certificate whose issuer is missing.
        subject: String,
        /// The issuer that it names.
        issuer: String,
    },
    /// The chain is complete without this certificate.
    #[error("\"{subject}\" does not belong to the chain")]
    Unrelated {
        /// The one that is too many.
        subject: String,
    },
    /// The certificates with the issuer's name did not issue it.
    #[error("\"{subject}\" was not issued by the given \"{issuer}\": {reason}")]
    Rejected {
        /// The certificate that was to be verified.
        subject: String,
        /// The issuer that was tried.
        issuer: String,
        /// What verification said.
        reason: PkiError,
    },
    /// The name constraints above a certificate do not allow its names, or its own cannot be
    /// read.
    #[error("\"{subject}\": {reason}")]
    Names {
        /// The certificate.
        subject: String,
        /// Which name, or what is malformed.
        reason: PkiError,
    },
    /// The certificates form more paths than are looked at.
    #[error("the certificates above \"{subject}\" form too many paths")]
    TooManyPaths {
        /// The certificate that they lead to.
        subject: String,
    },
    /// There are more authorities below this one than it allows.
    #[error("\"{subject}\" allows at most {limit} authorities below itself")]
    PathTooLong {
        /// The authority.
        subject: String,
        /// Its path length.
        limit: u32,
    },
}

/// How often a path is gone on with, and how many signatures are verified, at the most: far more than real
/// pools need.
const STEPS: usize = 2_000;
const SIGNATURES: usize = 200;

/// Puts a path from `leaf` out of the certificates of `pool`: the issuer of `leaf` first, each followed by
/// its own issuer, up to the root if it is there. Names, signatures, the right to sign and path lengths are
/// verified; time is not looked at. Copies, also of the leaf, are passed over.
///
/// A pool may hold several paths, as where a CA is certified by two others. All of them are looked at (RFC
/// 4158), with key identifiers as hints for the order only. Taken is one whose name constraints hold and
/// that ends in a root; of those the one that lasts longest, since the certificate that ends first ends the
/// path for whoever looks at times; then the shortest. Of paths without a root the longest is taken. What
/// is on another path is left out; what is on none is refused.
///
/// # Errors
/// [`ChainError`] that names the certificate which is missing, too many or wrong.
pub fn order(leaf: &Certificate, pool: Vec<Certificate>) -> Result<Vec<Certificate>, ChainError> {
    let mut rest: Vec<Certificate> = Vec::with_capacity(pool.len());
    for certificate in pool {
        if certificate != *leaf && !rest.contains(&certificate) {
            rest.push(certificate);
        }
    }
    // Whatever order they come in, the same path is taken.
    rest.sort_by(|a, b| a.der().cmp(b.der()));
    let mut search = Search::new(leaf, rest);
    search.go_on(&mut Vec::new())?;
    search.end()
}

/// A path: places in the pool.
type Path = Vec<usize>;

/// A path that cannot be gone on with.
struct Ended {
    path: Path,
    /// Whether its end signs itself.
    root: bool,
    /// Why a certificate with the name of the issuer that was missing would not do.
    rejected: Option<ChainError>,
}

/// A search for paths.
struct Search {
    /// The pool, and behind it the leaf.
    all: Vec<Certificate>,
    /// For each the places in the pool that have the name of its issuer, those with its key identifier first.
    above: Vec<Vec<usize>>,
    /// Certificates of one name and key have the same number.
    owners: Vec<usize>,
    /// Whether each signs itself.
    roots: Vec<bool>,
    /// Whether the second verifies as the issuer of the first.
    verified: HashMap<(usize, usize), Result<(), PkiError>>,
    ended: Vec<Ended>,
    steps: usize,
}

impl Search {
    fn new(leaf: &Certificate, pool: Vec<Certificate>) -> Self {
        let mut all = pool;
        all.push(leaf.clone());
        // In the form that is compared, once for each.
        let names = |der: fn(&Certificate) -> &[u8]| -> Vec<_> {
            all.iter()
                .map(|one| compare::comparable(der(one)))
                .collect()
        };
        let (subjects, issuers) = (
            names(Certificate::subject_der),
            names(Certificate::issuer_der),
        );
        let above = |below: &Certificate, issuer| {
            let places = 0..all.len() - 1;
            let mut named: Vec<_> = places.filter(|place| subjects[*place] == issuer).collect();
            let is_hinted =
                |place: &usize| below.aki().is_some() && below.aki() == all[*place].ski();
            named.sort_by_key(|place| !is_hinted(place));
            named
        };
        let owner = |at: usize| {
            let same = |other: &usize| {
                subjects[*other] == subjects[at]
                    && all[*other].public_key_der() == all[at].public_key_der()
            };
            (0..at).find(same).unwrap_or(at)
        };
        Self {
            above: all
                .iter()
                .zip(issuers)
                .map(|(below, issuer)| above(below, issuer))
                .collect(),
            owners: (0..all.len()).map(owner).collect(),
            roots: all.iter().map(Certificate::is_self_signed).collect(),
            verified: HashMap::new(),
            ended: Vec::new(),
            steps: 0,
            all,
        }
    }

    fn leaf(&self) -> usize {
        self.all.len() - 1
    }

    fn end_of(&self, path: &Path) -> usize {
        path.last().copied().unwrap_or_else(|| self.leaf())
    }

    /// Goes on with a path in every way there is.
    fn go_on(&mut self, path: &mut Path) -> Result<(), ChainError> {
        self.steps += 1;
        if self.steps > STEPS || self.verified.len() > SIGNATURES {
            return Err(ChainError::TooManyPaths {
                subject: self.all[self.leaf()].subject_text(),
            });
        }
        let end = self.end_of(path);
        if self.roots[end] {
            self.ended.push(Ended {
                path: path.clone(),
                root: true,
                rejected: None,
            });
            return Ok(());
        }
        let (mut went_on, mut rejected) = (false, None);
        for place in self.above[end].clone() {
            // A name and a key are on a path once (RFC 4158 section 2.4.2).
            let is_same = |other: usize| self.owners[other] == self.owners[place];
            if is_same(self.leaf()) || path.iter().any(|other| is_same(*other)) {
                continue;
            }
            let step = self.verify(end, place).and_then(|()| {
                let below: Vec<_> = path.iter().map(|place| &self.all[*place]).collect();
                check_path_length(&self.all[place], &below)
            });
            match step {
                Ok(()) => {
                    path.push(place);
                    let done = self.go_on(path);
                    path.pop();
                    done?;
                    went_on = true;
                }
                Err(error) => {
                    rejected.get_or_insert(error);
                }
            }
        }
        if !went_on {
            self.ended.push(Ended {
                path: path.clone(),
                root: false,
                rejected,
            });
        }
        Ok(())
    }

    fn verify(&mut self, end: usize, place: usize) -> Result<(), ChainError> {
        let (current, candidate) = (&self.all[end], &self.all[place]);
        let verified = self.verified.entry((end, place));
        let verified = verified.or_insert_with(|| current.verify_signed_by(candidate));
        verified.clone().map_err(|reason| ChainError::Rejected {
            subject: current.subject_text(),
            issuer: candidate.subject_text(),
            reason,
        })
    }

    /// The path that is taken, when all that is in the pool is on one.
    fn end(self) -> Result<Vec<Certificate>, ChainError> {
        let best = self.ended.iter().min_by_key(|ended| self.rank(ended));
        let Some(best) = best else {
            return Ok(Vec::new()); // not reached: a search ends somewhere
        };
        let is_on_one = |place: &usize| self.ended.iter().any(|ended| ended.path.contains(place));
        if let Some(stray) = (0..self.leaf()).find(|place| !is_on_one(place)) {
            let end = &self.all[self.end_of(&best.path)];
            return Err(match best.rejected.clone() {
                Some(error) => error,
                None if end.is_self_issued() => ChainError::Unrelated {
                    subject: self.all[stray].subject_text(),
                },
                None => ChainError::Missing {
                    subject: end.subject_text(),
                    issuer: end.issuer_text(),
                },
            });
        }
        let path = best.path.iter().map(|place| self.all[*place].clone());
        Ok(path.collect())
    }

    /// The least is the best.
    fn rank(&self, ended: &Ended) -> impl Ord + use<> {
        let path = ended.path.iter().map(|place| &self.all[*place]);
        let whole: Vec<_> = [&self.all[self.leaf()]]
            .into_iter()
            .chain(path.clone())
            .collect();
        let lasts = path.map(|ca| ca.validity().not_after_ms).min();
        let length = match ended.root {
            true => (Reverse(lasts), ended.path.len(), Reverse(0)),
            false => (Reverse(None), 0, Reverse(ended.path.len())),
        };
        (check_names_of(&whole).is_err(), !ended.root, length)
    }
}

/// How many CAs may follow below `authority`, which stands below the CAs of `above` (in order,
/// its issuer first): what its own path length and theirs leave (RFC 5280 section 4.2.1.9). None
/// for any number.
///
/// # Errors
/// [`ChainError::PathTooLong`] when one of them allows no room for `authority` itself.
pub fn room_below(
    authority: &Certificate,
    above: &[Certificate],
) -> Result<Option<u32>, ChainError> {
    let mut room = authority.path_len();
    // Below the first of them stands `authority`. A CA that is self-issued counts too, to be on the
    // safe side.
    for (below, issuer) in (1..).zip(above) {
        if let Some(limit) = issuer.path_len() {
            let left = limit
                .checked_sub(below)
                .ok_or_else(|| ChainError::PathTooLong {
                    subject: issuer.subject_text(),
                    limit,
                })?;
            room = Some(room.map_or(left, |room| room.min(left)));
        }
    }
    Ok(room)
}

/// That the name constraints of each CA allow the names of every certificate below it (RFC 5280
/// section 6.1.3). `chain` is in order, the leaf first. Of self-issued certificates, which rename
/// nothing, only the leaf is looked at.
///
/// # Errors
/// [`ChainError::Names`]
pub fn check_names(chain: &[Certificate]) -> Result<(), ChainError> {
    check_names_of(&chain.iter().collect::<Vec<_>>())
}

fn check_names_of(chain: &[&Certificate]) -> Result<(), ChainError> {
    let mut constraints = Vec::new();
    for (index, certificate) in chain.iter().enumerate().rev() {
        let failed = |reason| ChainError::Names {
            subject: certificate.subject_text(),
            reason,
        };
        if index == 0 || !certificate.is_self_issued() {
            constraints::check(
                &constraints,
                certificate.subject_der(),
                certificate.sans(),
                certificate.is_ca(),
            )
            .map_err(failed)?;
        }
        constraints.extend(certificate.name_constraints().map_err(failed)?);
    }
    Ok(())
}

/// RFC 5280 section 4.2.1.9: the limit counts the authorities between this one and the leaf that
/// are not self-issued.
fn check_path_length(issuer: &Certificate, below: &[&Certificate]) -> Result<(), ChainError> {
    let Some(limit) = issuer.path_len() else {
        return Ok(());
    };
    let between = below.iter().filter(|ca| !ca.is_self_issued()).count();
    if u32::try_from(between).is_ok_and(|between| between <= limit) {
        return Ok(());
    }
    Err(ChainError::PathTooLong {
        subject: issuer.subject_text(),
        limit,
    })
}
