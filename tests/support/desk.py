"""The SDK clients, made as the sample programs make them, and the calls many tests share.

Everything comes from the variables of client.env: keys, endpoints, trust.
"""

import functools
import io
import os
import uuid
import zipfile
from contextlib import contextmanager

import pytest
import requests
from huaweicloudsdkccm.v1 import (
    CcmClient,
    CertDistinguishedName,
    CreateCertificateAuthorityRequest,
    CreateCertificateAuthorityRequestBody,
    CreateCertificateRequest,
    CreateCertificateRequestBody,
    DistinguishedName,
    ExportCertificateAuthorityCertificateRequest,
    ExportCertificateRequest,
    ExportCertificateRequestBody,
    ShowCertificateAuthorityRequest,
    ShowCertificateRequest,
    SubjectAlternativeName,
    Validity,
)
from huaweicloudsdkccm.v1.region.ccm_region import CcmRegion
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.exceptions import exceptions
from huaweicloudsdkdcs.v2 import DcsClient
from huaweicloudsdkdcs.v2.region.dcs_region import DcsRegion
from huaweicloudsdkdds.v3 import DdsClient
from huaweicloudsdkdds.v3.region.dds_region import DdsRegion
from huaweicloudsdkbss.v2 import BssClient
from huaweicloudsdkbss.v2.region.bss_region import BssRegion
from huaweicloudsdkeps.v1 import (
    CreateEnterpriseProjectRequest,
    EnterpriseProject,
    EpsClient,
)
from huaweicloudsdkeps.v1.region.eps_region import EpsRegion
from huaweicloudsdkiam.v3 import IamClient
from huaweicloudsdkiam.v3.region.iam_region import IamRegion
from huaweicloudsdkscm.v3 import ScmClient
from huaweicloudsdkscm.v3.region.scm_region import ScmRegion
from huaweicloudsdksms.v3 import SmsClient
from huaweicloudsdksms.v3.region.sms_region import SmsRegion

REGION = os.environ["HW_REGION_NAME"]
PROJECT_ID = os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
DOMAIN_ID = os.environ["HUAWEICLOUD_SDK_DOMAIN_ID"]
ENDPOINT = os.environ["CHANCERY_ENDPOINT"]
AK = os.environ["CLOUD_SDK_AK"]
SK = os.environ["CLOUD_SDK_SK"]

SECONDS = 30


# Clients.

def _client(client, region, credentials):
    return (
        client.new_builder()
        .with_credentials(credentials)
        .with_region(region.value_of(REGION))
        .build()
    )


def ccm_client(ak=AK, sk=SK, domain_id=None):
    """Without an account id the SDK asks IAM for it while it builds the client."""
    return _client(CcmClient, CcmRegion, GlobalCredentials(ak, sk, domain_id))


def scm_client(ak=AK, sk=SK):
    return _client(ScmClient, ScmRegion, GlobalCredentials(ak, sk))


def iam_client(ak=AK, sk=SK):
    return _client(IamClient, IamRegion, GlobalCredentials(ak, sk))


def bss_client(ak=AK, sk=SK):
    return _client(BssClient, BssRegion, GlobalCredentials(ak, sk))


def eps_client(ak=AK, sk=SK):
    return _client(EpsClient, EpsRegion, GlobalCredentials(ak, sk))


def dcs_client(ak=AK, sk=SK, project_id=PROJECT_ID):
    return _client(DcsClient, DcsRegion, BasicCredentials(ak, sk, project_id))


def dds_client(ak=AK, sk=SK, project_id=PROJECT_ID):
    return _client(DdsClient, DdsRegion, BasicCredentials(ak, sk, project_id))


def sms_client(ak=AK, sk=SK, project_id=PROJECT_ID):
    """The sample has global credentials here, which this SDK's SmsClient does not take."""
    return _client(SmsClient, SmsRegion, BasicCredentials(ak, sk, project_id))


# Refusals.

@contextmanager
def refused(status, code, says=None):
    """The block's call is refused with this status and a code that starts so, in the caller's words.

    `says` is a piece of the sentence, such as the name of the field at fault.
    """
    with pytest.raises(exceptions.ClientRequestException) as caught:
        yield caught
    error = caught.value
    assert (error.status_code, error.error_code[: len(code)]) == (status, code), error
    assert 0 < len(error.error_msg) <= 1024
    assert is_request_id(error.request_id), error.request_id
    if says is not None:
        assert says in error.error_msg, error.error_msg


def is_request_id(text):
    return text is not None and len(text) == 32 and set(text) <= set("0123456789abcdef")


# Plain HTTP, for what no SDK sends.

@functools.cache
def token(of_project=True):
    """A token of the administrator, one for all tests of a run: of the project, or of the account,
    which manages users and accounts as well."""
    user = {
        "name": os.environ["CHANCERY_USER"],
        "password": os.environ["CHANCERY_PASSWORD"],
        "domain": {"name": os.environ["CHANCERY_DOMAIN"]},
    }
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if of_project:
        auth["scope"] = {"project": {"name": REGION}}
    answer = requests.post(f"{ENDPOINT}/v3/auth/tokens", json={"auth": auth}, timeout=SECONDS)
    assert answer.status_code == 201, answer.text
    return answer.headers["X-Subject-Token"]


def http(method, path, headers=None, **arguments):
    """One request with the administrator's token. The listener's certificate is verified."""
    headers = {"X-Auth-Token": token()} | (headers or {})
    return requests.request(
        method, ENDPOINT + path, headers=headers, timeout=SECONDS, **arguments
    )


# Private CA.

def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def years(value):
    return Validity(type="YEAR", value=value)


def distinguished_name(common_name):
    return DistinguishedName(
        common_name=common_name,
        country="CN",
        state="Shanghai",
        locality="Pudong",
        organization="Chancery Tests",
        organizational_unit="Desk",
    )


def create_ca(ccm, **fields):
    """Creates a certificate authority and answers its id. `name` stands for its common name."""
    fields = {
        "type": "ROOT",
        "distinguished_name": distinguished_name(fields.pop("name", None) or unique("ca")),
        "key_algorithm": "EC256",
        "signature_algorithm": "SHA256",
        "validity": years(10),
    } | fields
    body = CreateCertificateAuthorityRequestBody(**fields)
    return ccm.create_certificate_authority(CreateCertificateAuthorityRequest(body=body)).ca_id


def create_subordinate(ccm, issuer_id, **fields):
    """Creates a subordinate authority that is active at once."""
    fields = {"type": "SUBORDINATE", "issuer_id": issuer_id, "validity": years(5)} | fields
    return create_ca(ccm, **fields)


def create_enterprise_project(eps, **fields):
    """Creates an enterprise project and answers it."""
    body = EnterpriseProject(**({"name": unique("project")} | fields))
    answer = eps.create_enterprise_project(CreateEnterpriseProjectRequest(body=body))
    assert answer.status_code == 201
    return answer.enterprise_project


def create_pending(ccm, **fields):
    """Creates a subordinate authority that waits for its certificate."""
    return create_ca(ccm, type="SUBORDINATE", validity=None, signature_algorithm=None, **fields)


def show_ca(ccm, ca_id):
    return ccm.show_certificate_authority(ShowCertificateAuthorityRequest(ca_id=ca_id))


def export_ca(ccm, ca_id):
    request = ExportCertificateAuthorityCertificateRequest(ca_id=ca_id)
    return ccm.export_certificate_authority_certificate(request)


def create_certificate(ccm, issuer_id, common_name="localhost", sans=(), **fields):
    """Issues a certificate with a key made by the server and answers its id.

    `sans` are pairs such as ("DNS", "localhost").
    """
    fields = {
        "issuer_id": issuer_id,
        "distinguished_name": CertDistinguishedName(common_name=common_name),
        "key_algorithm": "EC256",
        "signature_algorithm": "SHA256",
        "validity": years(1),
        "subject_alternative_names": [
            SubjectAlternativeName(type=type, value=value) for type, value in sans
        ],
    } | fields
    body = CreateCertificateRequestBody(**fields)
    return ccm.create_certificate(CreateCertificateRequest(body=body)).certificate_id


LOCAL_NAMES = (("DNS", "localhost"), ("IP", "127.0.0.1"))


def show_certificate(ccm, certificate_id):
    return ccm.show_certificate(ShowCertificateRequest(certificate_id=certificate_id))


def export(ccm, certificate_id, type="OTHER", compressed=False, password=None, **fields):
    """The answer of an export call."""
    body = ExportCertificateRequestBody(
        type=type, is_compressed=str(compressed).lower(), password=password, **fields
    )
    request = ExportCertificateRequest(certificate_id=certificate_id, body=body)
    return ccm.export_certificate(request)


def export_files(ccm, certificate_id, type, password=None):
    """The members of an exported archive, by name."""
    answer = export(ccm, certificate_id, type, compressed=True, password=password)
    with zipfile.ZipFile(io.BytesIO(answer.raw_content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}
