//! The files that the binary carries: every document, and the pictures in them.

/// Lists files by their path in the repository.
macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../", $path)))),*]
    };
}

/// Path and text of each file. `docs/openapi.json` is made anew by the server and not among them.
pub(super) const FILES: &[(&str, &str)] = files![
    "README.md",
    "docs/SUMMARY.md",
    "docs/calls/certificate-export.md",
    "docs/calls/mongodb-certificate.md",
    "docs/calls/redis-certificate.md",
    "docs/calls/store-export.md",
    "docs/calls/task-certkey.md",
    "docs/checks.md",
    "docs/concepts.md",
    "docs/csr.md",
    "docs/errors.md",
    "docs/iam.md",
    "docs/operations.md",
    "docs/own-ca.md",
    "docs/pictures/account.svg",
    "docs/pictures/hierarchy.svg",
    "docs/pictures/issue-and-export.svg",
    "docs/policies.md",
    "docs/recipes/haproxy.md",
    "docs/recipes/httpd.md",
    "docs/recipes/iis.md",
    "docs/recipes/java-clients.md",
    "docs/recipes/kubernetes.md",
    "docs/recipes/mongodb.md",
    "docs/recipes/nginx.md",
    "docs/recipes/redis.md",
    "docs/recipes/tomcat.md",
    "docs/revocation.md",
    "docs/search.md",
    "docs/sm2.md",
    "docs/start.md",
    "docs/texts.md",
];
