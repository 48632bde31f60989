//! The nodes of an instance: which kinds there are, and how they are grouped.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use chancery_crypto::random::Random;

use super::{Flavor, Group, Node};
use crate::ids;
use crate::instances::rules;

/// A kind of node ("Creating a DB Instance" of the API reference, `flavor`).
pub(super) struct NodeKind {
    /// `type` of the flavor.
    pub(super) name: &'static str,
    /// The mode of the instances that have it.
    pub(super) mode: &'static str,
    /// How the codes of its sizes end.
    pub(super) suffix: &'static str,
    /// How many an instance has.
    pub(super) count: RangeInclusive<i64>,
    /// Whether it has a disk of its own.
    pub(super) has_disk: bool,
}

const fn kind(
    name: &'static str,
    mode: &'static str,
    suffix: &'static str,
    count: RangeInclusive<i64>,
    has_disk: bool,
) -> NodeKind {
    NodeKind {
        name,
        mode,
        suffix,
        count,
        has_disk,
    }
}

pub(super) const KINDS: &[NodeKind] = &[
    kind("mongos", "Sharding", "mongos", 2..=32, false),
    kind("shard", "Sharding", "shard", 2..=32, true),
    kind("config", "Sharding", "config", 1..=1, true),
    // One replica set, or its number of nodes.
    kind("replica", "ReplicaSet", "repset", 1..=7, true),
    kind("single", "Single", "single", 1..=1, true),
];

/// The roles of the nodes of a replica set, which every shard and the config servers are too.
const ROLES: [&str; 3] = ["Primary", "Secondary", "Hidden"];

/// The nodes of an instance of this name, each with an address.
pub(super) fn groups(random: &dyn Random, instance: &str, flavors: &[Flavor]) -> Vec<Group> {
    let mut groups: Vec<_> = flavors
        .iter()
        .flat_map(|flavor| {
            let (count, nodes) = sizes(flavor);
            (1..=count).map(move |number| (flavor, format!("{}_{number}", flavor.kind), nodes))
        })
        .map(|(flavor, name, nodes)| group(random, instance, flavor, name, nodes))
        .collect();
    let nodes = groups.iter_mut().flat_map(|group| &mut group.nodes);
    let nodes: Vec<_> = nodes.collect();
    let addresses = rules::private_addresses(random, nodes.len());
    for (node, address) in nodes.into_iter().zip(addresses) {
        node.private_ip = address;
    }
    groups
}

/// How many groups a flavor stands for, and how many nodes each has.
fn sizes(flavor: &Flavor) -> (i64, i64) {
    match flavor.kind.as_str() {
        "mongos" => (1, flavor.num),
        "shard" => (flavor.num, 3),
        "replica" => (1, flavor.num.max(3)),
        "single" => (1, 1),
        _ => (1, 3),
    }
}

fn group(random: &dyn Random, instance: &str, flavor: &Flavor, name: String, nodes: i64) -> Group {
    let node = |index: i64| Node {
        id: ids::hex32(random) + "no02",
        name: format!("{instance}_{name}_node_{}", index + 1),
        role: match (flavor.kind.as_str(), index) {
            ("mongos", _) => String::new(),
            (_, 0) => ROLES[0].to_owned(),
            (_, last) if last == nodes - 1 => ROLES[2].to_owned(),
            _ => ROLES[1].to_owned(),
        },
        private_ip: Ipv4Addr::UNSPECIFIED,
        spec_code: flavor.spec_code.clone(),
    };
    Group {
        kind: flavor.kind.clone(),
        id: ids::hex32(random) + "gr02",
        nodes: (0..nodes).map(node).collect(),
        size: flavor.size,
        name,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chancery_crypto::random::SystemRandom;
    use std::collections::BTreeSet;

    fn flavor(kind: &str, num: i64) -> Flavor {
        Flavor {
            kind: kind.to_owned(),
            num,
            storage: None,
            size: None,
            spec_code: String::new(),
        }
    }

    #[test]
    fn a_replica_set_has_a_primary_and_a_hidden_node() {
        let groups = groups(&SystemRandom, "db", &[flavor("replica", 1)]);
        let roles: Vec<_> = groups[0].nodes.iter().map(|n| n.role.as_str()).collect();
        assert_eq!(roles, ["Primary", "Secondary", "Hidden"]);
        assert_eq!(groups[0].nodes[0].name, "db_replica_1_node_1");
    }

    #[test]
    fn every_node_of_the_largest_cluster_has_its_address() {
        let flavors = [
            flavor("mongos", 32),
            flavor("shard", 32),
            flavor("config", 1),
        ];
        let groups = groups(&SystemRandom, "db", &flavors);
        assert_eq!(groups.len(), 34);
        let nodes: Vec<_> = groups.iter().flat_map(|group| &group.nodes).collect();
        assert_eq!(nodes.len(), 32 + 96 + 3);
        let addresses: BTreeSet<_> = nodes.iter().map(|node| node.private_ip).collect();
        assert_eq!(addresses.len(), nodes.len());
        assert!(addresses.iter().all(|address| address.is_private()));
    }
}
