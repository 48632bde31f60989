//! Configuration: flags and environment (both read by clap), then `chancery.toml`, then defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chancery_core::{Network, Quotas};
use serde::Deserialize;

use crate::cli::ServeArgs;

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
    listen: Option<SocketAddr>,
    listen_http: Option<SocketAddr>,
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

fn read(named: Option<&Path>, data: &Path) -> Result<File> {
    let path = named.map_or_else(|| data.join("chancery.toml"), Path::to_path_buf);
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
            Ok(File::default())
        }
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn args(data: &Path) -> ServeArgs {
        ServeArgs {
            data: Some(data.to_owned()),
            ..ServeArgs::default()
        }
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = "listen = \"127.0.0.1:1\"\nregions = [\"eu-west-101\"]\n";
        std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
        let mut flags = args(folder.path());
        flags.listen = Some("127.0.0.1:2".parse().unwrap());
        let config = Config::load(flags, "unused").unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.regions, ["eu-west-101"]);
        assert_eq!(config.export_iterations, 100_000);
    }

    #[test]
    fn quotas_are_a_table_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let load = |text: &str| {
            std::fs::write(folder.path().join("chancery.toml"), text).unwrap();
            Config::load(args(folder.path()), "unused")
        };
        assert_eq!(load("").unwrap().quotas, Quotas::default());
        let expected = Quotas {
            users: 500,
            ..Quotas::default()
        };
        assert_eq!(load("[quotas]\nusers = 500\n").unwrap().quotas, expected);
        for bad in ["users = -1", "people = 5"] {
            assert!(load(&format!("[quotas]\n{bad}\n")).is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_are_generous_and_can_be_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let limits = |config: &Config| {
            (
                config.requests_per_address,
                config.requests_per_user,
                config.wrong_tries,
                config.connections_per_address,
                config.trusted_proxies.len(),
            )
        };
        let config = Config::load(args(folder.path()), "unused").unwrap();
        assert_eq!(limits(&config), (500, 500, 5, 128, 0));
        let settings = chancery_core::Settings::new("");
        assert_eq!(
            (settings.requests_per_address, settings.requests_per_user),
            (500, 500)
        );
        assert_eq!(settings.wrong_tries, 5);

        let file = "requests_per_address = 0\nrequests_per_user = 7\nwrong_tries = 0\n\
                    connections_per_address = 0\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n";
        std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
        let config = Config::load(args(folder.path()), "unused").unwrap();
        assert_eq!(limits(&config), (0, 7, 0, 0, 2));
        let mut flags = args(folder.path());
        flags.requests_per_user = Some(9);
        flags.trusted_proxies = Some(vec!["192.0.2.1".into()]);
        let config = Config::load(flags, "unused").unwrap();
        assert_eq!(limits(&config), (0, 9, 0, 0, 1));
        let mut flags = args(folder.path());
        flags.trusted_proxies = Some(vec!["10.0.0.1/8".into()]);
        let said = Config::load(flags, "unused").unwrap_err().to_string();
        assert!(said.contains("--trusted-proxies"), "{said}");
    }

    #[test]
    fn national_material_is_off_unless_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(args(folder.path()), "unused").unwrap();
        assert!(!config.dds_national && config.sms_sm2_projects.is_empty());

        let project = "0123456789abcdef0123456789abcdef";
        let file = format!(
            "dds_categories = [\"international\", \"national\"]\n\
             sms_sm2_projects = [\"cn-north-4\", \"{project}\"]\n"
        );
        std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
        let config = Config::load(args(folder.path()), "unused").unwrap();
        assert!(config.dds_national);
        assert_eq!(config.sms_sm2_projects, ["cn-north-4", project]);

        let mut flags = args(folder.path());
        flags.dds_categories = Some(vec!["international".into()]);
        flags.sms_sm2_projects = Some(vec![project.into()]);
        let config = Config::load(flags, "unused").unwrap();
        assert!(!config.dds_national, "the file won over the flag");
        assert_eq!(config.sms_sm2_projects, [project]);
    }

    #[test]
    fn stops_take_less_than_a_container_runtime_waits() {
        let folder = tempfile::tempdir().unwrap();
        let load = |seconds| {
            let mut flags = args(folder.path());
            flags.drain_seconds = seconds;
            Config::load(flags, "unused").map(|config| config.drain.as_secs())
        };
        assert!(load(None).unwrap() < 10);
        std::fs::write(folder.path().join("chancery.toml"), "drain_seconds = 25\n").unwrap();
        assert_eq!(load(None).unwrap(), 25);
        assert_eq!(load(Some(3)).unwrap(), 3);
        for bad in [0, 3_601] {
            let said = load(Some(bad)).unwrap_err().to_string();
            assert!(
                said.contains("--drain-seconds must be from 1 to 3600"),
                "{said}"
            );
        }
    }

    #[test]
    fn categories_are_told_in_any_order() {
        let has = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            has_national(&names).map_err(|error| error.to_string())
        };
        assert_eq!(has(&["international"]), Ok(false));
        assert_eq!(has(&["international", "national"]), Ok(true));
        assert_eq!(has(&["national", "international"]), Ok(true));
        let international = "international";
        for bad in [
            &[][..],
            &[""],
            &["national"],
            &["National", international],
            &[international, international],
            &[international, "national", "national"],
            &[international, "sm2"],
        ] {
            let said = has(bad).unwrap_err();
            assert!(
                said.starts_with("--dds-categories: must be"),
                "{bad:?}: {said}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refuse = |change: &dyn Fn(&mut ServeArgs)| {
            let mut flags = args(folder.path());
            change(&mut flags);
            Config::load(flags, "unused").unwrap_err().to_string()
        };
        assert!(refuse(&|a| a.listen_http = "0.0.0.0:80".parse().ok()).contains("loopback"));
        assert!(refuse(&|a| a.regions = Some(vec!["CN".into()])).contains("region"));
        for bad in [
            "",
            "cn-north-5",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123456789abcdef0123456789abcde",
            "0123456789abcdef0123456789abcdefg",
        ] {
            let said = refuse(&|a| a.sms_sm2_projects = Some(vec![bad.into()]));
            assert!(
                said.contains("--sms-sm2-projects") && said.contains("--regions"),
                "{said}"
            );
        }
        assert!(refuse(&|a| a.dds_categories = Some(vec!["national".into()])).contains("dds"));
        for url in ["desk", "https://", "https://desk/path", "https://bad host"] {
            assert!(
                refuse(&|a| a.public_url = Some(url.into())).contains("https://HOST"),
                "{url}"
            );
        }
        for url in [
            "pki",
            "http://",
            "https://pki.example",
            "http://pki.example?a=b",
            "http:///path",
        ] {
            assert!(
                refuse(&|a| a.pki_url = Some(url.into())).contains("http://HOST"),
                "{url}"
            );
        }
        assert!(refuse(&|a| a.tls_cert = Some("c".into())).contains("tls_key"));
        assert!(refuse(&|a| a.export_iterations = Some(1)).contains("iterations"));
        std::fs::write(folder.path().join("chancery.toml"), "lisen = 1").unwrap();
        assert!(refuse(&|_| ()).contains("chancery.toml"));
    }

    #[test]
    fn addresses_for_relying_parties_are_off_unless_given() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(args(folder.path()), "unused").unwrap();
        assert_eq!((config.listen_pki, config.pki_url), (None, None));
        let file = "listen_pki = \"127.0.0.1:1\"\npki_url = \"http://pki.example/desk/\"\n";
        std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
        let mut flags = args(folder.path());
        flags.listen_pki = "127.0.0.1:2".parse().ok();
        let config = Config::load(flags, "unused").unwrap();
        assert_eq!(config.listen_pki.unwrap().port(), 2);
        assert_eq!(config.pki_url.as_deref(), Some("http://pki.example/desk"));
    }

    #[test]
    fn urls_leave_the_default_port_out() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(args(folder.path()), "unused").unwrap();
        for (bound, url) in [
            ("127.0.0.1:8443", "https://127.0.0.1:8443"),
            ("10.1.2.3:443", "https://10.1.2.3"),
            ("0.0.0.0:443", "https://localhost"),
            ("[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(config.public_url(bound.parse().unwrap()), url);
        }
    }
}
