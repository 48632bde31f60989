//! What an agent reports of a server's disks and networks. The desk keeps and shows it; it reads
//! only the addresses.

use serde::{Deserialize, Serialize};

/// A part of a server as it was reported. Every field may be missing.
macro_rules! reported {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
        #[serde(default)]
        #[allow(missing_docs)] // the fields are the API's
        pub struct $name {
            $(#[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>),*
        }
    )*};
}

reported! {
    /// A disk.
    Disk {
        name: String, partition_style: String, device_use: String, size: i64, used_size: i64,
        physical_volumes: Vec<PhysicalVolume>, os_disk: bool, relation_name: String,
        inode_size: i64, disk_id: String,
    }

    /// A partition of a disk.
    PhysicalVolume {
        device_use: String, file_system: String, index: i64, mount_point: String, name: String,
        size: i64, used_size: i64, inode_size: i64, inode_nums: i64, uuid: String,
        size_per_cluster: i64,
    }

    /// A group of volumes (LVM).
    VolumeGroup {
        components: String, free_size: i64, logical_volumes: Vec<LogicalVolume>, name: String,
        size: i64,
    }

    /// A volume of a group.
    LogicalVolume {
        block_count: i64, block_size: i64, file_system: String, inode_size: i64, inode_nums: i64,
        device_use: String, mount_point: String, name: String, size: i64, used_size: i64,
        free_size: i64,
    }

    /// A btrfs file system.
    BtrfsFileSystem {
        name: String, label: String, uuid: String, device: String, size: i64, nodesize: i64,
        sectorsize: i64, data_profile: String, system_profile: String, metadata_profile: String,
        global_reserve1: String, g_vol_used_size: i64, default_subvolid: String,
        default_subvol_name: String, default_subvol_mountpath: String,
        subvolumn: Vec<BtrfsSubvolume>,
    }

    /// A part of a btrfs file system.
    BtrfsSubvolume {
        uuid: String, is_snapshot: String, subvol_id: String, parent_id: String,
        subvol_name: String, subvol_mount_path: String,
    }

    /// A network interface.
    Network {
        name: String, ip: String, ipv6: String, netmask: String, gateway: String, mtu: i64,
        mac: String, id: String,
    }
}
