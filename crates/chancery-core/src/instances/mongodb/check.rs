//! What may be asked for when a MongoDB instance is created ("Creating a DB Instance" of the API
//! reference).

use std::collections::BTreeSet;

use super::layout::{KINDS, NodeKind};
use super::{Backup, Configuration, Datastore, Flavor, MongodbSpec, NewMongodb};
use crate::error::{Error, Result};
use crate::instances::rules;
use crate::limits::databases as limits;

const DISKS: &[&str] = &["ULTRAHIGH", "EXTREMEHIGH"];
/// What a password may hold besides letters and digits.
const SPECIALS: &str = "~!@#%^*-_=+?$()";
const DEFAULT_PORT: u16 = 8635;

impl NewMongodb {
    /// Checks all fields, for a project of `region`: the name, and what the instance is.
    pub(super) fn check(self, region: &str) -> Result<(String, MongodbSpec)> {
        let name = rules::text("name", self.name, &limits::NAME)?;
        let datastore = Datastore {
            kind: rules::text("datastore.type", self.datastore_type, &limits::DDS_ENGINE)?,
            version: rules::text(
                "datastore.version",
                self.datastore_version,
                &limits::MONGODB_VERSION,
            )?,
            storage_engine: rules::text(
                "datastore.storage_engine",
                self.storage_engine,
                &limits::STORAGE_ENGINE,
            )?,
        };
        let mode = rules::text("mode", self.mode, &limits::MODE)?;
        if self
            .password
            .is_some_and(|text| !text.is_empty() && !rules::is_password(&text, SPECIALS, 4))
        {
            return Err(Error::invalid(
                "password",
                format!(
                    "must have 8 to 32 characters, among them lower-case and upper-case letters, \
                     digits and one of {SPECIALS}"
                ),
            ));
        }
        rules::pay_per_use("charge_info.charge_mode", self.charge_mode)?;
        let spec = MongodbSpec {
            datastore,
            region: region_of(self.region, region)?,
            availability_zone: zones(self.availability_zone)?,
            vpc_id: rules::reference("vpc_id", self.vpc_id)?,
            subnet_id: rules::reference("subnet_id", self.subnet_id)?,
            security_group_id: rules::reference("security_group_id", self.security_group_id)?,
            port: port(self.port)?,
            disk_encryption_id: rules::optional_reference(
                "disk_encryption_id",
                self.disk_encryption_id,
            )?,
            configurations: configurations(self.configurations)?,
            flavors: flavors(&mode, self.flavors)?,
            mode,
            backup: backup(self.backup)?,
            enterprise_project_id: self.enterprise_project_id,
            dss_pool_id: rules::optional_reference("dss_pool_id", self.dss_pool_id)?,
            server_group_policies: policies(self.server_group_policies)?,
            tags: rules::tags(self.tags)?,
        };
        Ok((name, spec))
    }
}

/// The region of the project, as the call names it too.
fn region_of(named: Option<String>, region: &str) -> Result<String> {
    named
        .filter(|named| named == region)
        .ok_or_else(|| Error::invalid("region", format!("must be {region}")))
}

/// One zone, or three with commas between them.
fn zones(text: Option<String>) -> Result<String> {
    let text = rules::required("availability_zone", text)?;
    for zone in text.split(',') {
        rules::reference("availability_zone", Some(zone.to_owned()))?;
    }
    Ok(text)
}

fn port(port: Option<i64>) -> Result<u16> {
    let port = port.unwrap_or(i64::from(DEFAULT_PORT));
    let fits = matches!(port, 2100..=9500 | 27017..=27019);
    u16::try_from(port)
        .ok()
        .filter(|_| fits)
        .ok_or_else(|| Error::invalid("port", "must be 2100 to 9500 or 27017 to 27019"))
}

fn configurations(list: Vec<Configuration>) -> Result<Vec<Configuration>> {
    if list.len() > KINDS.len() {
        let rule = format!("must have at most {} entries", KINDS.len());
        return Err(Error::invalid("configurations", rule));
    }
    for one in &list {
        limits::NODE_TYPE.check("configurations.type", &one.kind)?;
        rules::reference(
            "configurations.configuration_id",
            Some(one.configuration_id.clone()),
        )?;
    }
    Ok(list)
}

/// Every kind of node of the mode, each once.
fn flavors(mode: &str, list: Vec<Flavor>) -> Result<Vec<Flavor>> {
    for flavor in &list {
        limits::NODE_TYPE.check("flavor.type", &flavor.kind)?;
    }
    let kinds: Vec<_> = KINDS.iter().filter(|kind| kind.mode == mode).collect();
    let wanted: BTreeSet<_> = kinds.iter().map(|kind| kind.name).collect();
    let given: BTreeSet<_> = list.iter().map(|flavor| flavor.kind.as_str()).collect();
    if wanted != given || list.len() != kinds.len() {
        let names: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
        let rule = format!("must have one entry of each type: {}", names.join(", "));
        return Err(Error::invalid("flavor", rule));
    }
    list.into_iter()
        .map(|flavor| {
            let kind = kinds.iter().find(|kind| kind.name == flavor.kind);
            match kind {
                Some(kind) => check_flavor(kind, flavor),
                None => Err(Error::internal("a flavor without its kind")),
            }
        })
        .collect()
}

fn check_flavor(kind: &NodeKind, flavor: Flavor) -> Result<Flavor> {
    let invalid = |rule: String| {
        let text = format!("of type {} must have {rule}", kind.name);
        Err(Error::invalid("flavor", text))
    };
    let odd = kind.name != "replica" || flavor.num % 2 == 1;
    if !kind.count.contains(&flavor.num) || !odd {
        return match kind.name {
            "replica" => invalid("a num of 1, 3, 5 or 7".to_owned()),
            _ => invalid(format!(
                "a num from {} to {}",
                kind.count.start(),
                kind.count.end()
            )),
        };
    }
    let code = &flavor.spec_code;
    let well_formed = code.starts_with("dds.mongodb.")
        && code.rsplit('.').next() == Some(kind.suffix)
        && rules::reference("flavor", Some(code.clone())).is_ok();
    if !well_formed {
        return invalid(format!(
            "a spec_code of the form dds.mongodb.<size>.{}",
            kind.suffix
        ));
    }
    if kind.has_disk
        && !flavor
            .size
            .is_some_and(|size| (10..=5000).contains(&size) && size % 10 == 0)
    {
        return invalid("a size from 10 to 5000, in steps of 10".to_owned());
    }
    match &flavor.storage {
        Some(disk) if !DISKS.contains(&disk.as_str()) => {
            invalid(format!("one of {} as storage", DISKS.join(", ")))
        }
        _ => Ok(flavor),
    }
}

fn backup(backup: Option<Backup>) -> Result<Backup> {
    let Some(backup) = backup else {
        return Ok(Backup {
            start_time: "00:00-01:00".to_owned(),
            keep_days: 7,
        });
    };
    limits::KEEP_DAYS.check_number("backup_strategy.keep_days", backup.keep_days)?;
    match rules::is_window(&backup.start_time) {
        true => Ok(backup),
        false => Err(Error::invalid(
            "backup_strategy.start_time",
            "must be of the form 00:00-01:00",
        )),
    }
}

fn policies(list: Vec<String>) -> Result<Vec<String>> {
    match list.len() <= 1 && list.iter().all(|policy| policy == "anti-affinity") {
        true => Ok(list),
        false => Err(Error::invalid(
            "server_group_policies",
            "must be [\"anti-affinity\"] or left out",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Kind;

    fn flavor(kind: &str, num: i64, suffix: &str) -> Flavor {
        Flavor {
            kind: kind.to_owned(),
            num,
            storage: Some("ULTRAHIGH".to_owned()),
            size: (kind != "mongos").then_some(20),
            spec_code: format!("dds.mongodb.s6.large.2.{suffix}"),
        }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn new() -> NewMongodb {
        NewMongodb {
            name: text("mongo"),
            datastore_type: text("DDS-Community"),
            datastore_version: text("4.4"),
            storage_engine: text("wiredTiger"),
            region: text("cn-north-4"),
            availability_zone: text("cn-north-4a,cn-north-4b,cn-north-4c"),
            vpc_id: text("vpc"),
            subnet_id: text("subnet"),
            security_group_id: text("group"),
            port: None,
            password: None,
            disk_encryption_id: None,
            mode: text("ReplicaSet"),
            configurations: Vec::new(),
            flavors: vec![flavor("replica", 1, "repset")],
            backup: None,
            enterprise_project_id: "0".to_owned(),
            ssl: true,
            dss_pool_id: None,
            server_group_policies: Vec::new(),
            tags: Vec::new(),
            charge_mode: None,
        }
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let (name, spec) = new().check("cn-north-4").unwrap();
        assert_eq!((name.as_str(), spec.port), ("mongo", 8635));
        assert_eq!(spec.backup.keep_days, 7);
    }

    #[test]
    fn a_cluster_has_three_kinds_of_nodes() {
        let cluster = |flavors: Vec<Flavor>| {
            let new = NewMongodb {
                mode: text("Sharding"),
                flavors,
                ..new()
            };
            new.check("cn-north-4")
        };
        let all = || {
            vec![
                flavor("mongos", 2, "mongos"),
                flavor("shard", 2, "shard"),
                flavor("config", 1, "config"),
            ]
        };
        assert!(cluster(all()).is_ok());
        assert!(cluster(all()[..2].to_vec()).is_err());
        assert!(cluster([all(), vec![flavor("shard", 2, "shard")]].concat()).is_err());
    }

    #[test]
    fn every_field_is_refused_by_name() {
        type Change = Box<dyn FnOnce(&mut NewMongodb)>;
        let change_flavor = |change: fn(&mut Flavor)| -> Change {
            Box::new(move |new: &mut NewMongodb| change(&mut new.flavors[0]))
        };
        let cases: Vec<(&str, Change)> = vec![
            ("name", Box::new(|new| new.name = text("1x"))),
            (
                "datastore.type",
                Box::new(|new| new.datastore_type = text("Mongo")),
            ),
            (
                "datastore.version",
                Box::new(|new| new.datastore_version = None),
            ),
            (
                "datastore.storage_engine",
                Box::new(|new| new.storage_engine = text("mmap")),
            ),
            ("region", Box::new(|new| new.region = text("eu-west-0"))),
            (
                "availability_zone",
                Box::new(|new| new.availability_zone = text("a,")),
            ),
            ("vpc_id", Box::new(|new| new.vpc_id = None)),
            ("subnet_id", Box::new(|new| new.subnet_id = None)),
            (
                "security_group_id",
                Box::new(|new| new.security_group_id = None),
            ),
            ("port", Box::new(|new| new.port = Some(2099))),
            ("port", Box::new(|new| new.port = Some(27020))),
            (
                "password",
                Box::new(|new| new.password = Some("onlyletters".to_owned().into())),
            ),
            ("mode", Box::new(|new| new.mode = text("Cluster"))),
            ("flavor", Box::new(|new| new.flavors.clear())),
            ("flavor", change_flavor(|flavor| flavor.num = 2)),
            ("flavor", change_flavor(|flavor| flavor.size = Some(15))),
            ("flavor", change_flavor(|flavor| flavor.size = None)),
            (
                "flavor",
                change_flavor(|flavor| flavor.storage = text("slow")),
            ),
            (
                "flavor",
                change_flavor(|flavor| {
                    flavor.spec_code = "dds.mongodb.s6.large.2.shard".to_owned();
                }),
            ),
            (
                "configurations.type",
                Box::new(|new| {
                    new.configurations = vec![Configuration {
                        kind: "other".to_owned(),
                        configuration_id: "c".to_owned(),
                    }];
                }),
            ),
            (
                "backup_strategy.start_time",
                Box::new(|new| {
                    new.backup = Some(Backup {
                        start_time: "00:00".to_owned(),
                        keep_days: 7,
                    });
                }),
            ),
            (
                "server_group_policies",
                Box::new(|new| {
                    new.server_group_policies = vec!["other".to_owned()];
                }),
            ),
            (
                "charge_info.charge_mode",
                Box::new(|new| new.charge_mode = text("prePaid")),
            ),
        ];
        for (field, change) in cases {
            let mut asked = new();
            change(&mut asked);
            let error = asked.check("cn-north-4").err().unwrap();
            assert_eq!(error.kind(), Kind::Invalid { field }, "{error}");
            assert!(error.public().starts_with(field), "{error}");
        }
    }
}
