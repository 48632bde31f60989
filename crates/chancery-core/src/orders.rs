//! Orders: private CAs are bought for a period, and given up again.
//!
//! The desk sells nothing: an order is fulfilled at once, and what it has been paid for never ends
//! by itself.

use std::collections::{BTreeSet, HashMap};

use chancery_store::{
    AuthorityFilter, AuthorityRow, AuthoritySort, Listing, OrderFilter, OrderRow, Page, StoreError,
    Transaction, label,
};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::json;

use crate::authorities::state::State;
use crate::authorities::{changed_meanwhile, target};
use crate::context::Context;
use crate::desk::Desk;
use crate::enterprise_projects::name_of;
use crate::error::{Error, Refusal, Result, Thing};
use crate::ids;
use crate::issuance::DAY_MS;
use crate::limits::bss as limits;
use crate::limits::ccm::{FEWEST_PENDING_DAYS, ORDER_COUNT};

/// What an order does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrderKind {
    /// Buys something.
    Purchase,
    /// Gives up what was bought.
    Unsubscription,
}

/// What something is bought for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrderPeriod {
    /// So many calendar months.
    Months(i64),
    /// So many years.
    Years(i64),
}

/// CAs that are ordered.
pub struct NewOrder {
    /// How many.
    pub count: i64,
    /// The enterprise project they are filed under.
    pub enterprise_project_id: String,
    /// For how long.
    pub period: OrderPeriod,
    /// Whether a further period is to follow.
    pub auto_renew: bool,
}

/// An order that is fulfilled.
pub struct Fulfilled {
    /// Its number.
    pub id: String,
    /// The CAs that were bought with it.
    pub authority_ids: Vec<String>,
}

/// An order as it is shown.
pub struct Order {
    /// Its row.
    pub row: OrderRow,
    /// What it does.
    pub kind: OrderKind,
    /// What is bought for; none when something is given up.
    pub period: Option<OrderPeriod>,
}

/// Which of the things that were bought.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionFilter {
    /// Ids, of which one has to be its own; none for any.
    pub ids: Option<Vec<String>>,
    /// The order it was bought with.
    pub order: OrderFilter,
    /// Whether it is in use, or closed: given up, or going to be deleted. None for both.
    pub in_use: Option<bool>,
}

/// Something that was bought.
pub struct Subscription {
    /// The CA.
    pub authority: AuthorityRow,
    /// What it was bought with.
    pub order: OrderRow,
    /// Whether it is in use.
    pub in_use: bool,
    /// The name of the enterprise project that it is filed under.
    pub enterprise_project: Option<String>,
}

/// What is given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unsubscription {
    /// What was bought, with all periods.
    Resource,
    /// Periods that it was renewed for.
    Renewals,
}

impl OrderKind {
    fn name(self) -> &'static str {
        match self {
            Self::Purchase => "PURCHASE",
            Self::Unsubscription => "UNSUBSCRIPTION",
        }
    }
}

impl OrderPeriod {
    /// The unit as the API numbers it, and how many of it.
    pub fn numbers(self) -> (i64, i64) {
        match self {
            Self::Months(count) => (2, count),
            Self::Years(count) => (3, count),
        }
    }

    /// The period with these numbers.
    pub fn from_numbers(unit: i64, count: i64) -> Option<Self> {
        match unit {
            2 => Some(Self::Months(count)),
            3 => Some(Self::Years(count)),
            _ => None,
        }
    }

    /// When it ends, if it begins at `start_ms`.
    fn end(self, start_ms: i64) -> Option<i64> {
        let span = match self {
            Self::Months(count) => Span::new().try_months(count),
            Self::Years(count) => Span::new().try_years(count),
        };
        let start = Timestamp::from_millisecond(start_ms).ok()?;
        let end = start.to_zoned(TimeZone::UTC).checked_add(span.ok()?);
        Some(end.ok()?.timestamp().as_millisecond())
    }
}

impl Desk {
    /// Buys CAs, all of them or none.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`], [`Refusal::Quota`].
    pub async fn order_authorities(&self, ctx: &Context, new: &NewOrder) -> Result<Fulfilled> {
        let project = &new.enterprise_project_id;
        ctx.require(&target("", project, &[]))?;
        ORDER_COUNT.check_number("subscription_num", new.count)?;
        self.require_enterprise_project(ctx, project).await?;
        let order = OrderRow {
            auto_renew: new.auto_renew,
            ..self.order_row(ctx, OrderKind::Purchase, new.count, Some(new.period))
        };
        let rows: Vec<_> = (0..new.count)
            .map(|_| self.waiting_row(ctx, project, Some(order.id.clone())))
            .collect();
        let mut tx = Transaction::new("authority.order");
        tx.insert_order(&order);
        for row in &rows {
            tx.insert_authority_within(row, self.authority_limit());
            let detail = json!({ "order_id": order.id });
            tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        }
        match self.store.commit(tx).await {
            Ok(()) => Ok(Fulfilled {
                id: order.id,
                authority_ids: rows.into_iter().map(|row| row.id).collect(),
            }),
            Err(StoreError::Conflict(label::QUOTA)) => Err(self.no_room()),
            Err(error) => Err(error.into()),
        }
    }

    /// An order of the account.
    ///
    /// # Errors
    /// [`Thing::Order`] not found.
    pub async fn order(&self, ctx: &Context, id: &str) -> Result<Order> {
        let row = self.store.order(ctx.domain_id(), id).await?;
        let row = row.ok_or_else(|| Error::not_found(Thing::Order, id))?;
        let period = row.period_type.zip(row.period_num);
        Ok(Order {
            kind: match row.kind == OrderKind::Purchase.name() {
                true => OrderKind::Purchase,
                false => OrderKind::Unsubscription,
            },
            period: period.and_then(|(unit, count)| OrderPeriod::from_numbers(unit, count)),
            row,
        })
    }

    /// What the account has bought, newest first. What is gone is not among it.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn subscriptions(
        &self,
        ctx: &Context,
        wanted: SubscriptionFilter,
        limit: u32,
        offset: u32,
    ) -> Result<Listing<Subscription>> {
        let domain_id = ctx.domain_id();
        let filter = AuthorityFilter {
            ids: wanted.ids,
            statuses: wanted.in_use.map(|in_use| {
                let states = State::ALL.into_iter();
                let states = states.filter(|state| is_in_use(*state) == in_use);
                states.map(|state| state.name().to_owned()).collect()
            }),
            kept_after: Some(self.now_ms()),
            ordered: Some(wanted.order),
            ..AuthorityFilter::default()
        };
        let page = Page::newest_first(AuthoritySort::CreatedAt, limit, offset);
        let found = self.store.authorities(domain_id, &filter, &page).await?;
        let ids: BTreeSet<_> = found
            .rows
            .iter()
            .flat_map(|row| row.order_id.clone())
            .collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let orders = self.store.orders(domain_id, &ids).await?;
        let orders: HashMap<_, _> = orders.iter().map(|order| (&order.id, order)).collect();
        let projects = self.store.enterprise_projects(domain_id).await?;
        let rows = found.rows.into_iter().map(|authority| {
            let order = authority.order_id.as_ref().and_then(|id| orders.get(id));
            let order = order.ok_or_else(|| Error::internal("what was bought has no order"))?;
            Ok(Subscription {
                enterprise_project: name_of(&projects, &authority.enterprise_project_id),
                order: (*order).clone(),
                in_use: is_in_use(State::of(&authority, self.now_ms())?),
                authority,
            })
        });
        Ok(Listing {
            rows: rows.collect::<Result<_>>()?,
            total: found.total,
        })
    }

    /// Gives up CAs that were bought, all of them or none, and returns the number of the order that
    /// does it. One that waits is deleted at once. Any other, active or not, is scheduled for
    /// deletion in the fewest days there are: until then it can be restored.
    ///
    /// # Errors
    /// [`Thing::Subscription`] not found, which one that is given up already is too;
    /// [`Refusal::State`] for renewals: there are none.
    pub async fn unsubscribe(
        &self,
        ctx: &Context,
        ids: &[String],
        what: Unsubscription,
    ) -> Result<String> {
        limits::UNSUBSCRIBED.check_count("resource_ids", ids.len())?;
        let ids: BTreeSet<_> = ids.iter().collect();
        let order = self.order_row(ctx, OrderKind::Unsubscription, ids.len() as i64, None);
        let now = order.created_at;
        let mut tx = Transaction::new("authority.unsubscribe");
        tx.insert_order(&order);
        for id in ids {
            let row = self.store.authority(ctx.domain_id(), id).await?;
            let missing = || Error::not_found(Thing::Subscription, id);
            let row = row
                .filter(|row| row.order_id.is_some())
                .ok_or_else(missing)?;
            match State::of(&row, now)? {
                State::Deleted => return Err(missing()),
                State::Pending => tx.delete_authority(&row.domain_id, id, &row.status),
                _ => tx.set_authority_deletion(
                    &row.domain_id,
                    id,
                    &row.status,
                    State::Deleted.name(),
                    Some(now + FEWEST_PENDING_DAYS * DAY_MS),
                ),
            };
            let detail = json!({ "order_id": order.id });
            tx.audit(ctx.audit_with(now, id, detail));
        }
        if what == Unsubscription::Renewals {
            return Err(Error::refused(
                Refusal::State,
                "unsubscribe_type must be 1: nothing has been renewed that could be given up by itself",
            ));
        }
        match self.store.commit(tx).await {
            Ok(()) => Ok(order.id),
            Err(StoreError::Conflict(_)) => Err(changed_meanwhile()),
            Err(error) => Err(error.into()),
        }
    }

    fn order_row(
        &self,
        ctx: &Context,
        kind: OrderKind,
        resources: i64,
        period: Option<OrderPeriod>,
    ) -> OrderRow {
        let now = self.now_ms();
        let numbers = period.map(OrderPeriod::numbers);
        OrderRow {
            id: ids::order(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            kind: kind.name().to_owned(),
            user_name: ctx.caller().user_name.clone(),
            resources,
            period_type: numbers.map(|(unit, _)| unit),
            period_num: numbers.map(|(_, count)| count),
            auto_renew: false,
            created_at: now,
            expires_at: period.and_then(|period| period.end(now)),
        }
    }
}

/// Whether a CA is in use, which is not the same as able to issue.
fn is_in_use(state: State) -> bool {
    state != State::Deleted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_by_the_calendar() {
        // 2028-01-31T00:00:00Z
        let start = 1_832_889_600_000;
        let day = |ms: i64| {
            let time = Timestamp::from_millisecond(ms).expect("a time");
            time.strftime("%Y-%m-%d").to_string()
        };
        for (period, end) in [
            (OrderPeriod::Months(1), "2028-02-29"),
            (OrderPeriod::Months(13), "2029-02-28"),
            (OrderPeriod::Years(1), "2029-01-31"),
            (OrderPeriod::Years(30), "2058-01-31"),
        ] {
            assert_eq!(period.end(start).map(day).as_deref(), Some(end));
            let (unit, count) = period.numbers();
            assert_eq!(OrderPeriod::from_numbers(unit, count), Some(period));
        }
        assert_eq!(
            OrderPeriod::Years(360).end(start).map(day).as_deref(),
            Some("2388-01-31")
        );
    }
}
