//! `…/tags` and `…/resource-instances` of private CAs and private certificates.

use chancery_core::Error;
use chancery_core::instances::Tag;
use chancery_core::limits::ccm as limits;
use chancery_core::tags::{TagSearch, WithTags};
use chancery_store::{Listing, TagFilter, Tagged};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{authorities as ca, certificates as cert};
use crate::operation::{Answer, Call};
use crate::wire::loose_number;

#[derive(Deserialize)]
struct OneTag {
    tag: Tag,
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<Tag>,
}

/// Tags to delete; one without a value goes whatever its value is.
#[derive(Deserialize)]
struct TagsToDelete {
    tags: Vec<TagToDelete>,
}

#[derive(Deserialize)]
struct TagToDelete {
    key: String,
    #[serde(default)]
    value: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let (on, id) = tagged(&call)?;
    let tags = call.desk.tags(call.ctx()?, on, id).await?;
    Answer::ok(&json!({ "tags": tags }))
}

pub(super) async fn add_one(call: Call) -> Result<Answer, Error> {
    let body: OneTag = call.json()?;
    let (on, id) = tagged(&call)?;
    let tags = vec![body.tag];
    call.desk.add_tags(call.ctx()?, on, id, tags).await?;
    Ok(Answer::no_content())
}

pub(super) async fn add(call: Call) -> Result<Answer, Error> {
    let body: Tags = call.json()?;
    let (on, id) = tagged(&call)?;
    call.desk.add_tags(call.ctx()?, on, id, body.tags).await?;
    Ok(Answer::no_content())
}

pub(super) async fn remove(call: Call) -> Result<Answer, Error> {
    let body: TagsToDelete = call.json()?;
    let (on, id) = tagged(&call)?;
    let tag = |TagToDelete { key, value }| Tag {
        key,
        value: value.unwrap_or_default(),
    };
    let tags: Vec<_> = body.tags.into_iter().map(tag).collect();
    call.desk.remove_tags(call.ctx()?, on, id, &tags).await?;
    Ok(Answer::no_content())
}

/// `tags` of an account: each key with its values.
#[derive(Deserialize, Serialize)]
struct DomainTag {
    key: String,
    values: Vec<String>,
}

pub(super) async fn of_domain(call: Call) -> Result<Answer, Error> {
    let found = call.desk.domain_tags(call.ctx()?, kind(&call)).await?;
    let shown = |TagFilter { key, values }| DomainTag { key, values };
    let shown: Vec<_> = found.into_iter().map(shown).collect();
    Answer::ok(&json!({ "tags": shown }))
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    tags: Option<Vec<DomainTag>>,
    #[serde(default)]
    matches: Option<Vec<Tag>>,
    #[serde(default, deserialize_with = "loose_number")]
    limit: Option<i64>,
    #[serde(default, deserialize_with = "loose_number")]
    offset: Option<i64>,
}

impl TryFrom<Search> for TagSearch {
    type Error = Error;

    fn try_from(wire: Search) -> Result<Self, Error> {
        let matches = wire.matches.unwrap_or_default();
        limits::MATCHES.check_count("matches", matches.len())?;
        for one in &matches {
            limits::MATCH_KEY.check("matches.key", &one.key)?;
        }
        let tag = |DomainTag { key, values }| TagFilter { key, values };
        let tags = wire.tags.unwrap_or_default().into_iter();
        Ok(Self {
            tags: tags.map(tag).collect(),
            name: matches.into_iter().next().map(|one| one.value),
            limit: wire.limit.unwrap_or(10),
            offset: wire.offset.unwrap_or(0),
        })
    }
}

fn search(call: &Call) -> Result<TagSearch, Error> {
    call.json::<Search>()?.try_into()
}

pub(super) async fn authorities(call: Call) -> Result<Answer, Error> {
    let search = search(&call)?;
    let found = call.desk.tagged_authorities(call.ctx()?, search).await?;
    shown(&found, |ca| {
        (&ca.row.id, &ca.row.common_name, ca::Shown::from(ca))
    })
}

pub(super) async fn certificates(call: Call) -> Result<Answer, Error> {
    let search = search(&call)?;
    let found = call.desk.tagged_certificates(call.ctx()?, search).await?;
    shown(&found, |one| {
        (&one.row.id, &one.row.common_name, cert::Shown::from(one))
    })
}

pub(super) async fn count_authorities(call: Call) -> Result<Answer, Error> {
    let search = count(search(&call)?);
    let found = call.desk.tagged_authorities(call.ctx()?, search).await?;
    Answer::ok(&json!({ "total_count": found.total }))
}

pub(super) async fn count_certificates(call: Call) -> Result<Answer, Error> {
    let search = count(search(&call)?);
    let found = call.desk.tagged_certificates(call.ctx()?, search).await?;
    Answer::ok(&json!({ "total_count": found.total }))
}

/// What is counted is on all pages; nothing of them is read.
fn count(search: TagSearch) -> TagSearch {
    TagSearch {
        limit: 0,
        offset: 0,
        ..search
    }
}

/// What a search finds: the id of each, its name, its details and its tags.
fn shown<'a, T, D: Serialize>(
    found: &'a Listing<WithTags<T>>,
    parts: impl Fn(&'a T) -> (&'a String, &'a String, D),
) -> Result<Answer, Error> {
    let rows = found.rows.iter().map(|row| {
        let (id, name, detail) = parts(&row.resource);
        json!({
            "resource_id": id, "resource_name": name, "resource_detail": detail,
            "tags": row.tags,
        })
    });
    let rows: Vec<_> = rows.collect();
    Answer::ok(&json!({ "total_count": found.total, "resources": rows }))
}

/// What the call's path is about.
fn kind(call: &Call) -> Tagged {
    match call.route.starts_with("/v1/private-certificates/") {
        true => Tagged::PrivateCertificate,
        false => Tagged::Authority,
    }
}

/// The resource that the call's path names.
fn tagged(call: &Call) -> Result<(Tagged, &str), Error> {
    let on = kind(call);
    let id = match on {
        Tagged::Authority => ca::id(call)?,
        Tagged::PrivateCertificate => cert::id(call)?,
    };
    Ok((on, id))
}
