//! The sample resources of `chancery demo`.
//!
//! They are made once, by the same functions that serve the API; a later start on the same folder
//! finds them again.

mod maker;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use chancery_core::Desk;
use chancery_core::bootstrap::Administrator;
use chancery_store::Store;

use crate::identity::InDatabase;
use maker::Maker;

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

/// Every sample: its variable, what it is, and the call that fetches it: method, path, body.
const CALLS: [(&str, &str, &str); 14] = [
    (
        "CHANCERY_DEMO_ROOT_CA_ID",
        "root CA",
        "POST /v1/private-certificate-authorities/$ID/export",
    ),
    (
        "CHANCERY_DEMO_CA_ID",
        "subordinate CA",
        "POST /v1/private-certificate-authorities/$ID/export",
    ),
    (
        "CHANCERY_DEMO_CERTIFICATE_ID",
        "RSA2048 certificate for nginx",
        r#"POST /v1/private-certificates/$ID/export {"type":"nginx","is_compressed":"true"}"#,
    ),
    (
        "CHANCERY_DEMO_RSA4096_CERTIFICATE_ID",
        "RSA4096 certificate for Tomcat",
        r#"POST /v1/private-certificates/$ID/export {"type":"tomcat","is_compressed":"true"}"#,
    ),
    (
        "CHANCERY_DEMO_EC256_CERTIFICATE_ID",
        "EC256 certificate",
        r#"POST /v1/private-certificates/$ID/export {"type":"other","is_compressed":"false"}"#,
    ),
    (
        "CHANCERY_DEMO_EC384_CERTIFICATE_ID",
        "EC384 certificate",
        r#"POST /v1/private-certificates/$ID/export {"type":"other","is_compressed":"false"}"#,
    ),
    (
        "CHANCERY_DEMO_CSR_CERTIFICATE_ID",
        "certificate from a CSR",
        r#"POST /v1/private-certificates/$ID/export {"type":"other","is_compressed":"false"}"#,
    ),
    (
        "CHANCERY_DEMO_SM2_ROOT_CA_ID",
        "SM2 root CA",
        "POST /v1/private-certificate-authorities/$ID/export",
    ),
    (
        "CHANCERY_DEMO_SM2_CA_ID",
        "SM2 subordinate CA",
        "POST /v1/private-certificate-authorities/$ID/export",
    ),
    (
        "CHANCERY_DEMO_SM2_CERTIFICATE_ID",
        "SM2 pair with its envelopes",
        r#"POST /v1/private-certificates/$ID/export {"type":"other","is_compressed":"true","is_sm_standard":"true"}"#,
    ),
    (
        "CHANCERY_DEMO_SCM_CERTIFICATE_ID",
        "imported certificate",
        "POST /v3/scm/certificates/$ID/export",
    ),
    (
        "CHANCERY_DEMO_DCS_INSTANCE_ID",
        "Redis instance",
        "POST /v2/$HUAWEICLOUD_SDK_PROJECT_ID/instances/$ID/ssl-certs/download",
    ),
    (
        "CHANCERY_DEMO_DDS_INSTANCE_ID",
        "MongoDB instance",
        "GET /v3/$HUAWEICLOUD_SDK_PROJECT_ID/instances/$ID/ssl-cert/download-link",
    ),
    (
        "CHANCERY_DEMO_SMS_TASK_ID",
        "migration task",
        "GET /v3/tasks/$ID/certkey?enable_ca_cert=true",
    ),
];

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

/// What there is and how to fetch it.
pub(crate) fn text(env: &Path, samples: &[Sample]) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "\nIn another shell:\n\n  set -a; . {}; set +a",
        env.display()
    );
    let _ = writeln!(
        out,
        "  TOKEN=$(curl -sS -o /dev/null -D - \"$CHANCERY_ENDPOINT/v3/auth/tokens\" -d \
         '{{\"auth\":{{\"identity\":{{\"methods\":[\"password\"],\"password\":{{\"user\":{{\
         \"name\":\"'$CHANCERY_USER'\",\"password\":\"'$CHANCERY_PASSWORD'\",\"domain\":{{\
         \"name\":\"'$CHANCERY_DOMAIN'\"}}}}}}}}}}}}' \
         | tr -d '\\r' | sed -n 's/^x-subject-token: //p')\n"
    );
    for (variable, what, call) in CALLS {
        let Some(sample) = samples.iter().find(|sample| sample.variable == variable) else {
            continue;
        };
        let mut parts = call.splitn(3, ' ');
        let method = parts.next().unwrap_or_default();
        let path = parts
            .next()
            .unwrap_or_default()
            .replace("$ID", &format!("${variable}"));
        let body = parts
            .next()
            .map(|body| format!(" -d '{body}'"))
            .unwrap_or_default();
        // An archive goes into a file with the name that the server gives it.
        let save = if body.contains("\"true\"") {
            " -OJ"
        } else {
            ""
        };
        let _ = writeln!(out, "  {what:<31} {}", sample.id);
        let _ = writeln!(
            out,
            "    curl -sS --fail-with-body{save} -H \"X-Auth-Token: $TOKEN\" -X {method} \
             \"$CHANCERY_ENDPOINT{path}\"{body}"
        );
    }
    out.push('\n');
    out
}
