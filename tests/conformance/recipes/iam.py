"""Identity."""

import os

import desk
from recipe import Recipe, simple

DOMAIN = {"name": os.environ["CHANCERY_DOMAIN"]}
PROJECT = {"project": {"name": desk.REGION}}
POLICY = {"Version": "1.1", "Statement": [
    {"Effect": "Allow", "Action": ["pca:cert:list"], "Resource": ["*"]}]}


def login(scope):
    user = {"name": os.environ["CHANCERY_USER"], "password": os.environ["CHANCERY_PASSWORD"],
            "domain": DOMAIN}
    identity = {"methods": ["password"], "password": {"user": user}}
    return lambda world: {"body": {"auth": {"identity": identity, "scope": scope}}}


def exchange(world):
    identity = {"methods": ["token"], "token": {"id": desk.token(of_project=False)}}
    return {"body": {"auth": {"identity": identity, "scope": PROJECT}}}


def temporary(world):
    identity = {"methods": ["token"], "token": {"id": desk.token(), "duration_seconds": 900},
                "policy": POLICY}
    return {"body": {"auth": {"identity": identity}}}


def new_key(world):
    world.room_for_a_key()
    return {"body": {"credential": {"user_id": world.user_id, "description": "conformance"}}}


def change(world):
    return {"access_key": world.access_key(),
            "body": {"credential": {"status": "inactive", "description": "changed"}}}


def shown_key(world, sent):
    return world.do("iam", "show_permanent_access_key", {"access_key": sent["access_key"]})


RECIPES = {
    "keystone_create_user_token_by_password": Recipe(
        {"full": login(PROJECT), "account": login({"domain": DOMAIN})}),
    "keystone_create_scoped_token": simple(exchange),
    "keystone_validate_token": simple(lambda world: {"X-Subject-Token": desk.token()}),
    "keystone_list_auth_domains": simple(lambda world: {}),
    "keystone_list_auth_projects": simple(lambda world: {}),
    "keystone_list_projects": simple(lambda world: {
        "name": desk.REGION, "domain_id": desk.DOMAIN_ID, "parent_id": desk.DOMAIN_ID,
        "enabled": True, "is_domain": False, "page": 1, "per_page": 10}),
    "create_temporary_access_key_by_token": simple(temporary),
    "create_permanent_access_key": simple(new_key),
    "list_permanent_access_keys": simple(lambda world: {"user_id": world.user_id}),
    "show_permanent_access_key": simple(lambda world: {"access_key": world.access_key()}),
    "update_permanent_access_key": simple(change, witness=shown_key),
    "delete_permanent_access_key": simple(lambda world: {"access_key": world.access_key()}),
}
