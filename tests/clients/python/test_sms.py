"""Migration sources and tasks, and the material of a task."""

import uuid

import desk
import migration
import pem
import pytest
from huaweicloudsdksms.v3 import (
    DeleteServerRequest,
    DeleteTaskRequest,
    ListServersRequest,
    ListTasksRequest,
    NetWork,
    ShowServerRequest,
    ShowTaskRequest,
)

FIELDS = ["cert", "private_key", "ca", "target_mgmt_cert", "target_mgmt_private_key",
          "target_data_cert", "target_data_private_key"]


@pytest.fixture(scope="module")
def source_id(sms):
    return migration.register(sms)


@pytest.fixture(scope="module")
def task_id(sms, source_id):
    return migration.create_task(sms, source_id)


def show_source(sms, source_id):
    return sms.show_server(ShowServerRequest(source_id=source_id))


def delete_source(sms, source_id):
    return sms.delete_server(DeleteServerRequest(source_id=source_id))


def show_task(sms, task_id):
    return sms.show_task(ShowTaskRequest(task_id=task_id))


def delete_task(sms, task_id):
    return sms.delete_task(DeleteTaskRequest(task_id=task_id))


def material(answer):
    return {field: getattr(answer, field) for field in FIELDS}


def test_the_life_of_a_source(sms):
    name = desk.unique("source")
    source_id = migration.register(sms, name=name)
    assert source_id == str(uuid.UUID(source_id))
    shown = show_source(sms, source_id)
    assert (shown.id, shown.name, shown.os_type) == (source_id, name, "LINUX")
    assert shown.networks[0].mac == "52:54:00:12:34:56"
    listing = sms.list_servers(ListServersRequest(name=name))
    assert (listing.count, [one.id for one in listing.source_servers]) == (1, [source_id])
    delete_source(sms, source_id)
    for call in (show_source, delete_source):
        with desk.refused(404, "SMS.2216"):
            call(sms, source_id)


def test_the_life_of_a_task(sms, source_id):
    name = desk.unique("task")
    task_id = migration.create_task(sms, source_id, name=name)
    shown = show_task(sms, task_id)
    assert (shown.id, shown.name, shown.state) == (task_id, name, "READY")
    assert (shown.type, shown.priority) == ("MIGRATE_BLOCK", 1)
    assert shown.source_server.id == source_id
    listing = sms.list_tasks(ListTasksRequest(name=name))
    assert (listing.count, [one.id for one in listing.tasks]) == (1, [task_id])
    assert task_id in [
        one.id for one in sms.list_tasks(ListTasksRequest(source_server_id=source_id)).tasks
    ]
    delete_task(sms, task_id)
    for call in (show_task, migration.certkey, delete_task):
        with desk.refused(404, "SMS.2252"):
            call(sms, task_id)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"os_type": "BEOS"}, "os_type"),
        ({"networks": []}, "networks"),
        ({"networks": [NetWork(name="eth0", mac="")]}, "mac"),
        ({"name": ""}, "name"),
    ],
)
def test_a_faulty_source_is_refused(sms, fields, says):
    before = sms.list_servers(ListServersRequest(limit=1)).count
    with desk.refused(400, "SMS.", says=says):
        migration.register(sms, **fields)
    assert sms.list_servers(ListServersRequest(limit=1)).count == before


def test_a_faulty_task_is_refused(sms, source_id):
    before = sms.list_tasks(ListTasksRequest(limit=1)).count
    with desk.refused(400, "SMS.", says="type"):
        migration.create_task(sms, source_id, type="MIGRATE_SOUL")
    with desk.refused(404, "SMS.2216"):
        migration.create_task(sms, str(uuid.uuid4()))
    assert sms.list_tasks(ListTasksRequest(limit=1)).count == before


def test_the_material_is_made_once(sms, task_id):
    first = material(migration.certkey(sms, task_id))
    assert all(first.values())
    assert material(migration.certkey(sms, task_id, enable_ca_cert=True)) == first
    for text in first.values():
        assert text.startswith("-----BEGIN ") and "\r" not in text


def test_the_authority_is_left_out_when_not_wanted(sms, task_id):
    whole = material(migration.certkey(sms, task_id))
    answer = migration.certkey(sms, task_id, enable_ca_cert=False)
    assert "ca" not in answer.to_json_object()
    assert material(answer) == whole | {"ca": None}


def test_each_task_has_material_of_its_own(sms, source_id, task_id):
    ours = material(migration.certkey(sms, task_id))
    theirs = material(migration.certkey(sms, migration.create_task(sms, source_id)))
    assert not set(ours.values()) & set(theirs.values())


def test_the_chain_of_each_certificate(sms, task_id):
    answer = migration.certkey(sms, task_id)
    authority = pem.certificate(answer.ca)
    pem.verify_chain(pem.certificate(answer.cert), [authority], purpose="sslclient")
    for certificate in (answer.target_mgmt_cert, answer.target_data_cert):
        pem.verify_chain(pem.certificate(certificate), [authority], purpose="sslserver")
        pem.verify_chain(pem.certificate(certificate), [authority], purpose="sslclient")


def test_a_query_that_is_no_boolean(task_id):
    answer = desk.http("GET", f"/v3/tasks/{task_id}/certkey?enable_ca_cert=perhaps")
    assert answer.status_code == 400
    assert answer.json()["error_code"].startswith("SMS.")
    assert "enable_ca_cert" in answer.json()["error_msg"]


def test_keys_are_not_to_be_stored(task_id):
    answer = desk.http("GET", f"/v3/tasks/{task_id}/certkey")
    assert answer.headers["Cache-Control"] == "no-store"
