//! Source servers: machines that are to be migrated, as their agents registered them.

mod hardware;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chancery_store::{
    Listing, MigrationSourceFilter, MigrationSourceRow, MigrationTaskFilter, StoreError,
    Transaction, label,
};
use serde::{Deserialize, Serialize};

pub use hardware::{
    BtrfsFileSystem, BtrfsSubvolume, Disk, LogicalVolume, Network, PhysicalVolume, VolumeGroup,
};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::ids;
use crate::limits::sms as limits;
use crate::migration_tasks::Task;

/// How many rows are read at once where columns do not narrow enough.
const BATCH: u32 = 500;

/// A source server that is to be registered.
pub struct NewSource {
    /// The id it had before, if the agent was registered before.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its state; waiting, if it is not said.
    pub state: Option<String>,
    /// Everything else.
    pub facts: Facts,
}

/// What is known about a source server.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[allow(missing_docs)] // the fields are the API's
pub struct Facts {
    pub ip: Option<String>,
    pub ipv6: Option<String>,
    pub hostname: Option<String>,
    pub os_type: String,
    pub os_version: String,
    pub linux_block_check: Option<String>,
    pub firmware: Option<String>,
    pub cpu_quantity: Option<i64>,
    pub memory: Option<i64>,
    pub disks: Vec<Disk>,
    pub btrfs_list: Vec<BtrfsFileSystem>,
    pub networks: Vec<Network>,
    pub volume_groups: Vec<VolumeGroup>,
    pub agent_version: String,
    pub kernel_version: Option<String>,
    pub migration_cycle: String,
    pub has_rsync: Option<bool>,
    pub paravirtualization: Option<bool>,
    pub raw_devices: Option<String>,
    pub driver_files: Option<bool>,
    pub system_services: Option<bool>,
    pub account_rights: Option<bool>,
    pub boot_loader: Option<String>,
    pub system_dir: Option<String>,
    pub oem_system: bool,
    pub start_type: Option<String>,
    pub io_read_wait: Option<f64>,
    pub has_tc: Option<bool>,
    pub platform: Option<String>,
}

/// A source server as it is shown.
pub struct Source {
    /// Its row.
    pub row: MigrationSourceRow,
    /// What is known about it.
    pub facts: Facts,
    /// Its newest task.
    pub current_task: Option<Task>,
}

/// Which source servers of an account; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct SourceFilter {
    /// What columns tell.
    pub columns: MigrationSourceFilter,
    /// The IPv4 address.
    pub ip: Option<String>,
    /// The IPv6 address.
    pub ipv6: Option<String>,
    /// How far its migration is.
    pub migration_cycle: Option<String>,
    /// The server that its newest task migrates it to.
    pub vm_id: Option<String>,
}

impl Desk {
    /// Registers a source server and returns its id.
    ///
    /// The id is the desk's. An agent that brings the id of a source server of this account is
    /// registered already; an id from elsewhere does not matter.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`]; [`Refusal::Duplicate`] when it is registered already.
    pub async fn register_source(&self, ctx: &Context, mut new: NewSource) -> Result<String> {
        limits::NAME.check("name", &new.name)?;
        if let Some(state) = &new.state {
            limits::SOURCE_STATE.check("state", state)?;
        }
        new.facts.check()?;
        if let Some(id) = &new.id
            && self
                .store
                .migration_source(ctx.domain_id(), id)
                .await?
                .is_some()
        {
            let text = format!("the source server {id} is registered already");
            return Err(Error::refused(Refusal::Duplicate, text));
        }
        let now = self.now_ms();
        if new.facts.migration_cycle.is_empty() {
            new.facts.migration_cycle = "checking".to_owned();
        }
        let row = MigrationSourceRow {
            id: ids::uuid(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            name: new.name,
            state: new.state.unwrap_or_else(|| "waiting".to_owned()),
            created_at: now,
            document: serde_json::to_string(&new.facts).map_err(Error::internal)?,
        };
        let mut tx = Transaction::new("migration_source.register");
        tx.insert_migration_source(&row);
        tx.audit(ctx.audit_with(now, &row.id, serde_json::json!({ "name": row.name })));
        self.store.commit(tx).await?;
        Ok(row.id)
    }

    /// A source server of the caller's account.
    ///
    /// # Errors
    /// [`Thing::Source`] not found.
    pub async fn source(&self, ctx: &Context, id: &str) -> Result<Source> {
        let row = self.source_row(ctx.domain_id(), id).await?;
        self.show_source(row).await
    }

    /// A page of the account's source servers, newest first.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for a state or a cycle that there is not.
    pub async fn sources(
        &self,
        ctx: &Context,
        filter: &SourceFilter,
        limit: u32,
        offset: u32,
    ) -> Result<Listing<Source>> {
        let (domain, columns) = (ctx.domain_id(), &filter.columns);
        if let Some(state) = &columns.state {
            limits::SOURCE_STATE.check("state", state)?;
        }
        if let Some(cycle) = &filter.migration_cycle {
            limits::CYCLE.check("migration_cycle", cycle)?;
        }
        if filter.columns_suffice() {
            let found = self
                .store
                .migration_sources(domain, columns, limit, offset)
                .await?;
            let mut rows = Vec::with_capacity(found.rows.len());
            for row in found.rows {
                rows.push(self.show_source(row).await?);
            }
            return Ok(Listing {
                rows,
                total: found.total,
            });
        }
        let (mut total, mut rows) = (0, Vec::new());
        for batch in 0.. {
            let found = self
                .store
                .migration_sources(domain, columns, BATCH, batch * BATCH)
                .await?;
            let last = found.rows.len() < BATCH as usize;
            for row in found.rows {
                let source = self.show_source(row).await?;
                if filter.lets_through(&source) {
                    if total >= u64::from(offset) && rows.len() < limit as usize {
                        rows.push(source);
                    }
                    total += 1;
                }
            }
            if last {
                break;
            }
        }
        Ok(Listing { rows, total })
    }

    /// Deletes a source server.
    ///
    /// # Errors
    /// [`Thing::Source`] not found; [`Refusal::State`] while it has tasks.
    pub async fn delete_source(&self, ctx: &Context, id: &str) -> Result<()> {
        self.source_row(ctx.domain_id(), id).await?;
        let mut tx = Transaction::new("migration_source.delete");
        tx.delete_migration_source(ctx.domain_id(), id);
        tx.audit(ctx.audit(self.now_ms(), id));
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(label::REFERENCE)) => Err(Error::refused(
                Refusal::State,
                "the source server has migration tasks; delete them first",
            )),
            Err(StoreError::Conflict(_)) => Err(Error::not_found(Thing::Source, id)),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn source_row(&self, domain_id: &str, id: &str) -> Result<MigrationSourceRow> {
        let row = self.store.migration_source(domain_id, id).await?;
        row.ok_or_else(|| Error::not_found(Thing::Source, id))
    }

    async fn show_source(&self, row: MigrationSourceRow) -> Result<Source> {
        let filter = MigrationTaskFilter {
            source_id: Some(row.id.clone()),
            ..MigrationTaskFilter::default()
        };
        let newest = self
            .store
            .migration_tasks(&row.domain_id, &filter, 1, 0)
            .await?;
        let newest = newest.rows.into_iter().next();
        Ok(Source {
            facts: Facts::of(&row)?,
            current_task: newest.map(Task::of).transpose()?,
            row,
        })
    }
}

impl SourceFilter {
    fn columns_suffice(&self) -> bool {
        let more = [&self.ip, &self.ipv6, &self.migration_cycle, &self.vm_id];
        more.into_iter().all(Option::is_none)
    }

    fn lets_through(&self, source: &Source) -> bool {
        let facts = &source.facts;
        let task = source.current_task.as_ref();
        let vm_id = task.and_then(|task| task.plan.target.vm_id.as_ref());
        [
            (&self.ip, facts.ip.as_ref()),
            (&self.ipv6, facts.ipv6.as_ref()),
            (&self.migration_cycle, Some(&facts.migration_cycle)),
            (&self.vm_id, vm_id),
        ]
        .into_iter()
        .all(|(wanted, found)| wanted.is_none() || wanted.as_ref() == found)
    }
}

impl Facts {
    /// What a row keeps.
    pub(crate) fn of(row: &MigrationSourceRow) -> Result<Self> {
        serde_json::from_str(&row.document).map_err(Error::internal)
    }

    /// Every address that the server is known by, each once, in the order of the report.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let own = [self.ip.as_deref(), self.ipv6.as_deref()];
        let networks = self
            .networks
            .iter()
            .flat_map(|network| [network.ip.as_deref(), network.ipv6.as_deref()]);
        let mut addresses = Vec::new();
        for text in own.into_iter().chain(networks).flatten() {
            if let Ok(address) = text.parse::<IpAddr>()
                && !address.is_unspecified()
                && !addresses.contains(&address)
            {
                addresses.push(address);
            }
        }
        addresses
    }

    fn check(&self) -> Result<()> {
        limits::OS_TYPE.check("os_type", &self.os_type)?;
        if let Some(firmware) = &self.firmware {
            limits::FIRMWARE.check("firmware", firmware)?;
        }
        if let Some(platform) = &self.platform {
            limits::PLATFORM.check("platform", platform)?;
        }
        if !self.migration_cycle.is_empty() {
            limits::CYCLE.check("migration_cycle", &self.migration_cycle)?;
        }
        limits::TEXT.check("os_version", &self.os_version)?;
        limits::TEXT.check("agent_version", &self.agent_version)?;
        for (field, text) in [
            ("hostname", &self.hostname),
            ("linux_block_check", &self.linux_block_check),
            ("kernel_version", &self.kernel_version),
            ("raw_devices", &self.raw_devices),
            ("boot_loader", &self.boot_loader),
            ("system_dir", &self.system_dir),
            ("start_type", &self.start_type),
        ] {
            if let Some(text) = text {
                limits::TEXT.check(field, text)?;
            }
        }
        for (field, number) in [("cpu_quantity", self.cpu_quantity), ("memory", self.memory)] {
            if let Some(number) = number {
                limits::AMOUNT.check_number(field, number)?;
            }
        }
        if self.ip.is_none() && self.ipv6.is_none() {
            return Err(Error::invalid("ip", "or ipv6 is required"));
        }
        if let Some(ip) = &self.ip
            && ip.parse::<Ipv4Addr>().is_err()
        {
            return Err(Error::invalid("ip", "must be an IPv4 address"));
        }
        if let Some(ip) = &self.ipv6
            && ip.parse::<Ipv6Addr>().is_err()
        {
            return Err(Error::invalid("ipv6", "must be an IPv6 address"));
        }
        let first = self.networks.first();
        if first.is_none_or(|network| network.mac.as_deref().unwrap_or_default().is_empty()) {
            return Err(Error::invalid(
                "networks",
                "must begin with a network that has a mac",
            ));
        }
        Ok(())
    }
}

/// Refuses an operating system that is not migrated.
pub(crate) fn check_os_type(os_type: Option<&str>) -> Result<()> {
    os_type.map_or(Ok(()), |os_type| limits::OS_TYPE.check("os_type", os_type))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "源端_server-1", &"n".repeat(64)] {
            limits::NAME.check("name", good).unwrap();
        }
        for bad in ["", "a b", "a.b", "a\u{0}", &"n".repeat(65)] {
            assert!(limits::NAME.check("name", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_those_of_the_server_and_its_networks() {
        let network = |ip: &str, ipv6: &str| Network {
            ip: Some(ip.to_owned()),
            ipv6: Some(ipv6.to_owned()),
            ..Network::default()
        };
        let facts = Facts {
            ip: Some("192.0.2.1".to_owned()),
            networks: vec![
                network("192.0.2.1", "2001:db8::1"),
                network("198.51.100.7", ""),
                network("0.0.0.0", "junk"),
            ],
            ..Facts::default()
        };
        let found: Vec<_> = facts.addresses().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["192.0.2.1", "2001:db8::1", "198.51.100.7"]);
    }
}
