"""Enterprise projects. None is deleted, but an account has room for many."""

import uuid

from recipe import simple
from world import name


def project(**fields):
    return {"name": name("project"), "description": "of a test", "type": "poc"} | fields


def sized(text, length):
    """A name of a length. Names are unique, even those of one character: it is one of thousands."""
    first = chr(0x4E00 + uuid.uuid4().int % 20_000)
    return (first + text).ljust(length, "a")[:length]


def switched(action):
    return lambda world: {"enterprise_project_id": world.enterprise_project(),
                          "body": {"action": action}}


def shown(world, sent):
    return world.do("eps", "show_enterprise_project",
                    {"enterprise_project_id": sent["enterprise_project_id"]})


NAMES = {"body.name": sized}


RECIPES = {
    "create_enterprise_project": simple(lambda world: {"body": project()}, makers=NAMES),
    "list_enterprise_project": simple(lambda world: {
        "id": world.enterprise_project_id, "name": "conformance", "status": 1, "type": "poc",
        "limit": 10, "offset": 0, "sort_key": "name", "sort_dir": "desc"}),
    "show_enterprise_project": simple(
        lambda world: {"enterprise_project_id": world.enterprise_project_id}),
    "update_enterprise_project": simple(
        lambda world: {"enterprise_project_id": world.enterprise_project(), "body": project()},
        makers=NAMES, witness=shown),
    "enable_enterprise_project": simple(switched("enable"), witness=shown),
    "disable_enterprise_project": simple(switched("disable"), witness=shown),
}
