//! Tags of resources: keys and values that their owner chose.

use crate::list::{Filter, Page, Sort, order};
use crate::table::{Table, table};
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A tag of a resource.
    pub struct ResourceTagRow in "resource_tags" {
        /// The account.
        pub domain_id: String,
        /// What it is on; see [`Tagged::kind`].
        pub kind: String,
        /// The resource.
        pub resource_id: String,
        /// Unique on the resource.
        pub key: String,
        /// May be empty.
        pub value: String,
    }
}

/// What tags are on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tagged {
    /// A private CA.
    Authority,
    /// A private certificate.
    PrivateCertificate,
}

impl Tagged {
    /// The type of the resource in a policy: `ca`, `cert`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Authority => "ca",
            Self::PrivateCertificate => "cert",
        }
    }
}

/// A tag that rows of a list have: one with this key and one of these values; any value where none
/// is named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TagFilter {
    /// The key.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// Which row it is and where it is filed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filed {
    /// The resource.
    pub id: String,
    /// Its enterprise project.
    pub enterprise_project_id: String,
}

impl Filter {
    /// The row has all of these tags.
    pub(crate) fn tagged(mut self, domain_id: &str, on: Tagged, tags: &[TagFilter]) -> Self {
        for tag in tags {
            let values = Some(&tag.values[..]).filter(|values| !values.is_empty());
            let select = "SELECT resource_id FROM resource_tags";
            self = self.in_rows("id", select, |inner| {
                inner
                    .equal("domain_id", Some(domain_id))
                    .equal("kind", Some(on.kind()))
                    .equal("key", Some(tag.key.as_str()))
                    .one_of("value", values)
            });
        }
        self
    }
}

impl Store {
    /// The tags of a resource, by key.
    pub async fn tags(
        &self,
        domain_id: &str,
        on: Tagged,
        id: &str,
    ) -> Result<Vec<ResourceTagRow>, StoreError> {
        let tail = "WHERE domain_id = $1 AND kind = $2 AND resource_id = $3 ORDER BY key";
        self.all(tail, params![domain_id, on.kind(), id]).await
    }

    /// The tags of some resources of the account, or of all of a kind; by resource and key.
    pub async fn tags_of(
        &self,
        domain_id: &str,
        on: Tagged,
        ids: Option<&[String]>,
    ) -> Result<Vec<ResourceTagRow>, StoreError> {
        let (condition, params) = Filter::default()
            .equal("domain_id", Some(domain_id))
            .equal("kind", Some(on.kind()))
            .one_of("resource_id", ids)
            .finish();
        let (columns, table) = (ResourceTagRow::columns(), ResourceTagRow::NAME);
        let sql =
            format!("SELECT {columns} FROM {table} WHERE {condition} ORDER BY resource_id, key");
        let rows = self.scan(domain_id, &sql, &params).await?;
        rows.into_iter().map(ResourceTagRow::from_row).collect()
    }

    /// Every tag that resources of a kind in the account have, once: key and value, sorted.
    pub async fn distinct_tags(
        &self,
        domain_id: &str,
        on: Tagged,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT DISTINCT key, value FROM resource_tags \
                   WHERE domain_id = $1 AND kind = $2 ORDER BY key, value";
        let params = params![domain_id, on.kind()];
        let rows = self.scan(domain_id, sql, &params).await?;
        let pair = |mut row: crate::Row| Ok((row.take()?, row.take()?));
        rows.into_iter().map(pair).collect()
    }

    /// All rows that a filter lets through, in the order of a list, without what they hold, for an
    /// account.
    pub(crate) async fn filed<T: Table, S: Sort>(
        &self,
        account: &str,
        filter: Filter,
        page: &Page<S>,
    ) -> Result<Vec<Filed>, StoreError> {
        let (condition, params) = filter.finish();
        let (table, order) = (T::NAME, order(page));
        let sql = format!(
            "SELECT id, enterprise_project_id FROM {table} WHERE {condition} ORDER BY {order}"
        );
        let filed = |mut row: crate::Row| {
            Ok(Filed {
                id: row.take()?,
                enterprise_project_id: row.take()?,
            })
        };
        let rows = self.scan(account, &sql, &params).await?;
        rows.into_iter().map(filed).collect()
    }
}

impl Transaction {
    /// Gives a resource a tag; the value of a key that it has is replaced. Conflicts as
    /// [`Transaction::hold_tagged`], which has to come before.
    pub fn set_tag(&mut self, row: &ResourceTagRow) -> &mut Self {
        let sql = "INSERT INTO resource_tags (domain_id, kind, resource_id, key, value) \
                   VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (domain_id, kind, resource_id, key) \
                   DO UPDATE SET value = excluded.value";
        self.execute(sql, row.values())
    }

    /// Takes a tag from a resource: the one with this key, if it has this value or none is named.
    pub fn delete_tag(
        &mut self,
        domain_id: &str,
        on: Tagged,
        id: &str,
        key: &str,
        value: Option<&str>,
    ) -> &mut Self {
        let mut values = params![domain_id, on.kind(), id, key];
        let Some(value) = value else {
            let sql = "DELETE FROM resource_tags WHERE domain_id = $1 AND kind = $2 \
                       AND resource_id = $3 AND key = $4";
            return self.execute(sql, values);
        };
        let sql = "DELETE FROM resource_tags WHERE domain_id = $1 AND kind = $2 \
                   AND resource_id = $3 AND key = $4 AND value = $5";
        values.extend(params![value]);
        self.execute(sql, values)
    }

    /// Takes all tags from a resource.
    pub(crate) fn delete_tags(&mut self, domain_id: &str, on: Tagged, id: &str) -> &mut Self {
        let sql = "DELETE FROM resource_tags \
                   WHERE domain_id = $1 AND kind = $2 AND resource_id = $3";
        self.execute(sql, params![domain_id, on.kind(), id])
    }

    /// Requires that a resource is there, and locks it until the transaction ends: nobody deletes
    /// it or changes its tags meanwhile. Conflicts with [`label::AUTHORITY`] or
    /// [`label::PRIVATE_CERTIFICATE`].
    pub fn hold_tagged(&mut self, domain_id: &str, on: Tagged, id: &str) -> &mut Self {
        let (label, sql) = match on {
            Tagged::Authority => (
                label::AUTHORITY,
                "UPDATE authorities SET status = status WHERE domain_id = $1 AND id = $2",
            ),
            Tagged::PrivateCertificate => (
                label::PRIVATE_CERTIFICATE,
                "UPDATE private_certificates SET status = status WHERE domain_id = $1 AND id = $2",
            ),
        };
        self.one(label, sql, params![domain_id, id])
    }

    /// Requires that a resource has at most `limit` tags now. Conflicts with [`label::QUOTA`].
    pub fn require_tags_within(
        &mut self,
        domain_id: &str,
        on: Tagged,
        id: &str,
        limit: i64,
    ) -> &mut Self {
        let sql = "SELECT 1 WHERE (SELECT count(*) FROM resource_tags \
                   WHERE domain_id = $1 AND kind = $2 AND resource_id = $3) <= $4";
        self.one(label::QUOTA, sql, params![domain_id, on.kind(), id, limit])
    }
}
