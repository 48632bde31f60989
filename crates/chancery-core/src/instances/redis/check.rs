//! What may be asked for when Redis and Memcached instances are created ("Creating a DCS
//! Instance" of the API reference).

use std::net::Ipv4Addr;

use zeroize::Zeroizing;

use super::flavors::Flavor;
use super::{BackupPolicy, NewRedis, RedisSpec};
use crate::error::{Error, Result};
use crate::instances::{rules, ssl};
use crate::limits::databases as limits;

/// The capacities of Memcached instances, in GB.
const MEMCACHED_GB: [u32; 6] = [2, 4, 8, 16, 32, 64];
/// What a password may hold besides letters and digits.
const SPECIALS: &str = "`~!@#$^&*()-_=+\\|{}:,<.>/?;'[]%\"";

/// What is to be made.
pub(super) struct Plan {
    /// One name for each instance.
    pub(super) names: Vec<String>,
    /// The address, if a certain one was asked for.
    pub(super) private_ip: Option<Ipv4Addr>,
    pub(super) enable_ssl: bool,
    pub(super) spec: RedisSpec,
}

impl NewRedis {
    /// Checks all fields.
    pub(super) fn check(self) -> Result<Plan> {
        let count = rules::number("instance_num", self.instance_num, &limits::INSTANCES, 1)?;
        let names = names(self.name, count)?;
        let engine = rules::text("engine", self.engine, &limits::DCS_ENGINE)?;
        let engine_version = match engine.as_str() {
            "Redis" => Some(rules::text(
                "engine_version",
                self.engine_version,
                &limits::REDIS_VERSION,
            )?),
            _ => None,
        };
        let spec_code = rules::required("spec_code", self.spec_code)?;
        let flavor = flavor(engine_version.as_deref(), &spec_code)?;
        let capacity_mb = capacity(self.capacity, &flavor)?;
        if self.enable_ssl && !flavor.has_tls(engine_version.as_deref()) {
            return Err(ssl::unsupported());
        }
        let no_password_access = password_free(self.password, self.no_password_access)?;
        let (maintain_begin, maintain_end) = maintenance(self.maintain_begin, self.maintain_end)?;
        rules::pay_per_use("bss_param.charging_mode", self.charging_mode)?;
        let spec = RedisSpec {
            engine,
            engine_version,
            spec_code,
            capacity_mb,
            az_codes: zones(self.az_codes)?,
            vpc_id: rules::reference("vpc_id", self.vpc_id)?,
            subnet_id: rules::reference("subnet_id", self.subnet_id)?,
            security_group_id: rules::optional_reference(
                "security_group_id",
                self.security_group_id,
            )?,
            description: rules::text(
                "description",
                Some(self.description.unwrap_or_default()),
                &limits::DESCRIPTION,
            )?,
            port: rules::number("port", self.port, &limits::REDIS_PORT, 6379)?,
            access_user: rules::optional_reference("access_user", self.access_user)?,
            no_password_access,
            maintain_begin,
            maintain_end,
            enterprise_project_id: self.enterprise_project_id,
            enterprise_project_name: rules::optional_reference(
                "enterprise_project_name",
                self.enterprise_project_name,
            )?,
            backup_policy: self.backup_policy.map(backup_policy).transpose()?,
            tags: rules::tags(self.tags)?,
        };
        Ok(Plan {
            names,
            private_ip: address(self.private_ip, count)?,
            enable_ssl: self.enable_ssl,
            spec,
        })
    }
}

/// One name, or `name-000`, `name-001` and so on for several instances.
fn names(name: Option<String>, count: u16) -> Result<Vec<String>> {
    if count == 1 {
        return Ok(vec![rules::text("name", name, &limits::NAME)?]);
    }
    let name = rules::text("name", name, &limits::BATCH_NAME)?;
    Ok((0..count).map(|n| format!("{name}-{n:03}")).collect())
}

/// The flavor, if the engine has it in this version; `version` is none for Memcached.
fn flavor(version: Option<&str>, spec_code: &str) -> Result<Flavor> {
    let flavor = Flavor::of(spec_code);
    // Memcached's flavors have no edition, all others have one.
    let flavor = flavor.filter(|flavor| flavor.family.edition.is_some() == version.is_some());
    let flavor = flavor.ok_or_else(|| {
        let example = match version {
            Some(_) => "redis.ha.xu1.large.r2.1",
            None => "dcs.memcached.single_node",
        };
        let rule = format!("must be the code of a flavor of this engine, such as {example}");
        Error::invalid("spec_code", rule)
    })?;
    match version {
        Some(version) if !flavor.family.versions.contains(&version) => Err(Error::invalid(
            "engine_version",
            format!(
                "must be one of {} for this spec_code",
                flavor.family.versions.join(", ")
            ),
        )),
        _ => Ok(flavor),
    }
}

/// The capacity in MB: the one of the flavor.
fn capacity(gb: Option<f64>, flavor: &Flavor) -> Result<u32> {
    let allowed: Vec<u32> = match flavor.capacity_mb {
        Some(mb) => vec![mb],
        None => MEMCACHED_GB.map(|gb| gb * 1024).to_vec(),
    };
    let asked = gb.map(|gb| gb * 1024.0);
    let found = allowed
        .iter()
        .find(|mb| asked == Some(f64::from(**mb)))
        .copied();
    found.ok_or_else(|| {
        let gb: Vec<_> = allowed
            .iter()
            .map(|mb| (f64::from(*mb) / 1024.0).to_string())
            .collect();
        let rule = format!("must be {} for this spec_code", gb.join(" or "));
        Error::invalid("capacity", rule)
    })
}

/// Whether clients need no password. Without a password and without a word about it they do not.
fn password_free(password: Option<Zeroizing<String>>, free: Option<bool>) -> Result<bool> {
    let invalid = |rule: &str| Err(Error::invalid("password", rule));
    match password.filter(|password| !password.is_empty()) {
        None if free == Some(false) => invalid("is required when no_password_access is false"),
        None => Ok(true),
        Some(_) if free == Some(true) => {
            invalid("must be left out when no_password_access is true")
        }
        Some(password) if rules::is_password(&password, SPECIALS, 3) => Ok(false),
        Some(_) => invalid(
            "must have 8 to 32 characters of at least three of: lower-case letters, upper-case \
             letters, digits, special characters",
        ),
    }
}

/// The window for maintenance: `HH:mm` or `HH:mm:ss`, both ends or none.
fn maintenance(begin: Option<String>, end: Option<String>) -> Result<(String, String)> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (begin, end) = match (given(begin), given(end)) {
        (None, None) => return Ok(("02:00:00".to_owned(), "06:00:00".to_owned())),
        (begin, end) => (begin.unwrap_or_default(), end.unwrap_or_default()),
    };
    let time = |field: &'static str, text: &str| {
        jiff::civil::Time::strptime("%H:%M:%S", text)
            .or_else(|_| jiff::civil::Time::strptime("%H:%M", text))
            .map(|time| time.strftime("%H:%M:%S").to_string())
            .map_err(|_| {
                Error::invalid(
                    field,
                    "must be a time of the form HH:mm:ss; maintain_begin and maintain_end are \
                     given together",
                )
            })
    };
    Ok((time("maintain_begin", &begin)?, time("maintain_end", &end)?))
}

fn zones(codes: Vec<String>) -> Result<Vec<String>> {
    limits::ZONES.check_count("az_codes", codes.len())?;
    codes
        .into_iter()
        .map(|code| rules::reference("az_codes", Some(code)))
        .collect()
}

fn address(ip: Option<String>, count: u16) -> Result<Option<Ipv4Addr>> {
    let Some(ip) = ip.filter(|ip| !ip.is_empty()) else {
        return Ok(None);
    };
    match ip.parse() {
        Ok(_) if count > 1 => Err(Error::invalid(
            "private_ip",
            "must be left out when instance_num is more than 1",
        )),
        Ok(ip) => Ok(Some(ip)),
        Err(_) => Err(Error::invalid("private_ip", "must be an IPv4 address")),
    }
}

fn backup_policy(policy: BackupPolicy) -> Result<BackupPolicy> {
    let invalid = |rule: &str| Err(Error::invalid("instance_backup_policy", rule));
    if !matches!(policy.backup_type.as_str(), "auto" | "manual") {
        return invalid("must have a backup_type of auto or manual");
    }
    if policy
        .save_days
        .is_some_and(|days| !(1..=7).contains(&days))
    {
        return invalid("must have save_days from 1 to 7");
    }
    match &policy.periodical_backup_plan {
        None if policy.backup_type == "auto" => {
            invalid("must have a periodical_backup_plan for the backup_type auto")
        }
        Some(plan) if plan.period_type != "weekly" => invalid("must have the period_type weekly"),
        Some(plan)
            if plan.backup_at.is_empty()
                || !plan.backup_at.iter().all(|day| (1..=7).contains(day)) =>
        {
            invalid("must have in backup_at days of the week from 1 to 7")
        }
        Some(plan) if !rules::is_window(&plan.begin_at) => {
            invalid("must have a begin_at of the form 00:00-01:00")
        }
        _ => Ok(policy),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Kind;

    fn new() -> NewRedis {
        let text = |text: &str| Some(text.to_owned());
        NewRedis {
            name: text("cache"),
            engine: text("Redis"),
            engine_version: text("6.0"),
            spec_code: text("redis.ha.xu1.large.r2.1"),
            capacity: Some(1.0),
            az_codes: vec!["cn-north-4a".to_owned()],
            vpc_id: text("vpc"),
            subnet_id: text("subnet"),
            enterprise_project_id: "0".to_owned(),
            ..NewRedis::default()
        }
    }

    fn refused(change: impl FnOnce(&mut NewRedis)) -> (&'static str, String) {
        let mut asked = new();
        change(&mut asked);
        let error = asked.check().err().unwrap();
        match error.kind() {
            Kind::Invalid { field } => (field, error.public().to_owned()),
            kind => panic!("{kind:?}"),
        }
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let plan = new().check().unwrap();
        assert_eq!(plan.names, ["cache"]);
        assert_eq!((plan.spec.port, plan.spec.capacity_mb), (6379, 1024));
        assert!(plan.spec.no_password_access && !plan.enable_ssl);
        assert_eq!(plan.spec.enterprise_project_id, "0");
        assert_eq!(plan.spec.maintain_begin, "02:00:00");
        assert_eq!(plan.private_ip, None);
    }

    #[test]
    fn several_instances_have_numbered_names() {
        let plan = NewRedis {
            instance_num: Some(3),
            ..new()
        };
        let names = plan.check().unwrap().names;
        assert_eq!(names, ["cache-000", "cache-001", "cache-002"]);
        let long = |new: &mut NewRedis| new.name = Some("n".repeat(57));
        assert!(
            refused(|new| {
                long(new);
                new.instance_num = Some(2)
            })
            .1
            .contains("56")
        );
        let mut one = new();
        long(&mut one);
        assert!(one.check().is_ok());
    }

    #[test]
    fn every_field_is_refused_by_name() {
        let text = |text: &str| Some(text.to_owned());
        type Change = Box<dyn FnOnce(&mut NewRedis)>;
        let cases: Vec<(&str, Change)> = vec![
            ("name", Box::new(|new| new.name = None)),
            ("instance_num", Box::new(|new| new.instance_num = Some(0))),
            ("instance_num", Box::new(|new| new.instance_num = Some(101))),
            ("engine", Box::new(move |new| new.engine = text("redis"))),
            ("engine_version", Box::new(|new| new.engine_version = None)),
            (
                "engine_version",
                Box::new(move |new| new.engine_version = text("3.0")),
            ),
            ("spec_code", Box::new(|new| new.spec_code = None)),
            (
                "spec_code",
                Box::new(move |new| new.spec_code = text("dcs.memcached.single_node")),
            ),
            ("capacity", Box::new(|new| new.capacity = None)),
            ("capacity", Box::new(|new| new.capacity = Some(2.0))),
            ("capacity", Box::new(|new| new.capacity = Some(f64::NAN))),
            ("az_codes", Box::new(|new| new.az_codes.clear())),
            (
                "az_codes",
                Box::new(|new| new.az_codes = vec![String::new()]),
            ),
            ("vpc_id", Box::new(|new| new.vpc_id = None)),
            ("vpc_id", Box::new(move |new| new.vpc_id = text("a b"))),
            (
                "subnet_id",
                Box::new(|new| new.subnet_id = Some(String::new())),
            ),
            (
                "security_group_id",
                Box::new(move |new| new.security_group_id = text("ä")),
            ),
            (
                "description",
                Box::new(|new| new.description = Some("d".repeat(1025))),
            ),
            ("port", Box::new(|new| new.port = Some(0))),
            ("port", Box::new(|new| new.port = Some(65536))),
            (
                "private_ip",
                Box::new(move |new| new.private_ip = text("10.0.0")),
            ),
            (
                "private_ip",
                Box::new(move |new| {
                    new.private_ip = text("10.0.0.1");
                    new.instance_num = Some(2);
                }),
            ),
            (
                "password",
                Box::new(|new| new.no_password_access = Some(false)),
            ),
            (
                "password",
                Box::new(|new| new.password = Some("short".to_owned().into())),
            ),
            (
                "password",
                Box::new(|new| {
                    new.password = Some("Chancery-2026".to_owned().into());
                    new.no_password_access = Some(true);
                }),
            ),
            (
                "maintain_end",
                Box::new(move |new| new.maintain_begin = text("02:00:00")),
            ),
            (
                "maintain_begin",
                Box::new(move |new| new.maintain_begin = text("25:00")),
            ),
            (
                "bss_param.charging_mode",
                Box::new(move |new| new.charging_mode = text("prePaid")),
            ),
            (
                "instance_backup_policy",
                Box::new(|new| {
                    new.backup_policy = Some(BackupPolicy {
                        backup_type: "auto".to_owned(),
                        save_days: Some(3),
                        periodical_backup_plan: None,
                    });
                }),
            ),
        ];
        for (field, change) in cases {
            let (found, said) = refused(change);
            assert_eq!(found, field, "{said}");
            assert!(said.starts_with(field), "{said}");
        }
    }

    #[test]
    fn a_flavor_goes_with_its_versions() {
        let (field, said) = refused(|new| {
            new.spec_code = Some("redis.ha.xu1.large.enthp.8".to_owned());
            new.engine_version = Some("5.0".to_owned());
        });
        assert_eq!(field, "engine_version");
        assert!(
            said.contains("must be one of 6.0 for this spec_code"),
            "{said}"
        );
    }

    #[test]
    fn memcached_has_no_version() {
        let plan = NewRedis {
            engine: Some("Memcached".to_owned()),
            spec_code: Some("dcs.memcached.single_node".to_owned()),
            capacity: Some(2.0),
            ..new()
        };
        let spec = plan.check().unwrap().spec;
        assert_eq!((spec.engine_version, spec.capacity_mb), (None, 2048));
    }

    #[test]
    fn times_of_maintenance() {
        let window = |begin: &str, end: &str| {
            maintenance(Some(begin.to_owned()), Some(end.to_owned())).unwrap()
        };
        assert_eq!(window("06:00", "10:00:00").0, "06:00:00");
    }
}
