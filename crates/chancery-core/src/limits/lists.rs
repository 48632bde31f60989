//! Limits of lists, in every service.

use super::Limit;

/// How many rows a page has. The documents name 10, 20 and 50; Terraform's provider asks for 1000.
pub const LIMIT: Limit = Limit::number(0, 1000, "ListCertificateAuthority, limit");
/// How many rows come before the page.
pub const OFFSET: Limit = Limit::number(0, i32::MAX as i64, "ListCertificateAuthority, offset");
/// Which end comes first, in any case.
pub const SORT_DIRECTION: Limit =
    Limit::one_of(&["ASC", "DESC"], "ListCertificateAuthority, sort_dir");
