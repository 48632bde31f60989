//! The ASN.1 of a PFX (RFC 7292), as far as we write it.

use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Sequence, ValueOrd};
use spki::AlgorithmIdentifierOwned;

/// The object identifiers of PKCS#7, PKCS#9 and PKCS#12 that occur in a PFX.
pub(super) mod oid {
    use der::asn1::ObjectIdentifier;

    const fn oid(text: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(text)
    }

    pub(in crate::pfx) const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
    pub(in crate::pfx) const ENCRYPTED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.6");
    pub(in crate::pfx) const FRIENDLY_NAME: ObjectIdentifier = oid("1.2.840.113549.1.9.20");
    pub(in crate::pfx) const LOCAL_KEY_ID: ObjectIdentifier = oid("1.2.840.113549.1.9.21");
    pub(in crate::pfx) const X509_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.22.1");
    pub(in crate::pfx) const PBE_SHA1_3DES: ObjectIdentifier = oid("1.2.840.113549.1.12.1.3");
    pub(in crate::pfx) const SHROUDED_KEY_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.2");
    pub(in crate::pfx) const CERT_BAG: ObjectIdentifier = oid("1.2.840.113549.1.12.10.1.3");
    /// Java's own: what a certificate is trusted for.
    pub(in crate::pfx) const TRUSTED_KEY_USAGE: ObjectIdentifier =
        oid("2.16.840.1.113894.746875.1.1");
    /// RFC 5280 section 4.2.1.12.
    pub(in crate::pfx) const ANY_EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37.0");
    pub(in crate::pfx) const SHA1: ObjectIdentifier = oid("1.3.14.3.2.26");
}

/// Section 4.
#[derive(Sequence)]
pub(super) struct Pfx {
    pub(super) version: u8,
    pub(super) auth_safe: ContentInfo,
    pub(super) mac_data: MacData,
}

/// RFC 2315 section 7.
#[derive(Sequence)]
pub(super) struct ContentInfo {
    pub(super) kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) content: Any,
}

/// RFC 2315 section 13.
#[derive(Sequence)]
pub(super) struct EncryptedData {
    pub(super) version: u8,
    pub(super) content: EncryptedContentInfo,
}

/// RFC 2315 section 10.1.
#[derive(Sequence)]
pub(super) struct EncryptedContentInfo {
    pub(super) kind: ObjectIdentifier,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    pub(super) encrypted: OctetString,
}

/// Section 4, `MacData`.
#[derive(Sequence)]
pub(super) struct MacData {
    pub(super) mac: DigestInfo,
    pub(super) salt: OctetString,
    pub(super) iterations: u32,
}

/// RFC 2315 section 9.4.
#[derive(Sequence)]
pub(super) struct DigestInfo {
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) digest: OctetString,
}

/// Section 4.2.
#[derive(Sequence)]
pub(super) struct SafeBag {
    pub(super) kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) value: Any,
    #[asn1(optional = "true")]
    pub(super) attributes: Option<SetOfVec<Attribute>>,
}

/// Section 4.2, `PKCS12Attribute`.
#[derive(Clone, Eq, PartialEq, Sequence, ValueOrd)]
pub(super) struct Attribute {
    pub(super) kind: ObjectIdentifier,
    pub(super) values: SetOfVec<Any>,
}

/// Section 4.2.3.
#[derive(Sequence)]
pub(super) struct CertBag {
    pub(super) kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) value: OctetString,
}

/// Appendix C, `pkcs-12PbeParams`.
#[derive(Sequence)]
pub(super) struct PbeParameters {
    pub(super) salt: OctetString,
    pub(super) iterations: u32,
}
