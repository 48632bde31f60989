//! Orders of an account: what it bought for a period, and what it gave up again.

use crate::list::Filter;
use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError};

table! {
    /// An order.
    pub struct OrderRow in "orders" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// Whether something is bought with it, or given up.
        pub kind: String,
        /// The name of the user who ordered.
        pub user_name: String,
        /// How many resources it is about.
        pub resources: i64,
        /// The unit of the period, as the API numbers it; none where nothing is bought.
        pub period_type: Option<i64>,
        /// How many units the period has.
        pub period_num: Option<i64>,
        /// Whether a further period follows.
        pub auto_renew: bool,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// When the period ends, in milliseconds since 1970 UTC.
        pub expires_at: Option<i64>,
    }
}

/// Which orders of an account; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// The order itself.
    pub id: Option<String>,
    /// Its period ends at this time or later; milliseconds since 1970 UTC.
    pub expires_from: Option<i64>,
    /// Its period ends before this time; milliseconds since 1970 UTC.
    pub expires_below: Option<i64>,
}

impl Filter {
    /// The column names an order of the account; no condition when there is no filter of orders.
    pub(crate) fn ordered(
        self,
        column: &str,
        domain_id: &str,
        orders: Option<&OrderFilter>,
    ) -> Self {
        let Some(orders) = orders else { return self };
        self.in_rows(column, "SELECT id FROM orders", |filter| {
            filter
                .equal("domain_id", Some(domain_id))
                .equal("id", orders.id.as_ref())
                .at_least("expires_at", orders.expires_from)
                .below("expires_at", orders.expires_below)
        })
    }
}

impl Store {
    /// The orders of the account with these numbers, in any order.
    pub async fn orders(
        &self,
        domain_id: &str,
        ids: &[String],
    ) -> Result<Vec<OrderRow>, StoreError> {
        let (condition, params) = Filter::default()
            .equal("domain_id", Some(domain_id))
            .one_of("id", Some(ids))
            .finish();
        self.all(&format!("WHERE {condition}"), params).await
    }

    /// The order of the account with this number.
    pub async fn order(&self, domain_id: &str, id: &str) -> Result<Option<OrderRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }
}

impl Transaction {
    /// Adds an order.
    pub fn insert_order(&mut self, row: &OrderRow) -> &mut Self {
        self.insert(row)
    }
}
