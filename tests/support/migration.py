"""Migration sources and tasks, made through the SDK."""

import uuid

import desk
from huaweicloudsdksms.v3 import (
    CreateTaskRequest,
    NetWork,
    PhysicalVolumes,
    PostSourceServerBody,
    PostTask,
    RegisterServerRequest,
    ShowCertKeyRequest,
    SourceServerByTask,
    TargetDisks,
    TargetServerByTask,
)


def register(sms, **fields):
    """Registers a source server and answers its id."""
    fields = {
        "name": desk.unique("source"),
        "ip": "192.0.2.10",
        "hostname": "source.example.com",
        "os_type": "LINUX",
        "os_version": "DEBIAN_12_64BIT",
        "agent_version": "23.9.0",
        "networks": [NetWork(name="eth0", ip="192.0.2.10", mac="52:54:00:12:34:56")],
    } | fields
    return sms.register_server(RegisterServerRequest(body=PostSourceServerBody(**fields))).id


def create_task(sms, source_id, **fields):
    """Creates a migration task and answers its id."""
    fields = {
        "name": desk.unique("task"),
        "type": "MIGRATE_BLOCK",
        "os_type": "LINUX",
        "source_server": SourceServerByTask(id=source_id),
        "target_server": TargetServerByTask(
            name="target",
            vm_id=str(uuid.uuid4()),
            disks=[TargetDisks(
                name="/dev/vda", size=10 << 30, used_size=1 << 30, device_use="BOOT",
                physical_volumes=[PhysicalVolumes(name="/dev/vda1", size=10 << 30)])],
        ),
        "migration_ip": "192.0.2.20",
        "region_name": desk.REGION,
        "region_id": desk.REGION,
        "project_name": desk.REGION,
        "project_id": desk.PROJECT_ID,
    } | fields
    return sms.create_task(CreateTaskRequest(body=PostTask(**fields))).id


def certkey(sms, task_id, **fields):
    return sms.show_cert_key(ShowCertKeyRequest(task_id=task_id, **fields))
