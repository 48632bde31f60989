//! Certificate chains.

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
    /// There are more authorities below this one than it allows.
    #[error("\"{subject}\" allows at most {limit} authorities below itself")]
    PathTooLong {
        /// The authority.
        subject: String,
        /// Its path length.
        limit: u32,
    },
}

/// Puts the certificates of `pool` into order: the issuer of `leaf` first, each followed by its
/// own issuer, up to the root if it is there. Names, signatures, the right to sign and path
/// lengths are verified; time is not looked at. Copies, also of the leaf, are passed over.
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

    let mut chain: Vec<Certificate> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let current = chain.last().unwrap_or(leaf);
        let issuer = match find_issuer(current, &rest)? {
            Some(index) => rest.swap_remove(index),
            None if current.subject_der() == current.issuer_der() => {
                let subject = rest[0].subject_text();
                return Err(ChainError::Unrelated { subject });
            }
            None => {
                return Err(ChainError::Missing {
                    subject: current.subject_text(),
                    issuer: current.issuer_text(),
                });
            }
        };
        check_path_length(&issuer, &chain)?;
        chain.push(issuer);
    }
    Ok(chain)
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
    let mut constraints = Vec::new();
    for (index, certificate) in chain.iter().enumerate().rev() {
        let failed = |reason| ChainError::Names {
            subject: certificate.subject_text(),
            reason,
        };
        if index == 0 || certificate.subject_der() != certificate.issuer_der() {
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

/// The index of the certificate that issued `current`. There may be several of the right name
/// (a renewed authority); the first whose key verifies the signature is it.
fn find_issuer(current: &Certificate, rest: &[Certificate]) -> Result<Option<usize>, ChainError> {
    if current.is_self_signed() {
        return Ok(None);
    }
    let mut rejected = None;
    for (index, candidate) in rest.iter().enumerate() {
        if candidate.subject_der() != current.issuer_der() {
            continue;
        }
        match current.verify_signed_by(candidate) {
            Ok(()) => return Ok(Some(index)),
            Err(reason) => {
                rejected = Some(ChainError::Rejected {
                    subject: current.subject_text(),
                    issuer: candidate.subject_text(),
                    reason,
                });
            }
        }
    }
    match rejected {
        Some(error) => Err(error),
        None => Ok(None),
    }
}

/// RFC 5280 section 4.2.1.9: the limit counts the authorities between this one and the leaf that
/// are not self-issued.
fn check_path_length(issuer: &Certificate, below: &[Certificate]) -> Result<(), ChainError> {
    let Some(limit) = issuer.path_len() else {
        return Ok(());
    };
    let between = below
        .iter()
        .filter(|c| c.subject_der() != c.issuer_der())
        .count();
    if u32::try_from(between).is_ok_and(|between| between <= limit) {
        return Ok(());
    }
    Err(ChainError::PathTooLong {
        subject: issuer.subject_text(),
        limit,
    })
}
