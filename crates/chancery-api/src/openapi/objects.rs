//! Links to objects.

use super::shape::{Shape, TEXT, WHOLE, opt};

pub(super) const SHAPES: &[Shape] = &[Shape::new(
    "GET",
    "/objects/{bucket}/{*key}",
    "GetObject",
    "opens an object for the holder of a signed link, or a public object for everyone",
)
.query(&[
    opt("AWSAccessKeyId", TEXT),
    opt("Expires", WHOLE),
    opt("Signature", TEXT),
])
.answers(
    200,
    &[
        ("application/x-x509-ca-cert", None),
        ("application/pkix-crl", None),
        ("application/octet-stream", None),
    ],
)
.refuses(&[403, 404])];
