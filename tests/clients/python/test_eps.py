"""Enterprise projects, and what is filed under them."""

import uuid

import desk
import pytest
from huaweicloudsdkeps.v1 import (
    DisableAction,
    DisableEnterpriseProjectRequest,
    EnableAction,
    EnableEnterpriseProjectRequest,
    EnterpriseProject,
    ListEnterpriseProjectRequest,
    ShowEnterpriseProjectRequest,
    UpdateEnterpriseProjectRequest,
)


def show(eps, project_id):
    request = ShowEnterpriseProjectRequest(enterprise_project_id=project_id)
    return eps.show_enterprise_project(request).enterprise_project


def disable(eps, project_id):
    request = DisableEnterpriseProjectRequest(project_id, DisableAction(action="disable"))
    return eps.disable_enterprise_project(request)


def enable(eps, project_id):
    request = EnableEnterpriseProjectRequest(project_id, EnableAction(action="enable"))
    return eps.enable_enterprise_project(request)


def test_the_default_one(eps):
    default = show(eps, "0")
    assert (default.name, default.status, default.type) == ("default", 1, "prod")
    with desk.refused(400, "EPS.0015", "default"):
        disable(eps, "0")
    with desk.refused(400, "EPS.0012", "default"):
        body = EnterpriseProject(name="other")
        eps.update_enterprise_project(UpdateEnterpriseProjectRequest("0", body))


def test_from_the_beginning_to_the_end(eps):
    made = desk.create_enterprise_project(eps, description="团队", type="poc")
    assert str(uuid.UUID(made.id)) == made.id
    assert (made.description, made.type, made.status) == ("团队", "poc", 1)
    assert made.delete_flag is False
    assert made.created_at == made.updated_at and str(made.created_at).startswith("20")
    assert show(eps, made.id).to_dict() == made.to_dict()

    name = desk.unique("renamed")
    body = EnterpriseProject(name=name, description="")
    answer = eps.update_enterprise_project(UpdateEnterpriseProjectRequest(made.id, body))
    assert (answer.enterprise_project.name, answer.enterprise_project.description) == (name, "")

    assert disable(eps, made.id).status_code == 204
    assert show(eps, made.id).status == 2
    with desk.refused(400, "EPS.0014", "disabled"):
        eps.update_enterprise_project(UpdateEnterpriseProjectRequest(made.id, body))
    assert enable(eps, made.id).status_code == 204
    assert show(eps, made.id).status == 1


def test_lists(eps):
    mark = desk.unique("listed")
    first, second = desk.create_enterprise_project(eps, name=f"{mark}-a"), desk.create_enterprise_project(eps, name=f"{mark}-b", type="poc")
    disable(eps, second.id)

    def ids(**query):
        answer = eps.list_enterprise_project(ListEnterpriseProjectRequest(**query))
        return [row.id for row in answer.enterprise_projects], answer.total_count

    assert ids(name=mark, sort_key="name", sort_dir="asc") == ([first.id, second.id], 2)
    assert ids(name=mark, sort_key="name", sort_dir="desc", limit=1) == ([second.id], 2)
    assert ids(name=mark, status=2) == ([second.id], 1)
    assert ids(name=mark, type="prod") == ([first.id], 1)
    assert ids(id="0") == (["0"], 1)


@pytest.mark.parametrize("name", ["", "a b", "Default", "x" * 256])
def test_names_that_are_refused(eps, name):
    with desk.refused(400, "EPS.0007", "name"):
        desk.create_enterprise_project(eps, name=name)


def test_a_name_is_taken_once(eps):
    made = desk.create_enterprise_project(eps)
    with desk.refused(409, "EPS.0010", "name"):
        desk.create_enterprise_project(eps, name=made.name)


def test_what_is_not_there(eps):
    with desk.refused(404, "EPS.0005", "does not exist"):
        show(eps, str(uuid.uuid4()))


def test_a_ca_is_filed_under_one_that_is_there_and_enabled(eps, ccm):
    ours, closed = desk.create_enterprise_project(eps), desk.create_enterprise_project(eps)
    disable(eps, closed.id)
    ca_id = desk.create_ca(ccm, enterprise_project_id=ours.id)
    assert desk.show_ca(ccm, ca_id).enterprise_project_id == ours.id
    for other in (closed.id, str(uuid.uuid4())):
        with desk.refused(400, "PCA.", "enterprise_project_id"):
            desk.create_ca(ccm, enterprise_project_id=other)
