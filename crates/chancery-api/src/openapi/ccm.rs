//! The private CA service: what its bodies share.

pub(super) mod agencies;
pub(super) mod authorities;
pub(super) mod certificates;
pub(super) mod quotas;
pub(super) mod revocation;
pub(super) mod tags;

use chancery_core::limits::{ENTERPRISE_PROJECT, ccm as limits, lists};

use super::shape::{Field, Schema, TEXT, WHOLE, opt, req, text};

/// Who is named: every attribute may be there.
const SUBJECT: [Field; 6] = [
    opt("common_name", text(&limits::COMMON_NAME)),
    opt("country", text(&limits::COUNTRY)),
    opt("state", text(&limits::STATE)),
    opt("locality", text(&limits::LOCALITY)),
    opt("organization", text(&limits::ORGANIZATION)),
    opt("organizational_unit", text(&limits::ORGANIZATIONAL_UNIT)),
];
const SHOWN_NAME: Schema = Schema::Object(&[
    req("common_name", NULL_TEXT),
    req("country", NULL_TEXT),
    req("state", NULL_TEXT),
    req("locality", NULL_TEXT),
    req("organization", NULL_TEXT),
    req("organizational_unit", NULL_TEXT),
]);
const NULL_TEXT: Schema = Schema::Nullable(&TEXT);
const NULL_WHOLE: Schema = Schema::Nullable(&WHOLE);

const VALIDITY: Schema = Schema::Object(&[
    req("type", text(&limits::VALIDITY_TYPE)),
    req("value", Schema::LooseWhole(Some(&limits::VALIDITY_VALUE))),
    opt("start_from", Schema::LooseWhole(None)),
]);
const KEY_USAGES: Schema = Schema::List(&text(&limits::KEY_USAGE), None);
const PROJECT: Field = opt("enterprise_project_id", text(&ENTERPRISE_PROJECT));
const PATH_LENGTH: Field = opt(
    "path_length",
    Schema::LooseWhole(Some(&limits::PATH_LENGTH)),
);

const PAGE: [Field; 4] = [
    opt("limit", Schema::Whole(Some(&lists::LIMIT))),
    opt("offset", Schema::Whole(Some(&lists::OFFSET))),
    opt("name", TEXT),
    opt("sort_dir", Schema::AnyCase(&lists::SORT_DIRECTION)),
];
