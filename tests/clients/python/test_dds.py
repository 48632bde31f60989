"""MongoDB instances: their life, their SSL switch, and the addresses of their certificates."""

import uuid

import desk
import pem
import pytest
import requests
from huaweicloudsdkdds.v3 import (
    CreateInstanceFlavorOption,
    CreateInstanceRequest,
    CreateInstanceRequestBody,
    Datastore,
    DeleteInstanceRequest,
    ListInstancesRequest,
    ListSslCertDownloadAddressRequest,
    SwitchSslRequest,
    SwitchSslRequestBody,
)


def create(dds, **fields):
    fields = {
        "name": desk.unique("mongo"),
        "datastore": Datastore(type="DDS-Community", version="4.4", storage_engine="wiredTiger"),
        "region": desk.REGION,
        "availability_zone": "cn-north-4a",
        "vpc_id": str(uuid.uuid4()),
        "subnet_id": str(uuid.uuid4()),
        "security_group_id": str(uuid.uuid4()),
        "password": "Chancery-2026",
        "mode": "ReplicaSet",
        "flavor": [CreateInstanceFlavorOption(
            type="replica", num="1", storage="ULTRAHIGH", size="10",
            spec_code="dds.mongodb.s6.large.2.repset")],
    } | fields
    return dds.create_instance(CreateInstanceRequest(body=CreateInstanceRequestBody(**fields)))


def find(dds, instance_id):
    """The instance in the list, or nothing."""
    answer = dds.list_instances(ListInstancesRequest(id=instance_id))
    assert answer.total_count == len(answer.instances)
    return answer.instances[0] if answer.instances else None


def switch_ssl(dds, instance_id, option):
    body = SwitchSslRequestBody(ssl_option=option)
    return dds.switch_ssl(SwitchSslRequest(instance_id=instance_id, body=body))


def addresses(dds, instance_id):
    request = ListSslCertDownloadAddressRequest(instance_id=instance_id)
    return dds.list_ssl_cert_download_address(request)


def delete(dds, instance_id):
    return dds.delete_instance(DeleteInstanceRequest(instance_id=instance_id))


def test_the_life_of_an_instance(dds):
    name = desk.unique("mongo")
    created = create(dds, name=name)
    assert created.status_code == 202
    assert len(created.id) == 36 and created.id.endswith("in02")
    assert (created.name, created.mode, created.ssl_option) == (name, "ReplicaSet", "1")
    assert created.job_id
    shown = find(dds, created.id)
    assert (shown.name, shown.status, shown.ssl, shown.port) == (name, "normal", 1, "8635")
    assert (shown.mode, shown.datastore.version) == ("ReplicaSet", "4.4")
    by_name = dds.list_instances(ListInstancesRequest(name=name))
    assert [one.id for one in by_name.instances] == [created.id]
    assert delete(dds, created.id).status_code == 202
    assert find(dds, created.id) is None
    for call in (addresses, delete):
        with desk.refused(400, "DBS.280110"):
            call(dds, created.id)


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"name": "1x"}, "DBS.280234", "name"),
        ({"mode": "Cluster"}, "DBS.280342", "mode"),
        ({"ssl_option": "2"}, "DBS.239011", "ssl_option"),
        ({"datastore": Datastore(type="Mongo", version="4.4", storage_engine="wiredTiger")},
         "DBS.280235", "datastore.type"),
        ({"datastore": Datastore(type="DDS-Community", version="1", storage_engine="wiredTiger")},
         "DBS.280236", "datastore.version"),
    ],
)
def test_a_faulty_instance_is_refused_and_not_kept(dds, fields, code, says):
    name = desk.unique("refused")
    with desk.refused(400, code, says=says):
        create(dds, **{"name": name} | fields)
    assert dds.list_instances(ListInstancesRequest(name=name)).instances == []


def test_ssl_is_switched(dds):
    instance_id = create(dds, ssl_option="0").id
    assert find(dds, instance_id).ssl == 0
    assert switch_ssl(dds, instance_id, "1").job_id
    assert find(dds, instance_id).ssl == 1
    with desk.refused(400, "DBS.239011", says="ssl_option"):
        switch_ssl(dds, instance_id, "on")
    assert find(dds, instance_id).ssl == 1


def test_the_address_is_the_authority_of_the_servers_certificate(dds):
    instance_id = create(dds).id
    (one,) = addresses(dds, instance_id).certs
    assert one.category == "international"
    answer = requests.get(one.download_link, timeout=desk.SECONDS)
    authority = pem.certificates(answer.text)
    bundle = desk.http("GET", f"/chancery/v1/instances/{instance_id}/server-bundle").json()
    files = {file["name"]: file["content"] for file in bundle["files"]}
    assert pem.certificates(files["ca.crt"]) == authority
    assert "certificateKeyFile" in bundle["configuration"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_addresses_only_read(dds, method):
    (one,) = addresses(dds, create(dds).id).certs
    answer = requests.request(method, one.download_link, data=b"x", timeout=desk.SECONDS)
    assert answer.status_code in (403, 405)


def test_another_project_is_refused(dds):
    instance_id = create(dds).id
    path = f"/v3/{uuid.uuid4().hex}/instances/{instance_id}/ssl-cert/download-link"
    answer = desk.http("GET", path)
    assert answer.status_code in (400, 401, 403)
    assert answer.json()["error_code"].startswith("DBS.")
