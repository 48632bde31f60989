"""Every algorithm that the SDK signs requests with, and one call of each service with each."""

import desk
import pytest
from huaweicloudsdkccm.v1 import CcmClient, ListCertificateAuthorityRequest
from huaweicloudsdkccm.v1.region.ccm_region import CcmRegion
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.exceptions import exceptions
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.signer.algorithm import SigningAlgorithm
from huaweicloudsdkdcs.v2 import DcsClient, ListInstancesRequest
from huaweicloudsdkdcs.v2.region.dcs_region import DcsRegion
from huaweicloudsdkdds.v3 import DdsClient
from huaweicloudsdkdds.v3 import ListInstancesRequest as ListMongoRequest
from huaweicloudsdkdds.v3.region.dds_region import DdsRegion
from huaweicloudsdkiam.v3 import IamClient, KeystoneListAuthDomainsRequest
from huaweicloudsdkiam.v3.region.iam_region import IamRegion
from huaweicloudsdkscm.v3 import ListCertificatesRequest, ScmClient
from huaweicloudsdkscm.v3.region.scm_region import ScmRegion
from huaweicloudsdksms.v3 import ListTasksRequest, SmsClient
from huaweicloudsdksms.v3.region.sms_region import SmsRegion

DERIVED = "V11-HMAC-SHA256"
ALGORITHMS = [*SigningAlgorithm, DERIVED]
CALLS = {
    "ccm": (CcmClient, CcmRegion,
            lambda c: c.list_certificate_authority(ListCertificateAuthorityRequest())),
    "scm": (ScmClient, ScmRegion, lambda c: c.list_certificates(ListCertificatesRequest())),
    "iam": (IamClient, IamRegion,
            lambda c: c.keystone_list_auth_domains(KeystoneListAuthDomainsRequest())),
    "dcs": (DcsClient, DcsRegion, lambda c: c.list_instances(ListInstancesRequest())),
    "dds": (DdsClient, DdsRegion, lambda c: c.list_instances(ListMongoRequest())),
    "sms": (SmsClient, SmsRegion, lambda c: c.list_tasks(ListTasksRequest())),
}


def client(service, algorithm, sk=desk.SK):
    """A client that signs with an algorithm; the derived one is chosen by the credentials."""
    kind, region, _ = CALLS[service]
    credentials = (
        GlobalCredentials(desk.AK, sk, desk.DOMAIN_ID) if service in ("ccm", "scm", "iam")
        else BasicCredentials(desk.AK, sk, desk.PROJECT_ID)
    )
    config = HttpConfig.get_default_config()
    if algorithm == DERIVED:
        credentials = credentials.with_derived_predicate(lambda request: True)
    else:
        config.signing_algorithm = algorithm
    builder = kind.new_builder().with_http_config(config).with_credentials(credentials)
    if algorithm == DERIVED:
        # What the generated clients of services with derived keys do; these have no such line.
        builder = builder._with_derived_auth_service_name(service)
    return builder.with_region(region.value_of(desk.REGION)).build()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("service", CALLS)
def test_a_call_is_answered(service, algorithm):
    assert CALLS[service][2](client(service, algorithm)).status_code == 200


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_secret_is_refused(algorithm):
    with pytest.raises(exceptions.ClientRequestException) as caught:
        CALLS["ccm"][2](client("ccm", algorithm, sk="another" + desk.SK[7:]))
    assert caught.value.status_code == 401
    assert caught.value.error_code == "APIGW.0301"
    # The fifth in a row would lock the key for this address; a right one starts the count anew.
    assert CALLS["ccm"][2](client("ccm", algorithm)).status_code == 200
