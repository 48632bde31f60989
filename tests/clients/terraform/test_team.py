"""Users, groups, roles and enterprise projects, and the key of a user that Terraform made."""

import csv

import desk
import pytest
from huaweicloudsdkccm.v1 import ListCertificateAuthorityRequest
from huaweicloudsdkeps.v1 import ShowEnterpriseProjectRequest

PROJECT, GROUP = "huaweicloud_enterprise_project.team", "huaweicloud_identity_group.team"
ALICE, PROGRAM = (f"huaweicloud_identity_user.{name}" for name in ("alice", "program"))
KEY, ROLE = "huaweicloud_identity_access_key.program", "huaweicloud_identity_role.readers"
SOURCE = "data.huaweicloud_"


@pytest.fixture
def variables():
    return {
        "name": desk.unique("tf"), "password": "Aa0,.+-_#xyz",
        "account": desk.DOMAIN_ID, "project": desk.PROJECT_ID,
    }


def test_a_team_comes_and_goes(eps, workspace, variables):
    team = workspace("team")
    made = team.apply(**variables)
    assert team.plan() == {}
    check_sources(made, variables)
    ids = {address: values["id"] for address, values in made.items() if address[:4] != "data"}
    lists = ListCertificateAuthorityRequest(limit=1)
    program = program_of(team, made)
    program.list_certificate_authority(lists)
    with desk.refused(403, "PCA."):
        desk.create_ca(program)

    variables |= {"description": "Changed", "actions": ["pca:ca:get"]}
    changed = change(team, variables, {PROJECT, GROUP, ALICE, KEY, ROLE}, ids)
    assert changed[PROJECT]["description"] == changed[ALICE]["description"] == "Changed"
    variables["enabled"] = False
    changed = change(team, variables, {PROJECT, ALICE}, ids)
    assert not changed[ALICE]["enabled"] and not changed[PROJECT]["enable"]

    team.destroy()
    with desk.refused(401, "APIGW."):
        program.list_certificate_authority(lists)
    for path in (f"groups/{ids[GROUP]}", f"users/{ids[ALICE]}", f"users/{ids[PROGRAM]}"):
        answer = desk.http("GET", f"/v3/{path}", {"X-Auth-Token": desk.token(of_project=False)})
        assert answer.status_code == 404
    # Enterprise projects stay, disabled: nobody can delete one.
    request = ShowEnterpriseProjectRequest(enterprise_project_id=ids[PROJECT])
    assert eps.show_enterprise_project(request).enterprise_project.status == 2


def change(team, variables, addresses, ids):
    """Applies a change that these resources are to have in place; then there is nothing left to do."""
    team.set(**variables)
    assert team.plan() == {address: ["update"] for address in addresses}
    changed = team.apply(**variables)
    assert team.plan() == {}
    assert {address: changed[address]["id"] for address in ids} == ids
    return changed


def program_of(team, made):
    """The private CA service, as the user whose key Terraform has written to a file."""
    with (team.folder / "key.csv").open(encoding="utf-8-sig") as file:
        (key,) = csv.DictReader(file)
    assert key["Access Key ID"] == made[KEY]["id"]
    return desk.ccm_client(key["Access Key ID"], key["Secret Access Key"], desk.DOMAIN_ID)


def check_sources(made, variables):
    (user,) = made[f"{SOURCE}identity_users.found"]["users"]
    assert (user["id"], user["groups"]) == (made[ALICE]["id"], [made[GROUP]["name"]])
    members = made[f"{SOURCE}identity_group.found"]["users"]
    assert {one["id"] for one in members} == {made[ALICE]["id"], made[PROGRAM]["id"]}
    assert made[f"{SOURCE}identity_custom_role.found"]["name"] == made[ROLE]["name"]
    projects = made[f"{SOURCE}identity_projects.all"]["projects"]
    assert variables["project"] in {one["id"] for one in projects}
    assert made[f"{SOURCE}enterprise_project.found"]["id"] == made[PROJECT]["id"]
