"""Redis and MongoDB instances."""

from recipe import Recipe, simple
from world import mongodb, network_id, redis


def redis_instance(world):
    return {"body": redis() | {
        "security_group_id": network_id(), "description": "of a test", "enable_ssl": True,
        "private_ip": "192.168.7.9", "instance_num": 1, "maintain_begin": "22:00:00",
        "maintain_end": "02:00:00", "password": "Chancery-2026", "no_password_access": False,
        "port": 6380, "enterprise_project_id": "0", "enterprise_project_name": "default",
        "bss_param": {"charging_mode": "postPaid"},
        "instance_backup_policy": {"backup_type": "auto", "save_days": 2, "periodical_backup_plan": {
            "timezone_offset": "+0800", "backup_at": [1, 3], "period_type": "weekly",
            "begin_at": "00:00-01:00"}},
        "tags": [{"key": "team", "value": "desk"}],
    }}


MEMCACHED = {"body.engine_version": None, "body.spec_code": "dcs.memcached.single_node",
             "body.capacity": 2}


def memcached_instance(world):
    return {"body": redis() | {
        "engine": "Memcached", "engine_version": None, "spec_code": "dcs.memcached.single_node",
        "capacity": 2, "no_password_access": False, "password": "Chancery-2026",
        "access_user": "desk", "security_group_id": network_id()}}


def mongodb_instance(world):
    return {"body": mongodb() | {
        "port": "8636", "disk_encryption_id": network_id(), "enterprise_project_id": "0",
        "configurations": [{"type": "replica", "configuration_id": network_id()}],
        "backup_strategy": {"start_time": "01:00-02:00", "keep_days": "7"}, "ssl_option": "1",
        "dss_pool_id": network_id(), "server_group_policies": ["anti-affinity"],
        "tags": [{"key": "team", "value": "desk"}],
        "charge_info": {"charge_mode": "postPaid"},
    }}


def flavors(*types):
    """The nodes of an instance."""
    return [
        {"type": type, "num": num, "spec_code": f"dds.mongodb.s6.large.2.{type}"}
        | ({} if type == "mongos" else {"storage": "ULTRAHIGH", "size": size})
        for type, num, size in types
    ]


SHARDED = flavors(("mongos", "2", ""), ("shard", "2", "10"), ("config", "1", "20"))
SHARDING = {"body.mode": "Sharding", "body.flavor": SHARDED}


def ssl_of(service, operation):
    return lambda world, sent: world.do(service, operation, {"instance_id": sent["instance_id"]})


def listed_redis(world):
    return {"instance_id": world.redis_id, "include_failure": "false", "include_delete": "false",
            "offset": 0, "limit": 1, "status": "RUNNING", "name_equal": "false"}


def listed_mongodb(world):
    return {"id": world.mongodb_id, "mode": "ReplicaSet", "datastore_type": "DDS-Community",
            "offset": 0, "limit": 1}


def shown_mongodb(world, sent):
    return world.do("dds", "list_instances", {"id": sent["instance_id"]})


DCS = {
    "create_instance": Recipe(
        {"full": redis_instance, "least": lambda world: {"body": redis()},
         "memcached": memcached_instance},
        along={"body.engine=Memcached": MEMCACHED | {
                   "body.security_group_id": network_id(), "body.enable_ssl": False},
               "body.no_password_access=true": {"body.password": None}}),
    "delete_single_instance": simple(lambda world: {"instance_id": world.redis()}),
    "download_ssl_cert": simple(lambda world: {"instance_id": world.redis_id}),
    "list_instances": simple(listed_redis),
    "show_instance": Recipe(
        {"full": lambda world: {"instance_id": world.redis(
            **{key: value for key, value in redis_instance(world)["body"].items()})},
         "least": lambda world: {"instance_id": world.redis_id}}),
    "show_instance_ssl_detail": simple(lambda world: {"instance_id": world.redis_id}),
    "show_job_info": simple(lambda world: {"job_id": world.redis_job_id}),
    "update_ssl_switch": simple(
        lambda world: {"instance_id": world.redis_id, "body": {"enabled": True}},
        witness=ssl_of("dcs", "show_instance_ssl_detail")),
}

DDS = {
    "create_instance": Recipe(
        {"full": mongodb_instance, "least": lambda world: {"body": mongodb()}},
        along={
            "body.mode=Sharding": SHARDING | {"body.configurations": []},
            "body.mode=Single": {
                "body.flavor": flavors(("single", "1", "10")), "body.configurations": []},
            "body.flavor[].type=mongos": SHARDING | {"body.configurations": []},
            "body.flavor[].type=shard": SHARDING | {"body.configurations": []},
            "body.flavor[].type=config": SHARDING | {"body.configurations": []},
            "body.flavor[].type=single": {
                "body.mode": "Single", "body.flavor": flavors(("single", "1", "10")),
                "body.configurations": []},
            "body.configurations[].type=mongos": SHARDING,
            "body.configurations[].type=shard": SHARDING,
            "body.configurations[].type=config": SHARDING,
            "body.configurations[].type=single": {
                "body.mode": "Single", "body.flavor": flavors(("single", "1", "10"))},
        },
    ),
    "delete_instance": simple(lambda world: {"instance_id": world.mongodb()}),
    "list_instances": simple(listed_mongodb),
    "list_ssl_cert_download_address": simple(
        lambda world: {"instance_id": world.mongodb_id, "X-Language": "en-us"}),
    "switch_ssl": simple(
        lambda world: {"instance_id": world.mongodb_id, "body": {"ssl_option": "1"}},
        witness=shown_mongodb),
}
