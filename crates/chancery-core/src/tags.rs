//! Tags of CAs and private certificates: what their owner chose to find them by, and what policies
//! may ask for (`g:ResourceTag/<key>`).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chancery_store::{
    AuthorityFilter, AuthoritySort, Filed, Listing, Page, PrivateCertificateFilter,
    PrivateCertificateSort, ResourceTagRow, StoreError, TagFilter, Tagged, Transaction, label,
};

use crate::authorities::Authority;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result, Thing};
use crate::instances::Tag;
use crate::limits::ccm as limits;
use crate::limits::lists;
use crate::policy::{Spent, Target};
use crate::private_certificates::PrivateCertificate;

/// How many tags a resource may have (TMS user guide, "Constraints").
const QUOTA: i64 = 20;

/// Which resources are looked for by their tags.
#[derive(Clone, Debug, Default)]
pub struct TagSearch {
    /// Tags that a resource has, all of them; any resource where there are none.
    pub tags: Vec<TagFilter>,
    /// Part of its common name, ASCII letters in either case.
    pub name: Option<String>,
    /// How many the answer has at most.
    pub limit: i64,
    /// How many come before.
    pub offset: i64,
}

/// A resource with its tags.
pub struct WithTags<T> {
    /// The resource.
    pub resource: T,
    /// Its tags, by key.
    pub tags: Vec<Tag>,
}

fn judge(
    ctx: &Context,
    kind: &'static str,
    filed: &[Filed],
    tags: &HashMap<String, Vec<Tag>>,
    steps: u64,
) -> Result<Vec<String>> {
    let mut judge = ctx.judge(steps);
    let mut visible = Vec::new();
    for row in filed {
        let may = judge.may(&Target {
            kind,
            id: &row.id,
            enterprise_project_id: Some(&row.enterprise_project_id),
            tags: tags.get(&row.id).map_or(&[], Vec::as_slice),
        });
        if may.map_err(|Spent| too_many_steps())? {
            visible.push(row.id.clone());
        }
    }
    Ok(visible)
}

fn too_many_steps() -> Error {
    Error::new(
        Kind::TimedOut,
        "it takes too long to judge each row by your policies: narrow the search, or have fewer \
         patterns and conditions in the policies that look at single rows",
    )
}

impl Desk {
    /// The tags of a resource, by key.
    ///
    /// # Errors
    /// [`Thing::Authority`] or [`Thing::Certificate`] not found.
    pub async fn tags(&self, ctx: &Context, on: Tagged, id: &str) -> Result<Vec<Tag>> {
        self.require_tagged(ctx, on, id).await?;
        self.tags_on(ctx, on, id).await
    }

    /// Gives a resource tags, all or none; a key that it has gets the new value.
    ///
    /// # Errors
    /// Not found; [`crate::Kind::Invalid`]; [`Refusal::Quota`] when it would have more than 20.
    pub async fn add_tags(
        &self,
        ctx: &Context,
        on: Tagged,
        id: &str,
        tags: Vec<Tag>,
    ) -> Result<()> {
        self.require_tagged(ctx, on, id).await?;
        check_tags(&tags)?;
        let domain_id = ctx.domain_id();
        let mut tx = Transaction::new("tags.add");
        tx.hold_tagged(domain_id, on, id);
        for Tag { key, value } in tags.iter().cloned() {
            tx.set_tag(&ResourceTagRow {
                domain_id: domain_id.to_owned(),
                kind: on.kind().to_owned(),
                resource_id: id.to_owned(),
                key,
                value,
            });
        }
        tx.require_tags_within(domain_id, on, id, QUOTA);
        tx.audit(ctx.audit_with(self.now_ms(), id, serde_json::json!({ "tags": tags })));
        self.commit_tags(on, id, tx).await
    }

    /// Takes tags from a resource. One with a value goes if the resource's has that value, one with
    /// an empty value whatever the resource's has; those that are not there do not matter (TMS API
    /// reference, "Deleting Resource Tags").
    ///
    /// # Errors
    /// Not found; [`crate::Kind::Invalid`].
    pub async fn remove_tags(
        &self,
        ctx: &Context,
        on: Tagged,
        id: &str,
        tags: &[Tag],
    ) -> Result<()> {
        self.require_tagged(ctx, on, id).await?;
        check_tags(tags)?;
        let mut tx = Transaction::new("tags.remove");
        tx.hold_tagged(ctx.domain_id(), on, id);
        for Tag { key, value } in tags {
            let value = Some(value.as_str()).filter(|value| !value.is_empty());
            tx.delete_tag(ctx.domain_id(), on, id, key, value);
        }
        tx.audit(ctx.audit_with(self.now_ms(), id, serde_json::json!({ "tags": tags })));
        self.commit_tags(on, id, tx).await
    }

    /// Every key that resources of a kind in the account have, with the values it has; sorted.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn domain_tags(&self, ctx: &Context, on: Tagged) -> Result<Vec<TagFilter>> {
        let domain_id = ctx.domain_id();
        let pairs = match (on, ctx.is_narrowed()) {
            // There may be very many; none of them is between being there and being gone.
            (Tagged::PrivateCertificate, false) => self.store.distinct_tags(domain_id, on).await?,
            _ => {
                let filed = self.all_filed(ctx, on).await?;
                let visible: HashSet<_> = self.visible(ctx, on, filed).await?.into_iter().collect();
                let rows = self.store.tags_of(domain_id, on, None).await?.into_iter();
                rows.filter(|row| visible.contains(&row.resource_id))
                    .map(|row| (row.key, row.value))
                    .collect()
            }
        };
        let mut keys = BTreeMap::<_, BTreeSet<_>>::new();
        for (key, value) in pairs {
            keys.entry(key).or_default().insert(value);
        }
        let all = |(key, values): (String, BTreeSet<String>)| TagFilter {
            key,
            values: values.into_iter().collect(),
        };
        Ok(keys.into_iter().map(all).collect())
    }

    /// A page of the account's CAs that a search finds, the newest first, with their tags.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`].
    pub async fn tagged_authorities(
        &self,
        ctx: &Context,
        search: TagSearch,
    ) -> Result<Listing<WithTags<Authority>>> {
        let page = search.page(AuthoritySort::CreatedAt)?;
        let filter = AuthorityFilter {
            name: search.name,
            tags: search.tags,
            ..AuthorityFilter::default()
        };
        let found = self.authorities(ctx, filter, None, &page).await?;
        self.with_tags(ctx, Tagged::Authority, found, |one| &one.row.id)
            .await
    }

    /// A page of the account's private certificates that a search finds, the newest first, with
    /// their tags.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`].
    pub async fn tagged_certificates(
        &self,
        ctx: &Context,
        search: TagSearch,
    ) -> Result<Listing<WithTags<PrivateCertificate>>> {
        let page = search.page(PrivateCertificateSort::CreatedAt)?;
        let filter = PrivateCertificateFilter {
            name: search.name,
            tags: search.tags,
            ..PrivateCertificateFilter::default()
        };
        let found = self.private_certificates(ctx, filter, None, &page).await?;
        self.with_tags(ctx, Tagged::PrivateCertificate, found, |one| &one.row.id)
            .await
    }

    /// The tags of a resource as far as the caller's policies look at them: nothing is read for
    /// policies that do not.
    pub(crate) async fn policy_tags(
        &self,
        ctx: &Context,
        on: Tagged,
        id: &str,
    ) -> Result<Vec<Tag>> {
        match ctx.looks_at_tags() {
            true => self.tags_on(ctx, on, id).await,
            false => Ok(Vec::new()),
        }
    }

    /// Of the rows of a list, the ids of those that the caller may see.
    pub(crate) async fn visible(
        &self,
        ctx: &Context,
        on: Tagged,
        filed: Vec<Filed>,
    ) -> Result<Vec<String>> {
        let tags = match ctx.looks_at_tags() {
            true => self.tags_by_id(ctx, on, None).await?,
            false => HashMap::new(),
        };
        self.judge(ctx, on.kind(), filed, tags).await
    }

    /// Of the rows of a list, the ids of those that the caller may see, by what policies say of each.
    ///
    /// # Errors
    /// [`Kind::TimedOut`] when that takes too many steps.
    pub(crate) async fn judge(
        &self,
        ctx: &Context,
        kind: &'static str,
        filed: Vec<Filed>,
        tags: HashMap<String, Vec<Tag>>,
    ) -> Result<Vec<String>> {
        // There may be very many rows, and policies with many patterns: not on a thread that serves.
        let call = ctx.clone();
        let steps = self.settings.judging_steps;
        let judge = move || judge(&call, kind, &filed, &tags, steps);
        self.workers.judges.run(ctx.behalf(), judge).await?
    }

    /// Everything of a kind that lists show.
    async fn all_filed(&self, ctx: &Context, on: Tagged) -> Result<Vec<Filed>> {
        let domain_id = ctx.domain_id();
        Ok(match on {
            Tagged::Authority => {
                let filter = AuthorityFilter {
                    kept_after: Some(self.now_ms()),
                    ..AuthorityFilter::default()
                };
                let page = Page::newest_first(AuthoritySort::CreatedAt, 0, 0);
                self.store
                    .filed_authorities(domain_id, &filter, &page)
                    .await?
            }
            Tagged::PrivateCertificate => {
                let filter = PrivateCertificateFilter::default();
                let page = Page::newest_first(PrivateCertificateSort::CreatedAt, 0, 0);
                self.store
                    .filed_private_certificates(domain_id, &filter, &page)
                    .await?
            }
        })
    }

    async fn with_tags<T>(
        &self,
        ctx: &Context,
        on: Tagged,
        found: Listing<T>,
        id: impl Fn(&T) -> &String,
    ) -> Result<Listing<WithTags<T>>> {
        let ids: Vec<_> = found.rows.iter().map(|row| id(row).clone()).collect();
        let mut tags = self.tags_by_id(ctx, on, Some(&ids)).await?;
        let with = |resource: T| WithTags {
            tags: tags.remove(id(&resource)).unwrap_or_default(),
            resource,
        };
        Ok(Listing {
            rows: found.rows.into_iter().map(with).collect(),
            total: found.total,
        })
    }

    async fn require_tagged(&self, ctx: &Context, on: Tagged, id: &str) -> Result<()> {
        match on {
            Tagged::Authority => self.authority_row(ctx, id).await.map(drop),
            Tagged::PrivateCertificate => self.private_certificate_row(ctx, id).await.map(drop),
        }
    }

    async fn tags_on(&self, ctx: &Context, on: Tagged, id: &str) -> Result<Vec<Tag>> {
        let rows = self.store.tags(ctx.domain_id(), on, id).await?;
        Ok(rows.into_iter().map(tag).collect())
    }

    async fn tags_by_id(
        &self,
        ctx: &Context,
        on: Tagged,
        ids: Option<&[String]>,
    ) -> Result<HashMap<String, Vec<Tag>>> {
        let mut found = HashMap::<_, Vec<_>>::new();
        for mut row in self.store.tags_of(ctx.domain_id(), on, ids).await? {
            let id = std::mem::take(&mut row.resource_id);
            found.entry(id).or_default().push(tag(row));
        }
        Ok(found)
    }

    async fn commit_tags(&self, on: Tagged, id: &str, tx: Transaction) -> Result<()> {
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(label::QUOTA)) => Err(Error::refused(
                Refusal::Quota,
                format!("a resource can have at most {QUOTA} tags"),
            )),
            Err(StoreError::Conflict(label::AUTHORITY | label::PRIVATE_CERTIFICATE)) => {
                let thing = match on {
                    Tagged::Authority => Thing::Authority,
                    Tagged::PrivateCertificate => Thing::Certificate,
                };
                Err(Error::not_found(thing, id))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl TagSearch {
    /// Checks what is searched for, and gives the page of the list.
    fn page<S>(&self, sort: S) -> Result<Page<S>> {
        limits::SEARCHED_TAGS.check_count("tags", self.tags.len())?;
        let mut keys = BTreeSet::new();
        for tag in &self.tags {
            check_key(&mut keys, &tag.key)?;
            limits::SEARCHED_VALUES.check_count("tags.values", tag.values.len())?;
            let mut values = BTreeSet::new();
            for value in &tag.values {
                limits::TAG_VALUE.check("tags.values", value)?;
                if !values.insert(value) {
                    return Err(Error::invalid("tags.values", "must not hold a value twice"));
                }
            }
        }
        lists::LIMIT.check_number("limit", self.limit)?;
        lists::OFFSET.check_number("offset", self.offset)?;
        let number = |number| u32::try_from(number).map_err(Error::internal);
        Ok(Page::newest_first(
            sort,
            number(self.limit)?,
            number(self.offset)?,
        ))
    }
}

fn tag(row: ResourceTagRow) -> Tag {
    Tag {
        key: row.key,
        value: row.value,
    }
}

fn check_tags(tags: &[Tag]) -> Result<()> {
    limits::TAGS.check_count("tags", tags.len())?;
    let mut keys = BTreeSet::new();
    for tag in tags {
        check_key(&mut keys, &tag.key)?;
        limits::TAG_VALUE.check("tags.value", &tag.value)?;
    }
    Ok(())
}

fn check_key<'a>(known: &mut BTreeSet<&'a str>, key: &'a str) -> Result<()> {
    limits::TAG_KEY.check("tags.key", key)?;
    match known.insert(key) {
        true => Ok(()),
        false => Err(Error::invalid("tags.key", "must not be there twice")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_have_their_characters() {
        for good in [
            "a",
            "cost center",
            "团队",
            "größe",
            "a_.:=+-@9",
            "हिन्दी",
            &"k".repeat(128),
        ] {
            assert!(limits::TAG_KEY.allows(good), "{good}");
            assert!(limits::TAG_VALUE.allows(good), "{good}");
        }
        let symbols = "!\"#$%&'()*,;<>?[\\]^`{|}~\t\n\0\u{7f}\u{a9}\u{200b}→★\u{e000}🔑";
        for bad in symbols.chars().map(String::from) {
            assert!(!limits::TAG_KEY.allows(&bad), "{bad:?}");
            assert!(!limits::TAG_VALUE.allows(&bad), "{bad:?}");
        }
        assert!(!limits::TAG_KEY.allows("a/b") && limits::TAG_VALUE.allows("a/b"));
        assert!(!limits::TAG_KEY.allows("") && limits::TAG_VALUE.allows(""));
        assert!(!limits::TAG_KEY.allows(&"k".repeat(129)));
        assert!(!limits::TAG_VALUE.allows(&"v".repeat(256)));
    }

    #[test]
    fn a_key_comes_once() {
        let tag = |key: &str| Tag {
            key: key.into(),
            value: String::new(),
        };
        assert!(check_tags(&[tag("a"), tag("A")]).is_ok());
        assert!(check_tags(&[tag("a"), tag("a")]).is_err());
        assert!(check_tags(&[]).is_err());
        let many: Vec<_> = (0..21).map(|n| tag(&n.to_string())).collect();
        assert!(check_tags(&many[1..]).is_ok());
        assert!(check_tags(&many).is_err());
    }
}
