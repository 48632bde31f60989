//! Certificate chains.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::certificate::Certificate;
use crate::constraints;
use crate::error::PkiError;

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

/// How often a path is gone on with, at the most: far more than real pools need.
const STEPS: usize = 2_000;

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

/// Why a path was not gone on with, or is the end.
#[derive(Clone)]
struct Ended {
    path: Path,
    /// Whether its end signs itself.
    root: bool,
    /// Why a certificate with the name of the issuer that was missing would not do.
    rejected: Option<ChainError>,
}

/// A search for paths.
struct Search<'a> {
    leaf: &'a Certificate,
    pool: Vec<Certificate>,
    /// Whether the second verifies as the issuer of the first; the leaf stands behind the pool.
    verified: HashMap<(usize, usize), Result<(), PkiError>>,
    ended: Vec<Ended>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn new(leaf: &'a Certificate, pool: Vec<Certificate>) -> Self {
        Self {
            leaf,
            pool,
            verified: HashMap::new(),
            ended: Vec::new(),
            steps: 0,
        }
    }

    fn at(&self, place: Option<usize>) -> &Certificate {
        place.map_or(self.leaf, |place| &self.pool[place])
    }

    /// Goes on with a path in every way there is.
    fn go_on(&mut self, path: &mut Path) -> Result<(), ChainError> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(ChainError::TooManyPaths {
                subject: self.leaf.subject_text(),
            });
        }
        let end = path.last().copied();
        if self.at(end).is_self_signed() {
            self.ended.push(Ended {
                path: path.clone(),
                root: true,
                rejected: None,
            });
            return Ok(());
        }
        let (mut went_on, mut rejected) = (false, None);
        for place in self.candidates(path) {
            let step = self.verify(end, place).and_then(|()| {
                let below: Vec<_> = path.iter().map(|place| &self.pool[*place]).collect();
                check_path_length(&self.pool[place], &below)
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

    /// Certificates with the name of the issuer of a path's end, those with its key identifier first. A
    /// name and a key are on a path once (RFC 4158 section 2.4.2).
    fn candidates(&self, path: &Path) -> Vec<usize> {
        let end = self.at(path.last().copied());
        let is_on_path = |candidate: &Certificate| {
            let mut on_path = path.iter().map(|place| &self.pool[*place]);
            let same = |other: &Certificate| {
                other.public_key_der() == candidate.public_key_der()
                    && other.is_of(candidate.subject_der())
            };
            same(self.leaf) || on_path.any(same)
        };
        let candidates = self.pool.iter().enumerate();
        let mut candidates: Vec<_> = candidates
            .filter(|(_, candidate)| end.names_as_issuer(candidate) && !is_on_path(candidate))
            .map(|(place, candidate)| {
                let is_hinted = end.aki().is_some() && end.aki() == candidate.ski();
                (!is_hinted, place)
            })
            .collect();
        candidates.sort_unstable();
        candidates.into_iter().map(|(_, place)| place).collect()
    }

    fn verify(&mut self, end: Option<usize>, place: usize) -> Result<(), ChainError> {
        let (current, candidate) = (self.at(end), &self.pool[place]);
        let key = (end.unwrap_or(self.pool.len()), place);
        let known = self.verified.get(&key).cloned();
        let verified = known.unwrap_or_else(|| current.verify_signed_by(candidate));
        let result = verified.clone().map_err(|reason| ChainError::Rejected {
            subject: current.subject_text(),
            issuer: candidate.subject_text(),
            reason,
        });
        self.verified.insert(key, verified);
        result
    }

    /// The path that is taken, when all that is in the pool is on one.
    fn end(self) -> Result<Vec<Certificate>, ChainError> {
        let best = self.ended.iter().min_by_key(|ended| {
            let path: Vec<_> = ended.path.iter().map(|place| &self.pool[*place]).collect();
            let whole: Vec<_> = [self.leaf]
                .into_iter()
                .chain(path.iter().copied())
                .collect();
            let lasts = path.iter().map(|ca| ca.validity().not_after_ms).min();
            let length = match ended.root {
                true => (Reverse(lasts), path.len(), Reverse(0)),
                false => (Reverse(None), 0, Reverse(path.len())),
            };
            (check_names_of(&whole).is_err(), !ended.root, length)
        });
        let Some(best) = best else {
            return Ok(Vec::new()); // not reached: a search ends somewhere
        };
        let is_on_one = |place: &usize| self.ended.iter().any(|ended| ended.path.contains(place));
        if let Some(stray) = (0..self.pool.len()).find(|place| !is_on_one(place)) {
            let end = self.at(best.path.last().copied());
            return Err(match best.rejected.clone() {
                Some(error) => error,
                None if end.is_self_issued() => ChainError::Unrelated {
                    subject: self.pool[stray].subject_text(),
                },
                None => ChainError::Missing {
                    subject: end.subject_text(),
                    issuer: end.issuer_text(),
                },
            });
        }
        let path = best.path.iter().map(|place| self.pool[*place].clone());
        Ok(path.collect())
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
