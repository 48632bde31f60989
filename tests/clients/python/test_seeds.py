"""The five documented calls as their documentation's sample programs make them.

Each `..._sample` is a sample program with its placeholders filled in and the answer returned in
place of printed. Their only other edit: the SMS client of this SDK takes project credentials.
"""

import os
from datetime import datetime, timezone

import pem
import pytest
import requests
from huaweicloudsdkccm.v1 import *
from huaweicloudsdkccm.v1.region.ccm_region import CcmRegion
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkdcs.v2 import DcsClient, DownloadSslCertRequest
from huaweicloudsdkdcs.v2.region.dcs_region import DcsRegion
from huaweicloudsdkdds.v3 import DdsClient, ListSslCertDownloadAddressRequest
from huaweicloudsdkdds.v3.region.dds_region import DdsRegion
from huaweicloudsdkscm.v3 import ExportCertificateRequest as ScmExportCertificateRequest
from huaweicloudsdkscm.v3 import ScmClient
from huaweicloudsdkscm.v3.region.scm_region import ScmRegion
from huaweicloudsdksms.v3 import ShowCertKeyRequest, SmsClient
from huaweicloudsdksms.v3.region.sms_region import SmsRegion

REGION = os.environ["HW_REGION_NAME"]
PROJECT_ID = os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]


def ccm_sample():
    ak = os.environ["CLOUD_SDK_AK"]
    sk = os.environ["CLOUD_SDK_SK"]

    credentials = GlobalCredentials(ak, sk)

    client = CcmClient.new_builder() \
        .with_credentials(credentials) \
        .with_region(CcmRegion.value_of(REGION)) \
        .build()

    request = ExportCertificateRequest()
    request.certificate_id = os.environ["CHANCERY_DEMO_CERTIFICATE_ID"]
    request.body = ExportCertificateRequestBody(
        password="test",
        type="other",
        is_compressed="false"
    )
    return client.export_certificate(request)


def scm_sample():
    ak = os.environ["CLOUD_SDK_AK"]
    sk = os.environ["CLOUD_SDK_SK"]

    credentials = GlobalCredentials(ak, sk)

    client = ScmClient.new_builder() \
        .with_credentials(credentials) \
        .with_region(ScmRegion.value_of(REGION)) \
        .build()

    request = ScmExportCertificateRequest()
    request.certificate_id = os.environ["CHANCERY_DEMO_SCM_CERTIFICATE_ID"]
    return client.export_certificate(request)


def dcs_sample():
    ak = os.environ["CLOUD_SDK_AK"]
    sk = os.environ["CLOUD_SDK_SK"]
    projectId = PROJECT_ID

    credentials = BasicCredentials(ak, sk, projectId)

    client = DcsClient.new_builder() \
        .with_credentials(credentials) \
        .with_region(DcsRegion.value_of(REGION)) \
        .build()

    request = DownloadSslCertRequest()
    request.instance_id = os.environ["CHANCERY_DEMO_DCS_INSTANCE_ID"]
    return client.download_ssl_cert(request)


def dds_sample():
    """This documentation has no sample: it is the DCS one with the other service's names."""
    ak = os.environ["CLOUD_SDK_AK"]
    sk = os.environ["CLOUD_SDK_SK"]
    projectId = PROJECT_ID

    credentials = BasicCredentials(ak, sk, projectId)

    client = DdsClient.new_builder() \
        .with_credentials(credentials) \
        .with_region(DdsRegion.value_of(REGION)) \
        .build()

    request = ListSslCertDownloadAddressRequest()
    request.instance_id = os.environ["CHANCERY_DEMO_DDS_INSTANCE_ID"]
    return client.list_ssl_cert_download_address(request)


def sms_sample():
    ak = os.environ["CLOUD_SDK_AK"]
    sk = os.environ["CLOUD_SDK_SK"]

    credentials = BasicCredentials(ak, sk, PROJECT_ID)

    client = SmsClient.new_builder() \
        .with_credentials(credentials) \
        .with_region(SmsRegion.value_of(REGION)) \
        .build()

    request = ShowCertKeyRequest()
    request.task_id = os.environ["CHANCERY_DEMO_SMS_TASK_ID"]
    return client.show_cert_key(request)


def is_authority(certificate):
    """A root that is valid now."""
    now = datetime.now(timezone.utc)
    certificate.verify_directly_issued_by(certificate)
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def test_private_certificate():
    answer = ccm_sample()
    leaf = pem.certificate(answer.certificate)
    chain = pem.certificates(answer.certificate_chain)
    pem.verify_chain(leaf, chain)
    assert pem.belongs(pem.private_key(answer.private_key, password="test"), leaf)
    assert answer.private_key.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n")
    for text in (answer.certificate, answer.certificate_chain, answer.private_key):
        assert text.count("\n") == text.count("\r\n") > 2
    with pytest.raises(ValueError):
        pem.private_key(answer.private_key, password="another")


def test_store_certificate():
    answer = scm_sample()
    leaf = pem.certificate(answer.certificate)
    chain = pem.certificates(answer.certificate_chain)
    pem.verify_chain(leaf, chain)
    assert pem.certificates(answer.entire_certificate) == [leaf, *chain]
    assert pem.belongs(pem.private_key(answer.private_key), leaf)
    assert answer.enc_certificate is None
    assert answer.enc_private_key is None


def test_redis_certificate():
    answer = dcs_sample()
    assert answer.file_name == "ca-dcs.crt"
    address, query = answer.link.split("?")
    assert address.startswith("https://")
    assert address.endswith("/" + answer.file_name)
    assert f"/{answer.bucket_name}/" in address
    assert [pair.split("=")[0] for pair in query.split("&")] == [
        "AWSAccessKeyId", "Expires", "Signature",
    ]
    file = requests.get(answer.link, timeout=30)
    assert file.status_code == 200, file.text
    assert is_authority(pem.certificate(file.text))


def test_mongodb_certificate():
    answer = dds_sample()
    (international,) = [one for one in answer.certs if one.category == "international"]
    assert international.download_link.startswith("https://")
    assert "?" not in international.download_link
    assert international.download_link.endswith("/dds/ca-dds.crt")
    file = requests.get(international.download_link, timeout=30)
    assert file.status_code == 200, file.text
    assert is_authority(pem.certificate(file.text))


def test_migration_certificates():
    answer = sms_sample()
    authority = pem.certificate(answer.ca)
    assert is_authority(authority)
    pairs = [
        (answer.cert, answer.private_key),
        (answer.target_mgmt_cert, answer.target_mgmt_private_key),
        (answer.target_data_cert, answer.target_data_private_key),
    ]
    for certificate, key in pairs:
        leaf = pem.certificate(certificate)
        pem.verify_chain(leaf, [authority], purpose="sslserver")
        assert key.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
        assert pem.belongs(pem.private_key(key), leaf)
    assert len({certificate for certificate, _ in pairs}) == 3
