"""Redis instances: their life, their SSL switch, and the link to their certificate."""

import base64
import hashlib
import hmac
import os
import subprocess
import time
import uuid
from datetime import datetime, timezone
from urllib.parse import parse_qs, quote, urlsplit

import desk
import pem
import pytest
import requests
import tools
from huaweicloudsdkdcs.v2 import (
    CreateInstanceBody,
    CreateInstanceRequest,
    DeleteSingleInstanceRequest,
    DownloadSslCertRequest,
    ListInstancesRequest,
    ShowInstanceRequest,
    ShowInstanceSslDetailRequest,
    ShowJobInfoRequest,
    UpdateSSLSwitchRequestBody,
    UpdateSslSwitchRequest,
)

BASIC = "redis.ha.xu1.large.r2.1"


def create(dcs, **fields):
    fields = {
        "name": desk.unique("redis"),
        "engine": "Redis",
        "engine_version": "6.0",
        "capacity": 1,
        "spec_code": BASIC,
        "az_codes": ["cn-north-4a"],
        "vpc_id": str(uuid.uuid4()),
        "subnet_id": str(uuid.uuid4()),
        "no_password_access": True,
    } | fields
    answer = dcs.create_instance(CreateInstanceRequest(body=CreateInstanceBody(**fields)))
    return answer.instances[0].instance_id


def show(dcs, instance_id):
    return dcs.show_instance(ShowInstanceRequest(instance_id=instance_id))


def show_ssl(dcs, instance_id):
    return dcs.show_instance_ssl_detail(ShowInstanceSslDetailRequest(instance_id=instance_id))


def switch_ssl(dcs, instance_id, enabled):
    body = UpdateSSLSwitchRequestBody(enabled=enabled)
    return dcs.update_ssl_switch(UpdateSslSwitchRequest(instance_id=instance_id, body=body))


def download(dcs, instance_id):
    return dcs.download_ssl_cert(DownloadSslCertRequest(instance_id=instance_id))


def delete(dcs, instance_id):
    return dcs.delete_single_instance(DeleteSingleInstanceRequest(instance_id=instance_id))


def server_bundle(instance_id):
    """The server's side: file names with their content, and the lines of its configuration."""
    answer = desk.http("GET", f"/chancery/v1/instances/{instance_id}/server-bundle")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    return {file["name"]: file["content"] for file in body["files"]}, body["configuration"]


@pytest.fixture(scope="module")
def instance_id(dcs):
    return create(dcs)


@pytest.fixture(scope="module")
def link(dcs, instance_id):
    return download(dcs, instance_id).link


def test_the_life_of_an_instance(dcs):
    name = desk.unique("redis")
    instance_id = create(dcs, name=name, enable_ssl=True)
    shown = show(dcs, instance_id)
    assert (shown.instance_id, shown.name, shown.status) == (instance_id, name, "RUNNING")
    assert (shown.engine, shown.engine_version, shown.spec_code) == ("Redis", "6.0", BASIC)
    assert shown.enable_ssl is True
    assert shown.features.support_ssl is True
    listing = dcs.list_instances(ListInstancesRequest(name=name))
    assert [one.instance_id for one in listing.instances] == [instance_id]
    assert listing.instance_num == 1
    assert delete(dcs, instance_id).status_code == 204
    for call in (show, show_ssl, download, delete):
        with desk.refused(404, "DCS.3022"):
            call(dcs, instance_id)
    assert dcs.list_instances(ListInstancesRequest(name=name)).instances == []


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"name": "1x"}, "DCS.4010", "name"),
        ({"engine": "Mongo"}, "DCS.4006", "engine"),
        ({"engine_version": "1.0"}, "DCS.4008", "engine_version"),
        ({"capacity": -1}, "DCS.4012", "capacity"),
        ({"spec_code": "no-such-flavor"}, "DCS.4009", "spec_code"),
    ],
)
def test_a_faulty_instance_is_refused_and_not_kept(dcs, fields, code, says):
    name = desk.unique("refused")
    with desk.refused(400, code, says=says):
        create(dcs, **{"name": name} | fields)
    assert dcs.list_instances(ListInstancesRequest(name=name)).instances == []


def test_ssl_is_switched(dcs):
    instance_id = create(dcs)
    assert show_ssl(dcs, instance_id).enabled is False
    switched = switch_ssl(dcs, instance_id, True)
    assert (switched.instance_id, switched.result) == (instance_id, "success")
    job = dcs.show_job_info(ShowJobInfoRequest(job_id=switched.job_id))
    assert (job.job_id, job.status) == (switched.job_id, "SUCCESS")
    ssl = show_ssl(dcs, instance_id)
    assert ssl.enabled is True and ssl.ssl_validated is True
    assert ssl.port == "6379"
    assert datetime.fromisoformat(ssl.ssl_expired_at) > datetime.now(timezone.utc)
    assert show(dcs, instance_id).enable_ssl is True
    switch_ssl(dcs, instance_id, False)
    assert show_ssl(dcs, instance_id).enabled is False


def test_a_switch_needs_a_boolean(instance_id):
    answer = desk.http("PUT", f"/v2/{desk.PROJECT_ID}/instances/{instance_id}/ssl",
                       json={"enabled": "perhaps"})
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "DCS.4202"
    assert answer.json()["error_ext_msg"] is None
    assert "enabled" in answer.json()["error_msg"]


@pytest.mark.parametrize(
    "fields",
    [
        {"engine_version": "5.0"},
        {"engine_version": "7.0"},
        {"spec_code": "redis.ha.xu1.large.enthp.8", "capacity": 8},
    ],
    ids=["5.0", "7.0", "enterprise"],
)
def test_other_instances_have_no_ssl(dcs, fields):
    instance_id = create(dcs, **fields)
    assert show(dcs, instance_id).features.support_ssl is False
    with desk.refused(400, "DCS.4201", says="SSL"):
        download(dcs, instance_id)
    with desk.refused(400, "DCS.4201", says="SSL"):
        switch_ssl(dcs, instance_id, True)


def test_the_link_is_the_authority_of_the_servers_certificate(dcs, instance_id):
    """Already before SSL is switched on."""
    answer = download(dcs, instance_id)
    authority = pem.certificates(requests.get(answer.link, timeout=desk.SECONDS).text)
    files, configuration = server_bundle(instance_id)
    leaf, *rest = pem.certificates(files["server.crt"])
    pem.verify_chain(leaf, [*rest, *authority])
    assert pem.belongs(pem.private_key(files["server.key"]), leaf)
    assert pem.certificates(files["ca.crt"]) == authority
    for line in ("tls-cert-file", "tls-key-file", "tls-ca-cert-file"):
        assert line in configuration


def test_curl_fetches_the_link(link):
    result = subprocess.run(
        [tools.need("curl"), "--silent", "--show-error", "--fail-with-body", link],
        capture_output=True, text=True, timeout=tools.SECONDS, check=False,
    )
    assert result.returncode == 0, result.stderr
    assert pem.certificate(result.stdout)


def edited(link, **changes):
    """The link with some of its query values replaced."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    pairs = (query | changes).items()
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    return urlsplit(link)._replace(query=text).geturl()


def test_a_changed_link_fails(link):
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    later = str(int(query["Expires"][0]) + 1)
    signature = query["Signature"][0]
    changed = ("B" if signature[0] == "A" else "A") + signature[1:]
    assert requests.get(edited(link), timeout=desk.SECONDS).status_code == 200
    for wrong in (
        edited(link, Expires=later),
        edited(link, Signature=changed),
        edited(link, Signature=""),
        edited(link, AWSAccessKeyId="NOSUCHKEY"),
        edited(link, AWSAccessKeyId=desk.AK),
        parts._replace(path=parts.path + "x").geturl(),
        parts._replace(path=parts.path.replace("/objects/", "/objects/x")).geturl(),
        parts._replace(query="").geturl(),
    ):
        answer = requests.get(wrong, timeout=desk.SECONDS)
        assert answer.status_code == 403, wrong
        assert "<Error>" in answer.text
        assert "BEGIN CERTIFICATE" not in answer.text


def test_an_expired_link_fails(link):
    answer = requests.get(edited(link, Expires=str(int(time.time()) - 60)), timeout=desk.SECONDS)
    assert answer.status_code == 403


def test_the_users_key_signs_no_links(link):
    """Links are signed with a key of their own: the administrator's makes none."""
    parts = urlsplit(link)
    expires = str(int(time.time()) + 600)
    resource = parts.path.removeprefix("/objects")
    text = f"GET\n\n\n{expires}\n{resource}".encode()
    signature = base64.b64encode(hmac.new(desk.SK.encode(), text, hashlib.sha1).digest())
    forged = edited(link, AWSAccessKeyId=desk.AK, Expires=expires, Signature=signature.decode())
    assert requests.get(forged, timeout=desk.SECONDS).status_code == 403


def test_links_only_read(link):
    for method in ("PUT", "POST", "DELETE"):
        answer = requests.request(method, link, data=b"x", timeout=desk.SECONDS)
        assert answer.status_code in (403, 405)
    assert requests.get(link, timeout=desk.SECONDS).status_code == 200


def test_another_project_is_refused(instance_id):
    path = f"/v2/{uuid.uuid4().hex}/instances/{instance_id}"
    answer = desk.http("GET", path)
    assert answer.status_code in (401, 403, 404)
    assert os.environ["HUAWEICLOUD_SDK_PROJECT_ID"] not in answer.text
