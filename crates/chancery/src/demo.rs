//! The sample resources of `chancery demo`.
//!
//! They are made once, by the same functions that serve the API; a later start on the same folder
//! finds them again.

mod maker;
mod told;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use chancery_core::Desk;
use chancery_core::bootstrap::Administrator;
use chancery_store::Store;

use crate::identity::InDatabase;
use maker::Maker;
pub(crate) use told::{Told, print_again};

/// The setting that remembers what was made.
const SETTING: &str = "demo.samples";

/// A sample resource.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Its name in `client.env`.
    pub(crate) variable: String,
    /// Its id.
    pub(crate) id: String,
}

/// That a demo may put its samples there: where there is no desk yet, or one that a demo made.
///
/// # Errors
/// The sentence that says what to do.
pub(crate) async fn check(store: &Store, found: &InDatabase) -> Result<()> {
    if *found != InDatabase::Nothing && store.setting(SETTING).await?.is_none() {
        bail!(
            "there is a desk that no demo made: chancery demo would put sample CAs into it. Use \
             another --data (or CHANCERY_SERVER_DATA), or chancery serve. Nothing was changed"
        );
    }
    Ok(())
}

/// Marks a desk as one of a demo, before anything is made in it.
///
/// # Errors
/// When storage fails.
pub(crate) async fn mark(desk: &Desk) -> Result<()> {
    if desk.setting(SETTING).await?.is_none() {
        desk.put_setting(SETTING, b"{}").await?;
    }
    Ok(())
}

/// The samples that were made: none in a desk that is no demo's.
///
/// # Errors
/// When storage fails.
pub(crate) async fn known(desk: &Desk) -> Result<Vec<Sample>> {
    Ok(listed(stored(desk).await?))
}

async fn stored(desk: &Desk) -> Result<BTreeMap<String, String>> {
    match desk.setting(SETTING).await? {
        Some(stored) => serde_json::from_slice(&stored).context("the stored sample ids"),
        None => Ok(BTreeMap::new()),
    }
}

fn listed(made: BTreeMap<String, String>) -> Vec<Sample> {
    let sample = |(variable, id)| Sample { variable, id };
    made.into_iter().map(sample).collect()
}

/// Makes the samples, or finds those that were made before.
pub(crate) async fn prepare(desk: &Desk, administrator: &Administrator) -> Result<Vec<Sample>> {
    let mut made = stored(desk).await?;
    // A folder may be older than some of the samples.
    let maker = Maker::new(desk, administrator).await?;
    let before = made.len();
    if !made.contains_key(&variable("ROOT_CA")) {
        made.extend(maker.make_international().await?);
    }
    if !made.contains_key(&variable("SM2_ROOT_CA")) {
        made.extend(maker.make_national().await?);
    }
    if made.len() != before {
        desk.put_setting(SETTING, &serde_json::to_vec(&made)?)
            .await?;
    }
    Ok(listed(made))
}

/// The variable of a sample.
fn variable(name: &str) -> String {
    format!("CHANCERY_DEMO_{name}_ID")
}
