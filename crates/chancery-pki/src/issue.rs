//! From the bytes to be signed to the certificate: lint, then sign, in that order only.

use chancery_crypto::{SignatureAlgorithm, Signer};

use crate::asn1::Signed;
use crate::certificate::Certificate;
use crate::error::PkiError;
use crate::lint::{self, LintError};
use crate::template::{Issuer, Profile};

/// The bytes of a certificate to be, which nobody has checked yet.
#[derive(Debug, Clone)]
pub struct Unsigned {
    pub(crate) tbs: Vec<u8>,
    pub(crate) issuer: Issuer,
    pub(crate) signature: SignatureAlgorithm,
}

impl Unsigned {
    /// DER of the TBSCertificate.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// Applies every rule of [`lint`] to the bytes, and what the profile asks for.
    ///
    /// # Errors
    /// [`LintError`] with every rule that is broken.
    pub fn lint(self, profile: Profile) -> Result<Linted, LintError> {
        lint::check(&self, profile)?;
        Ok(Linted(self))
    }
}

/// The bytes of a certificate to be, which break no rule.
#[derive(Debug, Clone)]
pub struct Linted(Unsigned);

impl Linted {
    /// DER of the TBSCertificate.
    pub fn tbs_der(&self) -> &[u8] {
        &self.0.tbs
    }

    /// Signs the bytes with the issuer's key, and verifies what came back: a faulty device must
    /// not put a broken certificate into the world.
    ///
    /// # Errors
    /// [`PkiError::WrongSigner`] when the key is not the issuer's, [`PkiError::Key`] when
    /// signing fails, [`PkiError::BadSignature`] when the signature is wrong.
    pub fn sign(self, signer: &dyn Signer) -> Result<Certificate, PkiError> {
        let Unsigned {
            tbs,
            issuer,
            signature: algorithm,
        } = self.0;
        let signature = sign_content(&tbs, algorithm, &issuer.public_key_der, signer)?;
        let der = Signed::to_der(&tbs, &algorithm.identifier_der(), &signature)
            .map_err(PkiError::malformed("certificate"))?;
        Certificate::from_der(&der)
    }
}

/// Signs `content` with the key whose public half is `public_key_der`, and verifies what came
/// back.
pub(crate) fn sign_content(
    content: &[u8],
    algorithm: SignatureAlgorithm,
    public_key_der: &[u8],
    signer: &dyn Signer,
) -> Result<Vec<u8>, PkiError> {
    if signer.public_key_der() != public_key_der {
        return Err(PkiError::WrongSigner);
    }
    let signature = signer.sign(algorithm.hash(), content)?;
    chancery_crypto::verify(public_key_der, algorithm.hash(), content, &signature)
        .map_err(|_| PkiError::BadSignature)?;
    Ok(signature)
}
