"""Identity: users, groups, roles, what groups may do, and projects."""

import desk
import sdk
from recipe import Recipe, simple
from world import name

PASSWORD = "Team-Pass-2026"
POLICY = {"Version": "1.1", "Statement": [
    {"Effect": "Allow", "Action": ["pca:ca:get"], "Resource": ["pca:*:*:ca:*"],
     "Condition": {"StringEquals": {"g:DomainName": ["chancery"]}}}]}


# Half of a pair alone is refused: without one, the other is left out as well.
PAIRS = {f"body.user.{one}=": {f"body.user.{other}": ""}
         for one, other in (("areacode", "phone"), ("phone", "areacode"),
                            ("xuser_type", "xuser_id"), ("xuser_id", "xuser_type"))}
# Statements may be alike.
STATEMENTS = {"body.role.policy.Statement": lambda value, number: value[:1] * number}


# What is made for a call, and deleted after it: an account has room for few of each.

def user(world):
    return world.kept("keystone_delete_user", "user_id", world.do(
        "iam", "keystone_create_user", {"body": {"user": {"name": name("user")}}})["user"]["id"])


def group(world):
    return world.kept("keystone_delete_group", "group_id", world.do(
        "iam", "keystone_create_group", {"body": {"group": {"name": name("group")}}})["group"]["id"])


def policy(world):
    return world.kept("delete_custom_policy", "role_id", world.do(
        "iam", "create_cloud_service_custom_policy", new_policy(world))["role"]["id"])


def system_role(world):
    sent = {"display_name": "PCA ReadOnlyAccess"}
    return world.do("iam", "keystone_list_permissions", sent)["roles"][0]["id"]


def member(world):
    sent = {"group_id": group(world), "user_id": user(world)}
    world.do("iam", "keystone_add_user_to_group", sent)
    return sent


def undone(operation, parameter, kind):
    """Keeps what a call made, for its deletion."""
    return lambda world, answer: world.kept(operation, parameter, answer[kind]["id"])


UNDO_USER = undone("keystone_delete_user", "user_id", "user")
UNDO_GROUP = undone("keystone_delete_group", "group_id", "group")
UNDO_POLICY = undone("delete_custom_policy", "role_id", "role")


# What is sent.

def keystone_user(world):
    return {"body": {"user": {"name": name("user"), "domain_id": desk.DOMAIN_ID,
                              "password": PASSWORD, "enabled": True, "description": "of a test"}}}


PROFILE = {"access_mode": "default", "email": "user@example.com", "areacode": "0086",
           "phone": "13800000000", "enabled": True, "pwd_status": False, "xuser_type": "TenantIdp",
           "xuser_id": "7", "description": "of a test"}


def full_user(world):
    return {"body": {"user": PROFILE | {
        "name": name("user"), "domain_id": desk.DOMAIN_ID, "password": PASSWORD}}}


def changed_user(world):
    return {"user_id": user(world), "body": {"user": {
        "name": name("user"), "domain_id": desk.DOMAIN_ID, "password": PASSWORD, "enabled": True,
        "description": "changed", "pwd_status": False}}}


def changed_full_user(world):
    return {"user_id": user(world), "body": {"user": PROFILE | {
        "name": name("user"), "password": PASSWORD, "description": "changed"}}}


def new_group(world):
    return {"body": {"group": {"name": name("group"), "domain_id": desk.DOMAIN_ID,
                               "description": "of a test"}}}


def new_policy(world):
    return {"body": {"role": {
        "display_name": name("policy"), "type": "AX", "description": "of a test",
        "description_cn": "of a test", "policy": POLICY}}}


def new_project(world):
    return {"body": {"project": {"name": f"{desk.REGION}_{name('project')[-12:]}",
                                 "parent_id": desk.PROJECT_ID, "domain_id": desk.DOMAIN_ID,
                                 "description": "of a test"}}}


def project(world):
    """The one that tests change: projects are not deleted, and a region has few."""
    if world.project_id is None:
        answer = world.do("iam", "keystone_create_project", new_project(world))
        world.project_id = answer["project"]["id"]
    return world.project_id


# Grants: in the account, in a project, in all projects, in an enterprise project.

DOMAIN = {"domain_id": desk.DOMAIN_ID}
PROJECT = {"project_id": desk.PROJECT_ID}
ENTERPRISE = {"enterprise_project_id": "0"}


def granting(place):
    return lambda world: place | {"group_id": group(world), "role_id": system_role(world)}


def granted(place, operation):
    def make(world):
        sent = granting(place)(world)
        world.do("iam", operation, sent)
        return sent
    return make


def grants_of(place, operation):
    def make(world):
        sent = granted(place, operation)(world)
        return {key: value for key, value in sent.items() if key != "role_id"}
    return make


IN_DOMAIN = DOMAIN, "keystone_associate_group_with_domain_permission"
IN_PROJECT = PROJECT, "keystone_associate_group_with_project_permission"
IN_ALL = DOMAIN, "update_domain_group_inherit_role"
IN_ENTERPRISE = ENTERPRISE, "associate_role_to_group_on_enterprise_project"


def shown(operation, parameter):
    return lambda world, sent: world.do("iam", operation, {parameter: sent[parameter]})


USER = shown("show_user", "user_id")


RECIPES = {
    "keystone_create_user": simple(keystone_user, undo=UNDO_USER),
    "create_user": simple(full_user, along=PAIRS, undo=UNDO_USER),
    "keystone_list_users": simple(lambda world: {"domain_id": desk.DOMAIN_ID, "enabled": True}),
    "keystone_show_user": simple(lambda world: {"user_id": user(world)}),
    "show_user": simple(lambda world: {"user_id": user(world)}),
    "keystone_update_user_by_admin": simple(changed_user, witness=USER),
    "update_user": simple(changed_full_user, along=PAIRS, witness=USER),
    "keystone_delete_user": simple(lambda world: {"user_id": user(world)}),
    "keystone_list_groups_for_user": simple(
        lambda world: {"user_id": member(world)["user_id"]}),
    "keystone_list_projects_for_user": simple(lambda world: {"user_id": world.user_id}),
    "keystone_create_group": simple(new_group, undo=UNDO_GROUP),
    "keystone_list_groups": simple(
        lambda world: {"domain_id": desk.DOMAIN_ID} if group(world) else {}),
    "keystone_show_group": simple(lambda world: {"group_id": group(world)}),
    "keystone_update_group": simple(
        lambda world: {"group_id": group(world)} | new_group(world),
        witness=shown("keystone_show_group", "group_id")),
    "keystone_delete_group": simple(lambda world: {"group_id": group(world)}),
    "keystone_list_users_for_group_by_admin": simple(
        lambda world: {"group_id": member(world)["group_id"]}),
    "keystone_add_user_to_group": simple(
        lambda world: {"group_id": group(world), "user_id": user(world)}),
    "keystone_check_user_in_group": simple(member),
    "keystone_remove_user_from_group": simple(member),
    "create_cloud_service_custom_policy": simple(
        new_policy, makers=STATEMENTS, undo=UNDO_POLICY),
    "list_custom_policies": simple(
        lambda world: {"page": 1, "per_page": 10} if policy(world) else {}),
    "show_custom_policy": simple(lambda world: {"role_id": policy(world)}),
    "update_cloud_service_custom_policy": simple(
        lambda world: {"role_id": policy(world)} | new_policy(world),
        makers=STATEMENTS, witness=shown("show_custom_policy", "role_id")),
    "delete_custom_policy": simple(lambda world: {"role_id": policy(world)}),
    "keystone_list_permissions": Recipe({
        "full": lambda world: {"page": 1, "per_page": 300, "permission_type": "policy",
                               "type": "domain", "display_name": "Access"},
        "custom": lambda world: {"domain_id": desk.DOMAIN_ID} if policy(world) else {}}),
    "keystone_show_permission": simple(lambda world: {"role_id": system_role(world)}),
    "keystone_create_project": simple(new_project),
    "keystone_show_project": simple(lambda world: {"project_id": project(world)}),
    "keystone_update_project": simple(
        lambda world: {"project_id": project(world), "body": {"project": {
            key: value for key, value in new_project(world)["body"]["project"].items()
            if key in ("name", "description")}}},
        witness=shown("keystone_show_project", "project_id")),
    "keystone_associate_group_with_domain_permission": simple(granting(DOMAIN)),
    "keystone_check_domain_permission_for_group": simple(granted(*IN_DOMAIN)),
    "keystone_remove_domain_permission_from_group": simple(granted(*IN_DOMAIN)),
    "keystone_list_domain_permissions_for_group": simple(grants_of(*IN_DOMAIN)),
    "keystone_associate_group_with_project_permission": simple(granting(PROJECT)),
    "keystone_check_project_permission_for_group": simple(granted(*IN_PROJECT)),
    "keystone_remove_project_permission_from_group": simple(granted(*IN_PROJECT)),
    "keystone_list_project_permissions_for_group": simple(grants_of(*IN_PROJECT)),
    "update_domain_group_inherit_role": simple(granting(DOMAIN)),
    "keystone_checkrole_for_group": simple(granted(*IN_ALL)),
    "delete_domain_group_inherited_role": simple(granted(*IN_ALL)),
    "keystone_list_all_project_permissions_for_group": simple(grants_of(*IN_ALL)),
    "associate_role_to_group_on_enterprise_project": simple(granting(ENTERPRISE)),
    "revoke_role_from_group_on_enterprise_project": simple(granted(*IN_ENTERPRISE)),
    "list_roles_for_group_on_enterprise_project": simple(grants_of(*IN_ENTERPRISE)),
}
