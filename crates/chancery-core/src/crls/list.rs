//! What a revocation list says, signed.

use std::sync::Arc;

use chancery_crypto::PrivateKey;
use chancery_pki::crl::{CrlTemplate, RevocationReason, RevokedCertificate};
use chancery_pki::{Certificate, SerialNumber};
use chancery_store::Revocation;

use crate::error::{Error, Result};

/// The list with this number, DER.
pub(super) fn sign(
    certificate: &Certificate,
    key: &Arc<PrivateKey>,
    number: i64,
    (this_update_ms, next_update_ms): (i64, i64),
    revoked: &[Revocation],
) -> Result<Vec<u8>> {
    let template = CrlTemplate {
        this_update_ms,
        next_update_ms,
        number: number.unsigned_abs(),
        // A list that names its place would say nothing about certificates issued before the
        // place was known.
        distribution_point: None,
        revoked: revoked
            .iter()
            .map(|one| entry(one, this_update_ms))
            .collect::<Result<_>>()?,
    };
    let hash = key.algorithm().default_hash();
    let unsigned = template
        .prepare(certificate, hash)
        .map_err(Error::internal)?;
    let linted = unsigned.lint().map_err(Error::internal)?;
    linted.sign(key.as_ref()).map_err(Error::internal)
}

/// No list tells of what comes after it: what was revoked since the time it gives has that time.
fn entry(revocation: &Revocation, this_update_ms: i64) -> Result<RevokedCertificate> {
    Ok(RevokedCertificate {
        serial: serial(&revocation.serial_number)?,
        revoked_at_ms: revocation.revoked_at.min(this_update_ms),
        reason: reason(revocation.reason.as_deref())?,
    })
}

fn serial(text: &str) -> Result<SerialNumber> {
    let bytes = hex::decode(text).map_err(Error::internal)?;
    Ok(SerialNumber::from_bytes(&bytes))
}

/// The reason with the name that the API has for it.
pub(crate) fn reason(name: Option<&str>) -> Result<RevocationReason> {
    Ok(match name {
        None | Some("UNSPECIFIED") => RevocationReason::Unspecified,
        Some("KEY_COMPROMISE") => RevocationReason::KeyCompromise,
        Some("CERTIFICATE_AUTHORITY_COMPROMISE") => RevocationReason::CaCompromise,
        Some("AFFILIATION_CHANGED") => RevocationReason::AffiliationChanged,
        Some("SUPERSEDED") => RevocationReason::Superseded,
        Some("CESSATION_OF_OPERATION") => RevocationReason::CessationOfOperation,
        Some("CERTIFICATE_HOLD") => RevocationReason::CertificateHold,
        Some("PRIVILEGE_WITHDRAWN") => RevocationReason::PrivilegeWithdrawn,
        Some("ATTRIBUTE_AUTHORITY_COMPROMISE") => RevocationReason::AaCompromise,
        Some(other) => return Err(Error::internal(format!("revocation reason {other}"))),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::limits::{Rule, ccm as limits};

    #[test]
    fn every_documented_reason_has_its_code() {
        let Rule::OneOf(names) = limits::REVOCATION_REASON.rule else {
            panic!("the reasons are names");
        };
        let codes: Vec<_> = names
            .iter()
            .map(|name| reason(Some(name)).unwrap().code())
            .collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 9, 10]);
        assert!(reason(Some("BORED")).is_err());
    }
}
