"""The file that tells clients all they need."""

import os
from pathlib import Path

import pytest
import requests

REGION = os.environ["HW_REGION_NAME"].upper().replace("-", "_")

DOCUMENTED = [
    "CLOUD_SDK_AK", "CLOUD_SDK_SK", "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK",
    "HUAWEICLOUD_SDK_PROJECT_ID", "HUAWEICLOUD_SDK_DOMAIN_ID", "HUAWEICLOUD_SDK_IAM_ENDPOINT",
    *(f"HUAWEICLOUD_SDK_REGION_{service}_{REGION}"
      for service in ("CCM", "SCM", "DCS", "DDS", "SMS", "IAM", "EPS", "BSS")),
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS",
    "HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_REGION_NAME", "HW_PROJECT_ID", "HW_DOMAIN_ID",
    "HW_AUTH_URL", "SKIP_CHECK_WEBSITE_TYPE",
    "CHANCERY_ENDPOINT", "CHANCERY_DOMAIN", "CHANCERY_USER", "CHANCERY_PASSWORD",
    *(f"CHANCERY_DEMO_{what}_ID"
      for what in ("DCS_INSTANCE", "DDS_INSTANCE", "SMS_TASK", "CERTIFICATE", "SCM_CERTIFICATE",
                   "SM2_CERTIFICATE")),
]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_it_has_every_documented_variable(name):
    assert os.environ[name]


def test_only_its_owner_reads_it():
    file = Path(os.environ["CHANCERY_TEST_DATA"], "client.env")
    assert file.stat().st_mode & 0o777 == 0o600


def test_its_trust_is_what_lets_clients_in(tmp_path):
    """With the system's roots alone the listener's certificate is refused, as it must be."""
    system = "/etc/ssl/certs/ca-certificates.crt"
    address = os.environ["CHANCERY_ENDPOINT"] + "/v3/auth/domains"
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(address, verify=system, timeout=30)
    assert requests.get(address, timeout=30).status_code == 401


def test_its_trust_keeps_the_systems_roots():
    """One file for both: a file with our root alone breaks pip and Maven."""
    ours = Path(os.environ["SSL_CERT_FILE"]).read_text()
    assert ours.count("BEGIN CERTIFICATE") > 20
