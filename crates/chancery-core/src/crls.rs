//! Certificate revocation lists.
//!
//! A list is made when it is switched on, soon after a revocation, which does not wait for it, and by
//! a job before it runs out. Its number is stored in one transaction with the list itself, which is
//! what is served; the object in the account's bucket is a copy of it.

mod copies;
mod list;
mod numbers;
mod outdated;

use std::time::Duration;

use chancery_objects::{BucketName, ObjectKey};
use chancery_pki::KeyUsage;
use chancery_store::{
    AuditEntry, AuthorityRow, BucketRow, CrlHead, CrlRow, NewCrl, StoreError, Transaction, label,
};
use serde::{Deserialize, Serialize};

pub(crate) use copies::crl_name;
pub(crate) use list::reason;
use outdated::Next;
pub(crate) use outdated::OutdatedLists;

use crate::authorities::state::{State, Step, step};
use crate::authorities::{certificate_of, changed_meanwhile};
use crate::behalf::Behalf;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::issuance::DAY_MS;
use crate::limits::ccm as limits;
use crate::objects::check_bucket_name;
use crate::policy::Target;
use crate::validity::BACKDATED_MS;

/// The action of a call that names a bucket which does not exist.
pub(crate) const CREATE_BUCKET: &str = "obs:bucket:CreateBucket";
/// How many steps a call takes before it leaves the rest to the job. Two do when nobody comes in
/// between: one makes the list, one copies it.
const STEPS: usize = 5;

/// Where the revocation list of a CA is copied to, and how long each is valid.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CrlSettings {
    /// The bucket.
    pub bucket: String,
    /// The name of the object in it, without `.crl`.
    pub name: String,
    /// How many days a list is valid.
    pub valid_days: i64,
}

impl CrlSettings {
    /// The settings of a CA; none when no lists are made for it.
    pub(crate) fn of(row: &AuthorityRow) -> Result<Option<Self>> {
        match row.crl.as_str() {
            "{}" => Ok(None),
            text => serde_json::from_str(text).map_err(Error::internal),
        }
    }

    /// Whether the settings keep to their limits; without a name that of the CA is taken.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`].
    pub(crate) fn check(&self) -> Result<()> {
        if !self.name.is_empty() {
            limits::CRL_NAME.check("crl_name", &self.name)?;
        }
        check_bucket_name("obs_bucket_name", &self.bucket)?;
        limits::CRL_VALID_DAYS.check_number("valid_days", self.valid_days)
    }

    fn place(&self) -> Result<(BucketName, ObjectKey)> {
        copies::place(&self.bucket, &self.name)
    }
}

/// Revocation lists that are going to be switched on for a CA.
pub(crate) struct CrlChange {
    settings: CrlSettings,
    stored: String,
    /// The bucket that has to be made, and who makes it.
    bucket: Option<(BucketRow, AuditEntry)>,
}

impl CrlChange {
    /// Switches the lists on with a transaction. Conflicts with [`label::BUCKET`], or with
    /// [`label::CRLS_NAME`] as a duplicate; [`crl_failed`] says what that means.
    pub(crate) fn store(&self, tx: &mut Transaction, ctx: &Context, id: &str) {
        let CrlSettings {
            bucket,
            name,
            valid_days,
        } = &self.settings;
        if let Some((row, entry)) = &self.bucket {
            tx.insert_bucket_if_absent(row);
            tx.audit(entry.clone());
        }
        tx.require_public_bucket(ctx.domain_id(), bucket)
            .set_authority_crl(ctx.domain_id(), id, &self.stored)
            .enable_crl(ctx.domain_id(), id, (bucket, name), *valid_days);
    }
}

/// What a failed commit with a [`CrlChange`] means; `others` knows the rest.
pub(crate) fn crl_failed(error: StoreError, others: impl Fn(StoreError) -> Error) -> Error {
    match error {
        StoreError::Duplicate(label::CRLS_NAME) => Error::refused(
            Refusal::Duplicate,
            "crl_name is that of another CA's list in this bucket",
        ),
        StoreError::Conflict(label::BUCKET) => Error::invalid(
            "obs_bucket_name",
            "must be a bucket of the account that everyone may read from",
        ),
        other => others(other),
    }
}

/// What there is to say about a revocation list that is served.
pub struct PublishedCrl {
    /// Its number.
    pub number: i64,
    /// Until when it is good, in milliseconds since 1970 UTC.
    pub next_update_ms: i64,
    /// Its length in bytes.
    pub length: u64,
}

impl PublishedCrl {
    /// None when the list is no longer good.
    fn of(head: CrlHead, now: i64) -> Option<Self> {
        Some(Self {
            number: head.number,
            next_update_ms: head.next_update,
            length: head.length.unsigned_abs(),
        })
        .filter(|crl| crl.next_update_ms > now)
    }
}

/// How far a step has brought a list and its copy.
enum Progress {
    /// There is nothing more to do.
    Done,
    /// There is a new list, which has to be copied.
    Made,
    /// There may be: the step did its part, or somebody else came in between.
    LookAgain,
}

impl Desk {
    /// Has revocation lists made for a CA from now on; the first one is there when this returns.
    /// Called again, it changes the settings. Without a name in `settings` the CA's id is taken.
    /// A bucket that does not exist is made, if the caller's policies allow it.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for settings outside the limits and for a bucket that is not the
    /// account's or not public; [`Refusal::State`]; [`Refusal::Issuer`] when the CA does not sign
    /// lists; [`Refusal::Duplicate`] when another CA has its list under that name;
    /// [`crate::Kind::Forbidden`].
    pub async fn enable_authority_crl(
        &self,
        ctx: &Context,
        id: &str,
        settings: CrlSettings,
    ) -> Result<()> {
        let now = self.now_ms();
        let row = self.authority_row(ctx, id).await?;
        settings.check()?;
        step(State::of(&row, now)?, Step::SetCrl)?;
        self.authority_key(&row)?;
        self.require_unrevoked(id).await?;
        let change = self.crl_change(ctx, &row, settings).await?;

        let before = CrlSettings::of(&row)?;
        let settings = &change.settings;
        let mut tx = Transaction::new("crl.enable");
        tx.require_authority_status(ctx.domain_id(), id, &row.status);
        change.store(&mut tx, ctx, id);
        let detail = serde_json::json!({
            "bucket": settings.bucket, "name": settings.name, "valid_days": settings.valid_days,
        });
        tx.audit(ctx.audit_with(now, id, detail));
        let stored = self.store.commit(tx).await;
        stored.map_err(|error| crl_failed(error, changed))?;
        let stays = |before: &CrlSettings| {
            (&before.bucket, &before.name) == (&settings.bucket, &settings.name)
        };
        let left = before.filter(|before| !stays(before));
        self.remove_left_copy(left.as_ref()).await;
        self.publish_crl(id).await
    }

    /// Has no further revocation lists made for a CA and removes the copy; the last list, which
    /// tells what was revoked before, is served until it runs out. A CA without lists stays as it is.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub async fn disable_authority_crl(&self, ctx: &Context, id: &str) -> Result<()> {
        let now = self.now_ms();
        let row = self.authority_row(ctx, id).await?;
        step(State::of(&row, now)?, Step::SetCrl)?;
        let Some(before) = CrlSettings::of(&row)? else {
            return Ok(());
        };
        self.publish_last_crl(id).await?;
        let mut tx = Transaction::new("crl.disable");
        tx.set_authority_crl(ctx.domain_id(), id, "{}")
            .disable_crl(id);
        tx.audit(ctx.audit(now, id));
        self.store.commit(tx).await.map_err(changed)?;
        self.remove_left_copy(Some(&before)).await;
        Ok(())
    }

    /// What there is to say about the newest revocation list of a CA of any account, for everyone;
    /// none when it has none that is still good.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn published_crl(&self, authority_id: &str) -> Result<Option<PublishedCrl>> {
        let head = self.store.crl_head(authority_id).await?;
        Ok(head.and_then(|head| PublishedCrl::of(head, self.now_ms())))
    }

    /// The same with the list itself, DER.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn published_crl_der(
        &self,
        authority_id: &str,
    ) -> Result<Option<(PublishedCrl, Vec<u8>)>> {
        let list = self.store.crl_list(authority_id).await?;
        Ok(list.and_then(|list| Some((PublishedCrl::of(list.head, self.now_ms())?, list.der))))
    }

    /// Where the list of a CA is found: at the address that the operator gave for such, else in
    /// the bucket.
    pub(crate) fn crl_address(&self, authority_id: &str, settings: &CrlSettings) -> Result<String> {
        if let Some(base) = &self.settings.pki_url {
            return Ok(format!("{base}/crl/{authority_id}.crl"));
        }
        let (bucket, key) = settings.place()?;
        Ok(self.public_link(&bucket, &key))
    }

    /// Stores a revocation, whose transaction also marks the list of the issuer as outdated. The
    /// list is made soon after ([`Self::make_outdated_crls`]); where that fails, or this process
    /// ends before, a job of any node makes up for it. (A kept OCSP answer is served only while it
    /// states what is stored.)
    pub(crate) async fn commit_revocation(
        &self,
        ctx: &Context,
        issuer_id: &str,
        mut tx: Transaction,
    ) -> std::result::Result<(), StoreError> {
        tx.outdate_crl(issuer_id);
        self.store.commit(tx).await?;
        let now = self.clock.elapsed_ms();
        self.outdated_crls.add(ctx.domain_id(), issuer_id, now);
        Ok(())
    }

    /// Waits until this process has revoked something that a list does not tell.
    pub async fn crls_outdated(&self) {
        self.outdated_crls.added().await;
    }

    /// Makes the lists that revocations of this process have outdated, each once its time has come,
    /// until all are made. `pause` waits for so long. What fails, a job makes up for.
    pub async fn make_outdated_crls<P: Future<Output = ()>>(&self, pause: impl Fn(Duration) -> P) {
        loop {
            match self.outdated_crls.next(self.clock.elapsed_ms()) {
                Next::Nothing => return,
                Next::Make(authority_id) => self.publish_crl_or_log(&authority_id).await,
                Next::Pause(time) => tokio::select! {
                    () = pause(time) => {}
                    () = self.outdated_crls.added() => {}
                },
            }
        }
    }

    /// Makes the list of a CA that is going to have no further one, if what was revoked just now is
    /// not on it: it is served for days. What fails does not keep the CA from what it is going to.
    ///
    /// # Errors
    /// When storage cannot be read.
    pub(crate) async fn publish_last_crl(&self, authority_id: &str) -> Result<()> {
        let crl = self.store.crl(authority_id).await?;
        // Most often there is nothing to wait for.
        if crl.is_some_and(|crl| crl.published_revision < crl.revision) {
            self.publish_crl_or_log(authority_id).await;
        }
        Ok(())
    }

    /// Makes the list of a CA anew if that is due; what fails, a job makes up for.
    pub(crate) async fn publish_crl_or_log(&self, authority_id: &str) {
        if let Err(error) = self.publish_crl(authority_id).await {
            tracing::warn!(ca = authority_id, %error, "a revocation list has to wait");
        }
    }

    /// Makes the list of a CA anew if that is due, once, and sees to its copy. What is revoked
    /// while it is made is for the next list.
    ///
    /// # Errors
    /// When the list cannot be signed or kept.
    pub(crate) async fn publish_crl(&self, authority_id: &str) -> Result<()> {
        // Who waits here finds what the one before has published, and has nothing to do.
        let _turn = self.crl_turns.of(authority_id).await;
        let mut made = false;
        for _ in 0..STEPS {
            let Some(crl) = self.store.crl(authority_id).await? else {
                return Ok(());
            };
            let progress = match !made && is_due(&crl, self.now_ms()) {
                true => self.make_crl_and_rest(&crl).await?,
                false => self.copy_crl(&crl).await?,
            };
            match progress {
                Progress::Done => return Ok(()),
                Progress::Made => made = true,
                Progress::LookAgain => {}
            }
        }
        Err(Error::internal(format!(
            "the list of CA {authority_id} changes too fast"
        )))
    }

    /// Makes the next list, and has the one after it wait by what this has cost.
    async fn make_crl_and_rest(&self, crl: &CrlRow) -> Result<Progress> {
        let started = self.clock.elapsed_ms();
        let progress = self.make_crl(crl).await;
        let took = (started, self.clock.elapsed_ms());
        let (domain_id, authority_id) = (&crl.domain_id, &crl.authority_id);
        self.outdated_crls.rest(domain_id, authority_id, took);
        progress
    }

    /// Signs and stores the next list, which is not copied then.
    async fn make_crl(&self, crl: &CrlRow) -> Result<Progress> {
        let now = self.now_ms();
        let id = crl.authority_id.as_str();
        let (Some(row), Some(days)) = (
            self.store.authority(&crl.domain_id, id).await?,
            crl.valid_days,
        ) else {
            return Ok(Progress::Done);
        };
        if !signs_lists(&row, now)? {
            return Ok(Progress::Done);
        }
        let key = self.authority_key(&row)?;
        let certificate = certificate_of(&row)?;
        // What has ended stays until a list that was made after its end has had it (RFC 5280
        // section 3.3). A day more, since what is revoked now may carry a time that is past. A list
        // that a clock ahead of its time has dated says nothing about what has ended.
        let over = crl
            .this_update
            .map_or(i64::MIN, |last| last.min(now) - DAY_MS);
        let revoked = self.store.revocations(id, over).await?;
        let number = self.next_crl_number(crl, &certificate).await?;
        let entries = revoked.len();
        let begins = certificate.validity().not_before_ms;
        let this_update = this_update(now, begins, crl.this_update);
        let next_update = now + days * DAY_MS;
        let list = self
            .workers
            .short
            .run(&Behalf::desk(), move || {
                list::sign(
                    &certificate,
                    &key,
                    number,
                    (this_update, next_update),
                    &revoked,
                )
            })
            .await??;
        let mut tx = Transaction::new("crl.publish");
        tx.publish_crl(NewCrl {
            authority_id: id,
            after: crl.number,
            number,
            revision: crl.revision,
            this_update,
            next_update,
            list: &list,
        });
        let detail = serde_json::json!({ "number": number, "entries": entries });
        tx.audit(self.own_audit(&crl.domain_id, "crl.publish", id, &detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(Progress::Made),
            // Another node came first.
            Err(StoreError::Conflict(_)) => Ok(Progress::LookAgain),
            Err(error) => Err(error.into()),
        }
    }

    /// Revocation lists for a CA that has its certificate; the settings were checked. Where there
    /// is no bucket with this name, one is going to be made.
    ///
    /// # Errors
    /// [`Refusal::Issuer`] when the CA does not sign lists; [`crate::Kind::Forbidden`].
    pub(crate) async fn crl_change(
        &self,
        ctx: &Context,
        row: &AuthorityRow,
        mut settings: CrlSettings,
    ) -> Result<CrlChange> {
        check_signs_lists(row)?;
        if settings.name.is_empty() {
            settings.name = row.id.clone();
        }
        let bucket = match self.store.bucket(&settings.bucket).await? {
            Some(_) => None,
            None => Some(self.new_bucket(ctx, &settings.bucket)?),
        };
        Ok(CrlChange {
            stored: serde_json::to_string(&settings).map_err(Error::internal)?,
            settings,
            bucket,
        })
    }

    /// What [`Desk::crl_change`] refuses, for a CA that is going to have a certificate with these
    /// usages of its key: before that is made.
    pub(crate) async fn check_crl_change(
        &self,
        ctx: &Context,
        usages: &[KeyUsage],
        settings: &CrlSettings,
    ) -> Result<()> {
        check_list_usages(usages)?;
        if self.store.bucket(&settings.bucket).await?.is_none() {
            self.new_bucket(ctx, &settings.bucket)?;
        }
        Ok(())
    }

    fn new_bucket(&self, ctx: &Context, name: &str) -> Result<(BucketRow, AuditEntry)> {
        let now = self.now_ms();
        let ctx = ctx.to_do(CREATE_BUCKET)?;
        ctx.require(&Target::NOTHING)?;
        let row = BucketRow {
            name: name.to_owned(),
            domain_id: ctx.domain_id().to_owned(),
            public: true, // what is published there is for everyone
            created_at: now,
        };
        Ok((row, ctx.audit(now, name)))
    }
}

/// The time that a list gives: a minute ago, for who reads it with a clock that is behind, but not before
/// its CA, nor before the list before it (unless a clock that was ahead has dated that one).
fn this_update(now: i64, authority_begins: i64, before: Option<i64>) -> i64 {
    let before = before.filter(|before| *before <= now).unwrap_or(i64::MIN);
    let earliest = before.max(authority_begins);
    (now - BACKDATED_MS).max(earliest).min(now)
}

/// Whether a new list has to be made: something was revoked, a quarter of the time is left, or its
/// time has not come, since it was made by a clock that was ahead.
fn is_due(crl: &CrlRow, now: i64) -> bool {
    let (Some(this), Some(next)) = (crl.this_update, crl.next_update) else {
        return crl.bucket.is_some();
    };
    let late = next - (next - this) / 4 <= now;
    let early = this > now;
    crl.bucket.is_some() && (crl.published_revision < crl.revision || late || early)
}

/// Whether a CA still has its lists made: until it expires, is revoked or ends; one that is
/// switched off or waits for its deletion has issued what can still be revoked. When that is due
/// it has its key until a job has ended it, and tells what it has revoked last.
fn signs_lists(row: &AuthorityRow, now: i64) -> Result<bool> {
    let over = row.not_after.is_none_or(|end| end <= now);
    let ended = row.sealed_key.is_none();
    let state = State::of(row, now)?;
    let alive = matches!(state, State::Actived | State::Disabled | State::Deleted);
    Ok(alive && !over && !ended)
}

/// That the certificate of a CA lets it sign lists.
fn check_signs_lists(row: &AuthorityRow) -> Result<()> {
    check_list_usages(certificate_of(row)?.key_usages())
}

fn check_list_usages(usages: &[KeyUsage]) -> Result<()> {
    match usages.is_empty() || usages.contains(&KeyUsage::CrlSign) {
        true => Ok(()),
        false => Err(Error::refused(
            Refusal::Issuer,
            "the private CA cannot sign revocation lists: its key_usages do not have cRLSign",
        )),
    }
}

fn changed(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(_) => changed_meanwhile(),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_dated_a_minute_back_and_never_before_what_it_follows() {
        const NOW: i64 = 1_767_225_600_000;
        for (begins, before, expected) in [
            (0, None, NOW - 60_000),
            (0, Some(NOW - 61_000), NOW - 60_000),
            (0, Some(NOW - 2_000), NOW - 2_000),
            (0, Some(NOW), NOW),
            (NOW - 5_000, None, NOW - 5_000),
            (NOW - 5_000, Some(NOW - 4_000), NOW - 4_000),
            // What a clock that was ahead has dated, and a CA that begins later.
            (0, Some(NOW + 1), NOW - 60_000),
            (NOW + 1, None, NOW),
        ] {
            assert_eq!(
                this_update(NOW, begins, before),
                expected,
                "{begins} {before:?}"
            );
        }
    }
}
