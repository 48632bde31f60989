//! The flavors of DCS instances: which `spec_code`s there are, and which of them have TLS.
//!
//! Sources, all of them the vendor's public documentation:
//! - the codes: "DCS Instance Specifications" of the product description, pages Redis 4.0/5.0
//!   (`dcs-pd-0522002`), Redis 6.0 (basic edition), Redis 6.0 Enterprise Edition
//!   (`dcs-pd-210209001`, codes with `enthp` and `entst`) and Memcached;
//! - TLS: the calls of `/ssl` and `/ssl-certs/download` say "only supported by DCS Redis 6.0
//!   basic edition instances", and the page of the switch (`UpdateSSLSwitch`) narrows that to
//!   single-node, master/standby and Redis Cluster ones.

/// A family of flavors: one pattern of `spec_code`.
pub(super) struct Family {
    /// The code, in segments: `{cpu}` is an architecture, `r{n}` a letter and a number, `{gb}`
    /// and `{mb}` the capacity.
    pattern: &'static str,
    /// `single`, `ha`, `ha_rw_split`, `proxy` or `cluster`.
    pub(super) cache_mode: &'static str,
    /// The edition; none for Memcached.
    pub(super) edition: Option<Edition>,
    /// Whether its instances have TLS, if they have the version for it.
    tls: bool,
    /// The versions of Redis it is offered in; none for Memcached.
    pub(super) versions: &'static [&'static str],
}

/// The editions of DCS for Redis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Edition {
    /// Open-source Redis; everything in memory.
    Basic,
    /// The vendor's own engine, in memory (performance).
    EnterprisePerformance,
    /// The vendor's own engine, on disks (storage).
    EnterpriseStorage,
}

/// The versions of Redis.
const VERSIONS: &[&str] = &["4.0", "5.0", "6.0", "7.0"];
const UP_TO_6: &[&str] = &["4.0", "5.0", "6.0"];
const ONLY_6: &[&str] = &["6.0"];
/// The only version with TLS.
const TLS_VERSION: &str = "6.0";

const GB: &[u32] = &[
    1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024,
];
const MB: &[u32] = &[128, 256, 512];

const fn family(
    pattern: &'static str,
    cache_mode: &'static str,
    edition: Option<Edition>,
    tls: bool,
    versions: &'static [&'static str],
) -> Family {
    Family {
        pattern,
        cache_mode,
        edition,
        tls,
        versions,
    }
}

use Edition::{Basic, EnterprisePerformance, EnterpriseStorage};

#[rustfmt::skip]
const FAMILIES: &[Family] = &[
    family("redis.single.{cpu}.free.{mb}",              "single",      Some(Basic), true,  VERSIONS),
    family("redis.single.{cpu}.tiny.{mb}",              "single",      Some(Basic), true,  VERSIONS),
    family("redis.single.{cpu}.large.{gb}",             "single",      Some(Basic), true,  VERSIONS),
    family("redis.ha.{cpu}.tiny.r{n}.{mb}",             "ha",          Some(Basic), true,  VERSIONS),
    family("redis.ha.{cpu}.large.r{n}.{gb}",            "ha",          Some(Basic), true,  VERSIONS),
    family("redis.cluster.{cpu}.large.r{n}.{gb}",       "cluster",     Some(Basic), true,  VERSIONS),
    family("redis.cluster.{cpu}.large.r{n}.s{s}.{gb}",  "cluster",     Some(Basic), true,  VERSIONS),
    family("redis.ha.{cpu}.large.p{n}.{gb}",            "ha_rw_split", Some(Basic), false, UP_TO_6),
    family("redis.proxy.{cpu}.large.{gb}",              "proxy",       Some(Basic), false, UP_TO_6),
    family("redis.proxy.{cpu}.large.s{s}.{gb}",         "proxy",       Some(Basic), false, UP_TO_6),
    family("redis.ha.xu1.large.enthp.{gb}", "ha", Some(EnterprisePerformance),      false, ONLY_6),
    family("redis.ha.xu1.large.entst.{gb}", "ha", Some(EnterpriseStorage),          false, ONLY_6),
    family("dcs.memcached.single_node",                 "single",      None,        false, &[]),
    family("dcs.memcached.master_standby",              "ha",          None,        false, &[]),
];

/// One flavor: a `spec_code` taken apart.
pub(super) struct Flavor {
    pub(super) family: &'static Family,
    /// In MB; Memcached's codes name none.
    pub(super) capacity_mb: Option<u32>,
    /// `x86_64` or `aarch64`.
    pub(super) cpu_type: &'static str,
    /// How many copies of the data there are, where the code says so.
    pub(super) replicas: Option<u32>,
}

impl Flavor {
    /// The flavor with this code.
    pub(super) fn of(spec_code: &str) -> Option<Self> {
        FAMILIES
            .iter()
            .find_map(|family| Self::of_family(family, spec_code))
    }

    /// Whether an instance of this flavor and version has TLS.
    pub(super) fn has_tls(&self, version: Option<&str>) -> bool {
        self.family.tls && version == Some(TLS_VERSION)
    }

    fn of_family(family: &'static Family, spec_code: &str) -> Option<Self> {
        let mut flavor = Self {
            family,
            capacity_mb: None,
            cpu_type: "x86_64",
            replicas: None,
        };
        let mut given = spec_code.split('.');
        for wanted in family.pattern.split('.') {
            let text = given.next()?;
            match wanted {
                "{cpu}" if text == "xu1" => {}
                "{cpu}" if text == "au1" => flavor.cpu_type = "aarch64",
                "{gb}" => flavor.capacity_mb = Some(listed(text, GB)? * 1024),
                "{mb}" => flavor.capacity_mb = Some(listed(text, MB)?),
                "r{n}" => flavor.replicas = Some(digit(text, 'r')?),
                "p{n}" => flavor.replicas = Some(digit(text, 'p')?),
                "s{s}" => drop(listed(text.strip_prefix('s')?, GB)?),
                literal if literal == text => {}
                _ => return None,
            }
        }
        given.next().is_none().then_some(flavor)
    }
}

fn listed(text: &str, list: &[u32]) -> Option<u32> {
    let found = list.iter().find(|number| number.to_string() == text);
    found.copied()
}

/// A letter and a number from 1 to 9.
fn digit(text: &str, letter: char) -> Option<u32> {
    let mut rest = text.strip_prefix(letter)?.chars();
    let number = rest.next()?.to_digit(10).filter(|number| *number > 0)?;
    rest.next().is_none().then_some(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn codes_are_taken_apart() {
        for (code, mode, mb, replicas) in [
            ("redis.single.xu1.tiny.128", "single", Some(128), None),
            ("redis.single.xu1.large.2", "single", Some(2048), None),
            ("redis.ha.xu1.large.r2.1", "ha", Some(1024), Some(2)),
            ("redis.ha.au1.tiny.r2.512", "ha", Some(512), Some(2)),
            (
                "redis.ha.xu1.large.p2.8",
                "ha_rw_split",
                Some(8192),
                Some(2),
            ),
            ("redis.proxy.xu1.large.4", "proxy", Some(4096), None),
            ("redis.proxy.xu1.large.s1.4", "proxy", Some(4096), None),
            (
                "redis.cluster.xu1.large.r3.24",
                "cluster",
                Some(24576),
                Some(3),
            ),
            (
                "redis.cluster.xu1.large.r3.s4.16",
                "cluster",
                Some(16384),
                Some(3),
            ),
            ("redis.ha.xu1.large.enthp.8", "ha", Some(8192), None),
            ("dcs.memcached.single_node", "single", None, None),
        ] {
            let flavor = Flavor::of(code).unwrap();
            assert_eq!(flavor.family.cache_mode, mode, "{code}");
            assert_eq!(flavor.capacity_mb, mb, "{code}");
            assert_eq!(flavor.replicas, replicas, "{code}");
        }
        assert_eq!(
            Flavor::of("redis.ha.au1.large.r2.1").unwrap().cpu_type,
            "aarch64"
        );
    }

    #[test]
    fn other_codes_are_none() {
        for code in [
            "",
            "redis",
            "no-such-flavor",
            "redis.ha.xu1.large.r2.3",
            "redis.ha.xu1.large.r2.01",
            "redis.ha.xu1.large.r0.1",
            "redis.ha.xu1.large.r2.1.1",
            "redis.ha.xu1.large.r2",
            "redis.ha.zz1.large.r2.1",
            "redis.single.xu1.large.128.",
            "redis.single.xu1.tiny.1",
            "redis.ha.au1.large.enthp.8",
            "REDIS.ha.xu1.large.r2.1",
        ] {
            assert!(Flavor::of(code).is_none(), "{code}");
        }
    }

    #[test]
    fn only_redis_6_basic_has_tls() {
        for (code, version, tls) in [
            ("redis.single.xu1.tiny.128", "6.0", true),
            ("redis.ha.xu1.large.r2.1", "6.0", true),
            ("redis.cluster.xu1.large.r2.4", "6.0", true),
            ("redis.ha.xu1.large.r2.1", "5.0", false),
            ("redis.ha.xu1.large.r2.1", "7.0", false),
            ("redis.ha.xu1.large.p2.8", "6.0", false),
            ("redis.proxy.xu1.large.4", "6.0", false),
            ("redis.ha.xu1.large.enthp.8", "6.0", false),
            ("redis.ha.xu1.large.entst.8", "6.0", false),
        ] {
            let flavor = Flavor::of(code).unwrap();
            assert_eq!(flavor.has_tls(Some(version)), tls, "{code} {version}");
        }
        let memcached = Flavor::of("dcs.memcached.single_node").unwrap();
        assert!(!memcached.has_tls(None));
    }
}
