//! Configuration: flags and environment (both read by clap), then `chancery.toml`, then defaults.

#[cfg(test)]
mod tests;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use chancery_core::{Network, Quotas};
use serde::{Deserialize, Deserializer};

use crate::cli::ServeArgs;
use crate::data::refused;

/// Where the server listens when nothing says otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:8443";

/// What the server runs with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) listen_http: Option<SocketAddr>,
    pub(crate) listen_pki: Option<SocketAddr>,
    pub(crate) pki_url: Option<String>,
    pub(crate) public_url: Option<String>,
    /// Certificate chain and key of the operator.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) database: Option<String>,
    /// Whether a database that lacks its last commits is taken; said anew at each start.
    pub(crate) accept_incomplete: bool,
    pub(crate) regions: Vec<String>,
    /// Whether MongoDB instances have national certificates beside the international.
    pub(crate) dds_national: bool,
    /// Ids of projects, and regions, whose migration tasks get SM2 certificates.
    pub(crate) sms_sm2_projects: Vec<String>,
    pub(crate) export_iterations: u32,
    /// How many users, groups and the like an account may have.
    pub(crate) quotas: Quotas,
    /// Requests a second; 0 is no limit.
    pub(crate) requests_per_address: u32,
    pub(crate) requests_per_user: u32,
    /// Wrong tries in a row; 0 is no limit.
    pub(crate) wrong_tries: u32,
    /// 0 is no limit.
    pub(crate) connections_per_address: usize,
    /// How long calls that are under way may take when the server stops.
    pub(crate) drain: Duration,
    pub(crate) trusted_proxies: Vec<Network>,
}

/// `chancery.toml`: the flags' names, with underscores, and the table of quotas.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, deserialize_with = "listened")]
    listen: Option<SocketAddr>,
    #[serde(default, deserialize_with = "listened")]
    listen_http: Option<SocketAddr>,
    #[serde(default, deserialize_with = "listened")]
    listen_pki: Option<SocketAddr>,
    pki_url: Option<String>,
    public_url: Option<String>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    database: Option<String>,
    regions: Option<Vec<String>>,
    dds_categories: Option<Vec<String>>,
    sms_sm2_projects: Option<Vec<String>>,
    export_iterations: Option<u32>,
    quotas: Option<Quotas>,
    requests_per_address: Option<u32>,
    requests_per_user: Option<u32>,
    wrong_tries: Option<u32>,
    connections_per_address: Option<usize>,
    drain_seconds: Option<u32>,
    trusted_proxies: Option<Vec<String>>,
}

impl Config {
    /// Puts the configuration together; `default_data` is the folder when none is named.
    pub(crate) fn load(args: ServeArgs, default_data: &str) -> Result<Self> {
        let data = args.data.unwrap_or_else(|| default_data.into());
        let file = read(args.config.as_deref(), &data)?;
        let config = Self {
            listen: match args.listen.or(file.listen) {
                Some(listen) => listen,
                None => DEFAULT_LISTEN.parse()?,
            },
            listen_http: args.listen_http.or(file.listen_http),
            listen_pki: args.listen_pki.or(file.listen_pki),
            pki_url: args
                .pki_url
                .or(file.pki_url)
                .map(|url| url.trim_end_matches('/').to_owned()),
            public_url: args.public_url.or(file.public_url),
            tls: both(args.tls_cert, args.tls_key)?.or(both(file.tls_cert, file.tls_key)?),
            database: args.database.or(file.database),
            accept_incomplete: args.accept_incomplete,
            regions: args
                .regions
                .or(file.regions)
                .unwrap_or_else(|| vec!["cn-north-4".into()]),
            dds_national: match args.dds_categories.or(file.dds_categories) {
                Some(categories) => has_national(&categories)?,
                None => false,
            },
            sms_sm2_projects: args
                .sms_sm2_projects
                .or(file.sms_sm2_projects)
                .unwrap_or_default(),
            export_iterations: args
                .export_iterations
                .or(file.export_iterations)
                .unwrap_or(100_000),
            quotas: file.quotas.unwrap_or_default(),
            requests_per_address: args
                .requests_per_address
                .or(file.requests_per_address)
                .unwrap_or(500),
            requests_per_user: args
                .requests_per_user
                .or(file.requests_per_user)
                .unwrap_or(500),
            wrong_tries: args.wrong_tries.or(file.wrong_tries).unwrap_or(5),
            connections_per_address: args
                .connections_per_address
                .or(file.connections_per_address)
                .unwrap_or(128),
            drain: drain(args.drain_seconds.or(file.drain_seconds))?,
            trusted_proxies: networks(
                &args
                    .trusted_proxies
                    .or(file.trusted_proxies)
                    .unwrap_or_default(),
            )?,
            data,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        if let Some(address) = self
            .listen_http
            .filter(|address| !address.ip().is_loopback())
        {
            bail!("--listen-http {address}: plain HTTP is served on a loopback address only");
        }
        let is_region = |region: &String| {
            !region.is_empty()
                && region
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if self.regions.is_empty() || !self.regions.iter().all(is_region) {
            bail!("--regions: a region is lower-case letters, digits and -, such as cn-north-4");
        }
        let is_project = |name: &String| is_project_id(name) || self.regions.contains(name);
        if let Some(name) = self.sms_sm2_projects.iter().find(|name| !is_project(name)) {
            bail!(
                "--sms-sm2-projects: {name:?} is neither the id of a project (32 hex digits, \
                 lower case) nor one of --regions"
            );
        }
        if let Some(url) = &self.public_url {
            let rest = url
                .strip_prefix("https://")
                .or_else(|| url.strip_prefix("http://"));
            let host = rest
                .map(|rest| rest.trim_end_matches('/'))
                .unwrap_or_default();
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
            if host.is_empty() || !host.chars().all(allowed) {
                bail!("--public-url {url}: must be https://HOST or https://HOST:PORT");
            }
        }
        if let Some(url) = &self.pki_url {
            // http for a reason: who checks a certificate cannot check another one for that.
            let rest = url.strip_prefix("http://").unwrap_or_default();
            let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:[]/".contains(c);
            if host.is_empty() || !rest.chars().all(allowed) || url.len() > 180 {
                bail!(
                    "--pki-url {url}: must be http://HOST, http://HOST:PORT or either with a path, \
                     of at most 180 characters"
                );
            }
        }
        if !(1_000..=10_000_000).contains(&self.export_iterations) {
            bail!("--export-iterations must be from 1000 to 10000000");
        }
        Ok(())
    }

    /// The base URL of the desk when the HTTPS listener got `bound`; the default port is left out.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let host = match bound.ip() {
            ip if ip.is_unspecified() => "localhost".to_owned(),
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
            std::net::IpAddr::V4(ip) => ip.to_string(),
        };
        match bound.port() {
            443 => format!("https://{host}"),
            port => format!("https://{host}:{port}"),
        }
    }
}

/// Whether the categories of DDS hold the national one. The international one is always there:
/// it is what MongoDB itself serves.
fn has_national(categories: &[String]) -> Result<bool> {
    let mut names: Vec<_> = categories.iter().map(String::as_str).collect();
    names.sort_unstable();
    match names.as_slice() {
        ["international"] => Ok(false),
        ["international", "national"] => Ok(true),
        _ => bail!("--dds-categories: must be international, or international and national"),
    }
}

/// How long a stop takes at the most: less than a container runtime waits before it kills (Docker 10
/// seconds, Kubernetes 30), so that what was left is said.
fn drain(seconds: Option<u32>) -> Result<Duration> {
    match seconds.unwrap_or(8) {
        seconds @ 1..=3_600 => Ok(Duration::from_secs(seconds.into())),
        _ => bail!("--drain-seconds must be from 1 to 3600"),
    }
}

fn networks(texts: &[String]) -> Result<Vec<Network>> {
    let network = |text: &String| {
        let parsed = text.parse().map_err(anyhow::Error::msg);
        parsed.context("--trusted-proxies")
    };
    texts.iter().map(network).collect()
}

fn is_project_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A certificate and its key; one without the other is a mistake.
fn both(certificate: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<(PathBuf, PathBuf)>> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        _ => bail!("tls_cert and tls_key belong together: one of them is missing"),
    }
}

/// Where to listen. A name of a host may stand for several addresses, and is none.
///
/// # Errors
/// What is wanted, and of what is often written instead what it would be.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let likely = match text.rsplit_once(':') {
            Some(("localhost", port)) => format!("127.0.0.1:{port}"),
            Some(("" | "*", port)) => format!("0.0.0.0:{port}"),
            None if text.parse::<u16>().is_ok() => format!("127.0.0.1:{text}"),
            _ => String::new(),
        };
        // Only what would be taken is proposed.
        let likely = match likely.parse::<SocketAddr>() {
            Ok(_) => format!("; you may mean {likely}"),
            Err(_) => String::new(),
        };
        format!(
            "must be an IP address and a port, such as 127.0.0.1:8443, 0.0.0.0:8443 or [::1]:8443; port 0 \
             picks a free one{likely}"
        )
    })
}

fn listened<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(value)?;
    address(&text).map(Some).map_err(serde::de::Error::custom)
}

fn read(named: Option<&Path>, data: &Path) -> Result<File> {
    let path = named.map_or_else(|| data.join("chancery.toml"), Path::to_path_buf);
    let shown = match named {
        Some(_) => format!("--config {}", path.display()),
        None => path.display().to_string(),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            // Its own text shows the line, which may hold the password of the database.
            let line = error.span().and_then(|span| text.get(..span.start));
            let line = line.map_or(1, |before| 1 + before.matches('\n').count());
            anyhow!("{shown}: line {line}: {}", error.message())
        }),
        // What is wrong with the folder is said when it is opened.
        Err(error)
            if named.is_none()
                && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
        {
            Ok(File::default())
        }
        Err(error) => Err(refused(shown, &error)),
    }
}
