//! Limits of the certificate store. Sources name the calls of the SCM API reference.

use super::{Class, Limit};

/// The name of an imported certificate.
pub const NAME: Limit = Limit::text(
    3,
    63,
    Class {
        set: "A-Za-z0-9_.-",
        says: "ASCII letters, digits and _ - .",
    },
    "ImportCertificateRequestBody, name; error SCM.0032",
);
/// The id of a certificate: milliseconds since 1970 behind three letters.
pub const CERTIFICATE_ID: Limit = Limit::form(
    "^scs[0-9]{13}$",
    "must be scs followed by 13 digits",
    "ExportCertificate, certificate_id (16 characters)",
);
/// What certificates are listed by.
pub const SORT: Limit = Limit::one_of(
    &["certExpiredTime", "certStatus", "certUpdateTime"],
    "ListCertificates, sort_key",
);
/// The state that a list asks for; those of buying a certificate find none.
pub const STATUS: Limit = Limit::one_of(
    &[
        "ALL",
        "PAID",
        "ISSUED",
        "CHECKING",
        "CANCELCHECKING",
        "UNPASSED",
        "EXPIRED",
        "REVOKING",
        "CANCLEREVOKING", // as the API spells it
        "REVOKED",
        "UPLOAD",
        "SUPPLEMENTCHECKING",
        "CANCELSUPPLEMENTING",
        "CHECKING_ORG",
        "ISSUING",
    ],
    "ListCertificates, status",
);
/// The days within which a listed certificate ends.
pub const EXPIRED_DAYS: Limit = Limit::number(0, 36_500, "ListCertificates, expired_days_since");
/// A certificate as text, with its chain or without. The documents say 4,096 and 12,288
/// characters, which chains of RSA 4096 certificates pass.
pub const CERTIFICATE_PEM: Limit = Limit::bytes(
    16 * 1024,
    "ours: ImportCertificateRequestBody, certificate, says less",
);
/// A chain as text.
pub const CHAIN_PEM: Limit = Limit::bytes(
    32 * 1024,
    "ours: ImportCertificateRequestBody, certificate_chain, says less",
);
/// A private key as text.
pub const KEY_PEM: Limit = Limit::bytes(
    16 * 1024,
    "ours: ImportCertificateRequestBody, private_key, says less",
);
