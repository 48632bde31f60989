//! Limits of the private CA service. Sources name the models of the CCM API reference.

use super::{ANY, Class, Limit};

const NAME_CHARACTERS: Class = Class {
    set: concat!("A-Za-z0-9_ .,", super::han!(), "-"),
    says: "ASCII letters, digits, Chinese characters, spaces and - _ . ,",
};

/// The common name; it may be that of a wildcard.
pub const COMMON_NAME: Limit = Limit::text(
    1,
    64,
    Class {
        set: concat!("A-Za-z0-9_ .,*", super::han!(), "-"),
        says: "ASCII letters, digits, Chinese characters, spaces and - _ . , *",
    },
    "CertDistinguishedName, common_name",
);
/// The country.
pub const COUNTRY: Limit = Limit::text(
    2,
    2,
    Class {
        set: "A-Za-z",
        says: "a country code such as CN",
    },
    "CertDistinguishedName, country",
);
/// The state or province.
pub const STATE: Limit = Limit::text(1, 128, NAME_CHARACTERS, "CertDistinguishedName, state");
/// The city.
pub const LOCALITY: Limit = Limit::text(1, 128, NAME_CHARACTERS, "CertDistinguishedName, locality");
/// The organization.
pub const ORGANIZATION: Limit = Limit::text(
    1,
    64,
    NAME_CHARACTERS,
    "CertDistinguishedName, organization",
);
/// The organizational unit.
pub const ORGANIZATIONAL_UNIT: Limit = Limit::text(
    1,
    64,
    NAME_CHARACTERS,
    "CertDistinguishedName, organizational_unit",
);

/// The kind of a CA.
pub const AUTHORITY_TYPE: Limit = Limit::one_of(
    &["ROOT", "SUBORDINATE"],
    "CreateCertificateAuthorityRequestBody, type; error PCA.00020202",
);
/// The key of a CA or a certificate.
pub const KEY_ALGORITHM: Limit = Limit::one_of(
    &["RSA2048", "RSA4096", "EC256", "EC384", "SM2"],
    "CreateCertificateAuthorityRequestBody, key_algorithm; error PCA.00020102",
);
/// The hash that a certificate is signed with.
pub const SIGNATURE_ALGORITHM: Limit = Limit::one_of(
    &["SHA256", "SHA384", "SHA512", "SM3"],
    "CreateCertificateAuthorityRequestBody, signature_algorithm; error PCA.00020103",
);
/// The unit of a validity.
pub const VALIDITY_TYPE: Limit = Limit::one_of(&["YEAR", "MONTH", "DAY", "HOUR"], "Validity, type");
/// The length of the longest validity there is, that of a root CA: 30 years, in hours.
pub const VALIDITY_VALUE: Limit =
    Limit::number(1, 30 * 366 * 24, "Validity, value; error PCA.00020109");
/// How many CAs may stand below a subordinate CA.
pub const PATH_LENGTH: Limit = Limit::number(
    0,
    6,
    "CreateCertificateAuthorityRequestBody, path_length; error PCA.00020203",
);
/// What a key may be used for.
pub const KEY_USAGE: Limit = Limit::one_of(
    &[
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ],
    "CreateCertificateRequestBody, key_usages",
);
/// The type of an alternative name.
pub const ALT_NAME_TYPE: Limit = Limit::one_of(
    &["DNS", "IP", "EMAIL", "URI"],
    "SubjectAlternativeName, type; error PCA.00020112",
);
/// An alternative name.
pub const ALT_NAME: Limit = Limit::text(
    1,
    255,
    ANY,
    "SubjectAlternativeName, value; error PCA.00020110",
);
/// How many alternative names a certificate has.
pub const ALT_NAMES: Limit = Limit::count(
    0,
    20,
    "CreateCertificateRequestBody, subject_alternative_names",
);
/// What is made from a signing request.
pub const REQUESTED_TYPE: Limit = Limit::one_of(
    &["ENTITY_CERT", "INTERMEDIATE_CA"],
    "CreateCertificateByCsrRequestBody, type",
);
/// The receiving server of an export, in any case.
pub const SERVER_TYPE: Limit = Limit::one_of(
    &["APACHE", "NGINX", "IIS", "TOMCAT", "OTHER"],
    "ExportCertificateRequestBody, type",
);
/// The password that protects an exported key.
pub const EXPORT_PASSWORD: Limit = Limit::text(
    1,
    32,
    Class {
        set: "A-Za-z0-9,.+_#-",
        says: "ASCII letters, digits and , . + - _ #",
    },
    "ExportCertificateRequestBody, password",
);
/// Why a CA or certificate is revoked.
pub const REVOCATION_REASON: Limit = Limit::one_of(
    &[
        "UNSPECIFIED",
        "KEY_COMPROMISE",
        "CERTIFICATE_AUTHORITY_COMPROMISE",
        "AFFILIATION_CHANGED",
        "SUPERSEDED",
        "CESSATION_OF_OPERATION",
        "CERTIFICATE_HOLD",
        "PRIVILEGE_WITHDRAWN",
        "ATTRIBUTE_AUTHORITY_COMPROMISE",
    ],
    "RevokeCertificateRequestBody, reason",
);
/// The service's code in orders.
pub const SERVICE_CODE: &str = "hws.service.type.ccm";
/// The code of a CA that is bought for a period.
pub const RESOURCE_CODE: &str = "hws.resource.type.pca.duration";
/// The code of the form in which it is bought.
pub const SPEC_CODE: &str = "ca.duration";
/// What an order is for.
pub const ORDERED_SERVICE: Limit = Limit::one_of(
    &[SERVICE_CODE],
    "CreateCertificateAuthorityOrderRequestBody, cloud_service_type",
);
/// What is bought.
pub const ORDERED_RESOURCE: Limit = Limit::one_of(&[RESOURCE_CODE], "ProductInfo, resource_type");
/// In which form it is bought.
pub const ORDERED_SPEC: Limit = Limit::one_of(&[SPEC_CODE], "ProductInfo, resource_spec_code");
/// How an order is paid for: 0, by period.
pub const ORDER_CHARGING: Limit = Limit::number(
    0,
    0,
    "CreateCertificateAuthorityOrderRequestBody, charging_mode",
);
/// The unit of what is paid for: 2 for months, 3 for years.
pub const ORDER_PERIOD_TYPE: Limit = Limit::number(
    2,
    3,
    "CreateCertificateAuthorityOrderRequestBody, period_type",
);
/// How many months or years.
pub const ORDER_PERIODS: Limit = Limit::number(
    1,
    360,
    "ours: CreateCertificateAuthorityOrderRequestBody, period_num, names no limit; the longest \
     validity of a CA has as many months",
);
/// A switch of an order: 1 for on.
pub const ORDER_SWITCH: Limit = Limit::number(
    0,
    1,
    "CreateCertificateAuthorityOrderRequestBody, is_auto_renew, is_auto_pay",
);
/// How many CAs are ordered at once; the quota may leave room for fewer.
pub const ORDER_COUNT: Limit = Limit::number(
    1,
    100,
    "ours: CreateCertificateAuthorityOrderRequestBody, subscription_num, names no limit",
);
/// What an order says of discounts; it is not looked at.
pub const ORDER_PROMOTION: Limit = Limit::text(
    1,
    1024,
    ANY,
    "ours: CreateCertificateAuthorityOrderRequestBody, promotion_info, names no limit",
);
/// How many products an order names.
pub const ORDER_PRODUCTS: Limit = Limit::count(
    1,
    1,
    "CreateCertificateAuthorityOrderRequestBody, product_infos; there is one product",
);
/// The bucket that the revocation lists of a CA are copied to.
pub const BUCKET_NAME: Limit = Limit::form(
    "^(?!\\d+\\.\\d+\\.\\d+\\.\\d+$)(?=.{3,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
    "must be 3 to 63 lower-case ASCII letters, digits, dots and hyphens, begin and end with a letter or \
     digit, have no hyphen or dot beside a dot, and not be an IP address",
    "OBS API reference, CreateBucket; EnableCertificateAuthorityCrlRequestBody, obs_bucket_name",
);
/// The name of the copy of a revocation list, without `.crl`.
pub const CRL_NAME: Limit = Limit::text(
    1,
    64,
    Class {
        set: "A-Za-z0-9_.-",
        says: "ASCII letters, digits and _ . -",
    },
    "ours: EnableCertificateAuthorityCrlRequestBody, crl_name, names no limit",
);
/// How many days a revocation list is valid.
pub const CRL_VALID_DAYS: Limit = Limit::number(
    7,
    30,
    "EnableCertificateAuthorityCrlRequestBody, valid_days",
);
/// The days after which a disabled CA is deleted.
pub const PENDING_DAYS: Limit = Limit::number(
    FEWEST_PENDING_DAYS,
    30,
    "DeleteCertificateAuthority, pending_days",
);
/// The fewest of them.
pub const FEWEST_PENDING_DAYS: i64 = 7;
/// The state that a list of CAs asks for.
pub const AUTHORITY_STATUS: Limit = Limit::one_of(
    &[
        "PENDING", "ACTIVED", "DISABLED", "DELETED", "EXPIRED", "REVOKED",
    ],
    "ListCertificateAuthority, status",
);
/// The state that a list of certificates asks for.
pub const CERTIFICATE_STATUS: Limit =
    Limit::one_of(&["ISSUED", "EXPIRED", "REVOKED"], "ListCertificate, status");
/// What CAs are listed by.
pub const AUTHORITY_SORT: Limit = Limit::one_of(
    &["create_time", "common_name", "type", "not_after"],
    "ListCertificateAuthority, sort_key",
);
/// What certificates are listed by.
pub const CERTIFICATE_SORT: Limit = Limit::one_of(
    &["create_time", "common_name", "issuer_name", "not_after"],
    "ListCertificate, sort_key",
);
/// The certificate of a CA, as text.
pub const AUTHORITY_PEM: Limit = Limit::bytes(
    16 * 1024,
    "ours: ImportCertificateAuthorityCertificateRequestBody names no limit",
);
/// The chain of a CA, as text.
pub const AUTHORITY_CHAIN_PEM: Limit = Limit::bytes(
    32 * 1024,
    "ours: ImportCertificateAuthorityCertificateRequestBody names no limit",
);

/// What tags are not made of: control characters, what ASCII has beside letters, digits, spaces and
/// `_ . : = + - @ /`, and the blocks of Unicode that hold symbols instead of letters.
macro_rules! not_in_tags {
    ($($more:literal)?) => {
        concat!(
            "^\0-\x1f!-*,", $($more,)? ";<>?[-^`{-\u{a9}\u{2000}-\u{206f}\u{2190}-\u{2bff}",
            "\u{e000}-\u{f8ff}\u{fff0}-\u{ffff}\u{1f000}-\u{1faff}\u{e0000}-\u{10ffff}",
        )
    };
}

/// The key of a tag.
pub const TAG_KEY: Limit = Limit::text(
    1,
    128,
    Class {
        set: not_in_tags!("/"),
        says: "letters, digits, spaces and _ . : = + - @",
    },
    "ResourceTag, key",
);
/// The value of a tag.
pub const TAG_VALUE: Limit = Limit::text(
    0,
    255,
    Class {
        set: not_in_tags!(),
        says: "letters, digits, spaces and _ . : = + - @ /",
    },
    "ResourceTag, value",
);
/// How many tags a call adds or deletes, and a resource has.
pub const TAGS: Limit = Limit::count(1, 20, "BatchOperateTagRequestBody, tags");
/// How many keys a search has.
pub const SEARCHED_TAGS: Limit = Limit::count(0, 20, "ListResourceInstancesRequestBody, tags");
/// How many values of a key a search has.
pub const SEARCHED_VALUES: Limit = Limit::count(0, 20, "DomainTags, values");
/// What a search looks at beside tags.
pub const MATCH_KEY: Limit = Limit::one_of(
    &["resource_name"],
    "ListResourceInstancesRequestBody, matches.key",
);
/// How much it looks at.
pub const MATCHES: Limit = Limit::count(0, 1, "ListResourceInstancesRequestBody, matches");
