"""The data sources of the other services."""

import os

import desk
import pem
import requests

SOURCE = "data.huaweicloud_"


def test_what_is_read_of_instances_and_tasks(workspace):
    values = {
        name.lower(): os.environ[f"CHANCERY_DEMO_{name}_ID"]
        for name in ("DCS_INSTANCE", "DDS_INSTANCE", "SMS_SOURCE", "SMS_TASK")
    }
    services = workspace("services")
    state = services.apply(**values)
    assert services.plan() == {}

    for service in ("dcs", "dds"):
        listed = state[f"{SOURCE}{service}_instances.all"]["instances"]
        assert values[f"{service}_instance"] in {one["id"] for one in listed}
    links = state[f"{SOURCE}dds_ssl_cert_download_links.links"]["certs"]
    assert {one["category"] for one in links} == {"international"}
    for one in links:
        answer = requests.get(one["download_link"], timeout=desk.SECONDS)
        assert answer.status_code == 200
        assert pem.certificates(answer.text)

    (source,) = state[f"{SOURCE}sms_source_servers.found"]["servers"]
    assert source["id"] == values["sms_source"]
    (task,) = state[f"{SOURCE}sms_tasks.found"]["tasks"]
    assert task["id"] == values["sms_task"]

    key = f"{SOURCE}sms_task_ssl_certificate_and_private_key"
    full, short = state[f"{key}.task"], state[f"{key}.without_authority"]
    (authority,) = pem.certificates(full["ca"])
    for name in ("", "target_mgmt_", "target_data_"):
        leaf = pem.certificate(full[f"{name}cert"])
        leaf.verify_directly_issued_by(authority)
        assert pem.belongs(pem.private_key(full[f"{name}private_key"]), leaf)
        assert short[f"{name}cert"] == full[f"{name}cert"]
    services.destroy()
