//! Tags of private CAs and private certificates.

use chancery_core::limits::{UUID, ccm as limits, lists};

use super::authorities::AUTHORITY;
use super::certificates::CERTIFICATE;
use crate::openapi::shape::{Field, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const TAG: Schema = Schema::Object(&[
    req("key", text(&limits::TAG_KEY)),
    req("value", text(&limits::TAG_VALUE)),
]);
const TAGS: Schema = Schema::List(&TAG, Some(&limits::TAGS));
const TAGS_TO_DELETE: Schema = Schema::List(
    &Schema::Object(&[
        req("key", text(&limits::TAG_KEY)),
        opt("value", Schema::Nullable(&text(&limits::TAG_VALUE))),
    ]),
    Some(&limits::TAGS),
);
const SHOWN_TAGS: Schema = Schema::List(&TAG, None);
const DOMAIN_TAGS: Schema = Schema::List(
    &Schema::Object(&[
        req("key", text(&limits::TAG_KEY)),
        req("values", Schema::List(&text(&limits::TAG_VALUE), None)),
    ]),
    None,
);

/// The content of an answer.
type Content = &'static [(&'static str, Option<Schema>)];

const SHOWN: Content = json_object![req("tags", SHOWN_TAGS)];
const OF_DOMAIN: Content = json_object![req("tags", DOMAIN_TAGS)];
const COUNTED: Content = json_object![req("total_count", WHOLE)];
const ONE: &[Field] = &[req("tag", TAG)];
const SEVERAL: &[Field] = &[req("tags", TAGS)];
const TO_DELETE: &[Field] = &[req("tags", TAGS_TO_DELETE)];
const SEARCHED_TAG: Schema = Schema::Object(&[
    req("key", text(&limits::TAG_KEY)),
    req(
        "values",
        Schema::List(&text(&limits::TAG_VALUE), Some(&limits::SEARCHED_VALUES)),
    ),
]);
const MATCH: Schema = Schema::Object(&[req("key", text(&limits::MATCH_KEY)), req("value", TEXT)]);
const SEARCHED: &[Field] = &[
    opt(
        "tags",
        Schema::Nullable(&Schema::List(&SEARCHED_TAG, Some(&limits::SEARCHED_TAGS))),
    ),
    opt(
        "matches",
        Schema::Nullable(&Schema::List(&MATCH, Some(&limits::MATCHES))),
    ),
    opt("limit", Schema::LooseWhole(Some(&lists::LIMIT))),
    opt("offset", Schema::LooseWhole(Some(&lists::OFFSET))),
];

const fn list(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("GET", path, id, summary)
        .answers(200, SHOWN)
        .refuses(&[400, 404])
}

const fn add(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("POST", path, id, summary)
        .body(SEVERAL)
        .refuses(&[400, 404])
}

const fn add_one(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("POST", path, id, summary)
        .body(ONE)
        .refuses(&[400, 404])
}

const fn remove(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("DELETE", path, id, summary)
        .body(TO_DELETE)
        .refuses(&[400, 404])
}

const fn of_domain(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("GET", path, id, summary).answers(200, OF_DOMAIN)
}

/// A search by tags.
const fn search(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("POST", path, id, summary)
        .body(SEARCHED)
        .refuses(&[400])
}

const fn count(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    search(path, id, summary).answers(200, COUNTED)
}

/// The answer of a search, with the details of what it finds.
macro_rules! found {
    ($detail:expr) => {
        json_object![
            req("total_count", WHOLE),
            req(
                "resources",
                Schema::List(
                    &Schema::Object(&[
                        req("resource_id", text(&UUID)),
                        req("resource_name", TEXT),
                        req("resource_detail", $detail),
                        req("tags", SHOWN_TAGS),
                    ]),
                    None,
                ),
            ),
        ]
    };
}

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    of_domain(
        "/v1/private-certificate-authorities/tags",
        "ListDomainCaTags",
        "lists the tags of all private CAs",
    ),
    search(
        "/v1/private-certificate-authorities/resource-instances/filter",
        "ListCaResourceInstances",
        "lists private CAs by their tags",
    )
    .answers(200, found!(AUTHORITY)),
    count(
        "/v1/private-certificate-authorities/resource-instances/count",
        "CountCaResourceInstances",
        "counts private CAs by their tags",
    ),
    list(
        "/v1/private-certificate-authorities/{ca_id}/tags",
        "ListCaTags",
        "lists the tags of a private CA",
    ),
    add_one(
        "/v1/private-certificate-authorities/{ca_id}/tags",
        "CreateCaTag",
        "gives a private CA a tag",
    ),
    add(
        "/v1/private-certificate-authorities/{ca_id}/tags/create",
        "BatchCreateCaTags",
        "gives a private CA tags",
    ),
    remove(
        "/v1/private-certificate-authorities/{ca_id}/tags/delete",
        "BatchDeleteCaTags",
        "takes tags from a private CA",
    ),
    of_domain(
        "/v1/private-certificates/tags",
        "ListDomainCertTags",
        "lists the tags of all private certificates",
    ),
    search(
        "/v1/private-certificates/resource-instances/filter",
        "ListCertResourceInstances",
        "lists private certificates by their tags",
    )
    .answers(200, found!(CERTIFICATE)),
    count(
        "/v1/private-certificates/resource-instances/count",
        "CountCertResourceInstances",
        "counts private certificates by their tags",
    ),
    list(
        "/v1/private-certificates/{certificate_id}/tags",
        "ListCertTags",
        "lists the tags of a private certificate",
    ),
    add_one(
        "/v1/private-certificates/{certificate_id}/tags",
        "CreateCertTag",
        "gives a private certificate a tag",
    ),
    add(
        "/v1/private-certificates/{certificate_id}/tags/create",
        "BatchCreateCertTags",
        "gives a private certificate tags",
    ),
    remove(
        "/v1/private-certificates/{certificate_id}/tags/delete",
        "BatchDeleteCertTags",
        "takes tags from a private certificate",
    ),
];
