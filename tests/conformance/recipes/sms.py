"""Migration."""

import desk
from recipe import Recipe, simple
from world import name, network_id

VOLUME = {"device_use": "NORMAL", "file_system": "ext4", "index": 0, "mount_point": "/",
          "name": "/dev/vda1", "size": 1 << 30, "inode_size": 256, "used_size": 1 << 20,
          "uuid": "5b3b1f2e"}
GROUP = {"components": "/dev/vdb", "free_size": 0, "name": "vg0", "size": 1 << 30,
         "logical_volumes": [{
             "block_count": 1, "block_size": 4096, "file_system": "ext4", "inode_size": 256,
             "inode_nums": 10, "device_use": "NORMAL", "mount_point": "/srv", "name": "lv0",
             "size": 1 << 30, "used_size": 1 << 20, "free_size": 1}]}
BTRFS = {"name": "pool", "label": "pool", "uuid": "5b3b1f2e", "device": "/dev/vdc", "size": 1 << 30,
         "nodesize": 4096, "sectorsize": 4096, "data_profile": "single", "system_profile": "DUP",
         "metadata_profile": "DUP", "global_reserve1": "single", "g_vol_used_size": 1 << 20,
         "default_subvolid": "5", "default_subvol_name": "root", "default_subvol_mountpath": "/",
         "subvolumn": [{"uuid": "5b3b1f2f", "is_snapshot": "false", "subvol_id": "256",
                        "parent_id": "5", "subvol_name": "home", "subvol_mount_path": "/home"}]}


def disk(**fields):
    return {"name": "/dev/vda", "device_use": "BOOT", "size": 1 << 30, "used_size": 1 << 20,
            "physical_volumes": [VOLUME]} | fields


def source(world):
    return {"body": {
        "ip": "192.0.2.10", "ipv6": "2001:db8::10", "name": name("source"),
        "hostname": "source.example.com", "os_type": "LINUX", "os_version": "DEBIAN_12_64BIT",
        "linux_block_check": "ok", "firmware": "UEFI", "cpu_quantity": 2, "memory": 1 << 30,
        "disks": [disk(partition_style="GPT", os_disk=True, relation_name="vda", inode_size=256,
                       physical_volumes=[VOLUME | {"inode_nums": 10, "size_per_cluster": 4096}])],
        "btrfs_list": [BTRFS], "volume_groups": [GROUP],
        "networks": [{"name": "eth0", "ip": "192.0.2.10", "ipv6": "2001:db8::10",
                      "netmask": "255.255.255.0", "gateway": "192.0.2.1", "mtu": 1500,
                      "mac": "52:54:00:12:34:56", "id": "0"}],
        "has_rsync": True, "paravirtualization": True, "raw_devices": "none", "driver_files": True,
        "system_services": True, "account_rights": True, "boot_loader": "GRUB", "system_dir": "/",
        "agent_version": "23.9.0", "kernel_version": "6.1", "migration_cycle": "checking",
        "state": "waiting", "oem_system": False, "start_type": "MANUAL", "io_read_wait": 0.5,
        "has_tc": True, "platform": "hw",
    }}


def task(world):
    return {"body": {
        "name": name("task"), "type": "MIGRATE_BLOCK", "start_target_server": True,
        "auto_start": False, "os_type": "LINUX", "source_server": {"id": world.source_id},
        "target_server": {
            "name": "target", "vm_id": network_id(), "volume_groups": [GROUP],
            "btrfs_list": [BTRFS], "disks": [disk(disk_id="0")]},
        "migration_ip": "192.0.2.20", "region_name": desk.REGION, "region_id": desk.REGION,
        "project_name": desk.REGION, "project_id": desk.PROJECT_ID, "priority": 1,
        "vm_template_id": network_id(), "clonevm_template_id": network_id(),
        "use_public_ip": True, "use_ipv6": False, "syncing": False, "exist_server": True,
        "start_network_check": False, "speed_limit": 100, "over_speed_threshold": 0.5,
        "is_need_consistency_check": False, "need_migration_test": False,
    }}


def full_source(world):
    return world.do("sms", "register_server", source(world))["id"]


def windows_source(world):
    body = source(world)["body"] | {"os_type": "WINDOWS", "os_version": "WINDOWS2019_64BIT"}
    return world.do("sms", "register_server", {"body": body})["id"]


def full_task(world):
    """A task of a source server of its own, of whose everything is known."""
    sent = task(world)
    sent["body"]["source_server"]["id"] = full_source(world)
    return world.do("sms", "create_task", sent)["id"]


def source_of_task(world):
    task_id = full_task(world)
    return world.do("sms", "show_task", {"task_id": task_id})["source_server"]["id"]


def shown_task(world, sent):
    return world.do("sms", "show_task", {"task_id": sent["task_id"]})


RECIPES = {
    "register_server": simple(source),
    "list_servers": simple(lambda world: {
        "state": "waiting", "id": world.source_id, "limit": 1, "offset": 0, "connected": False,
        "migration_cycle": "checking", "enterprise_project_id": "0",
        "is_consistency_result_exist": False}),
    "show_server": Recipe(
        {"full": lambda world: {"source_id": full_source(world)},
         "with-task": lambda world: {"source_id": source_of_task(world)}}),
    "delete_server": simple(lambda world: {"source_id": world.source()}),
    "create_task": Recipe(
        {"full": task}, along={
            "body.os_type=WINDOWS": {"body.source_server.id": windows_source},
            "body.use_ipv6=true": {"body.migration_ip": "2001:db8::20"}}),
    "list_tasks": simple(lambda world: {
        "state": "READY", "id": world.task_id, "source_server_id": world.source_id, "limit": 1,
        "offset": 0, "enterprise_project_id": "0"}),
    "show_task": Recipe(
        {"full": lambda world: {"task_id": full_task(world)},
         "started": lambda world: {"task_id": world.started()}}),
    "delete_task": simple(lambda world: {"task_id": world.task()}),
    "delete_tasks": simple(lambda world: {"body": {"ids": [world.task()]}}),
    "update_task_status": Recipe(
        {"full": lambda world: {"task_id": world.task(), "body": {"operation": "start"}}},
        along={"body.operation=stop": {"task_id": lambda world: world.started()}},
        witness=shown_task),
    "show_cert_key": Recipe(
        {"full": lambda world: {"task_id": world.task_id, "enable_ca_cert": True},
         "without-ca": lambda world: {"task_id": world.task_id, "enable_ca_cert": False}}),
}
