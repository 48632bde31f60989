"""Tokens, accounts and projects."""

import os
from datetime import datetime, timedelta, timezone

import desk
import pytest
import requests
from huaweicloudsdkccm.v1 import CcmClient, ListCertificateRequest
from huaweicloudsdkccm.v1.region.ccm_region import CcmRegion
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkiam.v3 import (
    AuthScope,
    AuthScopeDomain,
    AuthScopeProject,
    CreateCredentialOption,
    CreatePermanentAccessKeyRequest,
    CreatePermanentAccessKeyRequestBody,
    CreateTemporaryAccessKeyByTokenRequest,
    CreateTemporaryAccessKeyByTokenRequestBody,
    DeletePermanentAccessKeyRequest,
    IdentityToken,
    KeystoneCreateUserTokenByPasswordRequest,
    KeystoneCreateUserTokenByPasswordRequestBody,
    KeystoneListAuthDomainsRequest,
    KeystoneListAuthProjectsRequest,
    KeystoneListProjectsRequest,
    ListPermanentAccessKeysRequest,
    PwdAuth,
    PwdIdentity,
    PwdPassword,
    PwdPasswordUser,
    PwdPasswordUserDomain,
    ShowPermanentAccessKeyRequest,
    TokenAuth,
    TokenAuthIdentity,
    UpdateCredentialOption,
    UpdatePermanentAccessKeyRequest,
    UpdatePermanentAccessKeyRequestBody,
)


def login(password=None, user=None, scope=None):
    """The password method, as the SDK writes it."""
    return KeystoneCreateUserTokenByPasswordRequest(
        body=KeystoneCreateUserTokenByPasswordRequestBody(
            auth=PwdAuth(
                identity=PwdIdentity(
                    methods=["password"],
                    password=PwdPassword(
                        user=PwdPasswordUser(
                            name=user or os.environ["CHANCERY_USER"],
                            password=password or os.environ["CHANCERY_PASSWORD"],
                            domain=PwdPasswordUserDomain(name=os.environ["CHANCERY_DOMAIN"]),
                        )
                    ),
                ),
                scope=scope,
            )
        )
    )


def test_a_password_gives_a_project_token(iam):
    scope = AuthScope(project=AuthScopeProject(name=desk.REGION))
    answer = iam.keystone_create_user_token_by_password(login(scope=scope))
    assert answer.status_code == 201
    assert answer.token.project.id == desk.PROJECT_ID
    assert answer.token.user.domain.id == desk.DOMAIN_ID
    assert answer.token.methods == ["password"]
    issued, expires = (
        datetime.fromisoformat(text) for text in (answer.token.issued_at, answer.token.expires_at)
    )
    assert timedelta(hours=1) <= expires - issued <= timedelta(days=2)
    assert abs(datetime.now(timezone.utc) - issued) < timedelta(minutes=2)
    assert 32 <= len(answer.x_subject_token) <= 512


def test_a_password_gives_a_domain_token(iam):
    scope = AuthScope(domain=AuthScopeDomain(name=os.environ["CHANCERY_DOMAIN"]))
    answer = iam.keystone_create_user_token_by_password(login(scope=scope))
    assert answer.token.domain.id == desk.DOMAIN_ID


def exchange(token, scope):
    """The answer to the token method."""
    identity = {"methods": ["token"], "token": {"id": token}}
    body = {"auth": {"identity": identity, "scope": scope}}
    return requests.post(f"{desk.ENDPOINT}/v3/auth/tokens", json=body, timeout=desk.SECONDS)


PROJECT = {"project": {"id": desk.PROJECT_ID}}


def test_a_token_gives_a_token(iam):
    scope = AuthScope(domain=AuthScopeDomain(name=os.environ["CHANCERY_DOMAIN"]))
    account = iam.keystone_create_user_token_by_password(login(scope=scope)).x_subject_token
    for token in (account, desk.token()):
        answer = exchange(token, PROJECT)
        assert answer.status_code == 201, answer.text
        assert answer.json()["token"]["project"]["id"] == desk.PROJECT_ID
        headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        listing = requests.get(
            f"{desk.ENDPOINT}/v1/private-certificates", headers=headers, timeout=desk.SECONDS
        )
        assert listing.status_code == 200, listing.text


def test_a_project_token_does_not_become_one_of_the_account():
    answer = exchange(desk.token(), {"domain": {"id": desk.DOMAIN_ID}})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "IAM.0003"
    assert "X-Subject-Token" not in answer.headers


@pytest.mark.parametrize("wrong", [{"password": "Wrong-Password-1"}, {"user": "nobody"}])
def test_a_wrong_login_tells_nothing(iam, wrong):
    """A wrong password and an unknown user get the same answer."""
    with desk.refused(401, "IAM.0062"):
        iam.keystone_create_user_token_by_password(login(**wrong))


def test_an_incomplete_login_names_the_field():
    body = {"auth": {"identity": {"methods": ["password"]}}}
    answer = requests.post(f"{desk.ENDPOINT}/v3/auth/tokens", json=body, timeout=desk.SECONDS)
    assert answer.status_code == 400
    assert "password" in answer.json()["error"]["message"]


def test_domains(iam):
    (domain,) = iam.keystone_list_auth_domains(KeystoneListAuthDomainsRequest()).domains
    assert (domain.id, domain.name) == (desk.DOMAIN_ID, os.environ["CHANCERY_DOMAIN"])
    assert domain.enabled


def test_projects(iam):
    projects = iam.keystone_list_auth_projects(KeystoneListAuthProjectsRequest()).projects
    assert desk.PROJECT_ID in [project.id for project in projects]


def test_projects_by_name(iam):
    answer = iam.keystone_list_projects(KeystoneListProjectsRequest(name=desk.REGION))
    (project,) = answer.projects
    assert (project.id, project.domain_id) == (desk.PROJECT_ID, desk.DOMAIN_ID)
    answer = iam.keystone_list_projects(KeystoneListProjectsRequest(name="no-such-region-9"))
    assert answer.projects == []


def test_a_project_is_found_by_its_region():
    """Credentials without a project id make the SDK ask for it while it builds the client."""
    client = desk.dcs_client(project_id=None)
    assert client.get_credentials().project_id == desk.PROJECT_ID


def test_a_wrong_secret_is_refused_as_the_gateway_does():
    with desk.refused(401, "APIGW.0301", says="verify aksk signature fail"):
        list_certificates(ak=desk.AK, sk="wrong" * 8)


def test_an_unknown_access_key_is_refused_as_the_gateway_does():
    with desk.refused(401, "APIGW.0301", says="ak NOSUCHACCESSKEY00000 not exist"):
        list_certificates(ak="NOSUCHACCESSKEY00000", sk=desk.SK)


def list_certificates(ak, sk):
    """A signed call of a client that knows its account, so that it has nothing to ask IAM."""
    client = desk.ccm_client(ak, sk, desk.DOMAIN_ID)
    return client.list_certificate(ListCertificateRequest())


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/private-certificates", "PCA.10010401"),
        ("/v3/scm/certificates", "SCM.1000"),
        (f"/v2/{desk.PROJECT_ID}/instances", "DCS.1001"),
        (f"/v3/{desk.PROJECT_ID}/instances", "DBS.280056"),
        ("/v3/tasks", "SMS."),
    ],
)
def test_a_token_that_is_none_is_refused_in_the_services_shape(path, code):
    answer = desk.http("GET", path, headers={"X-Auth-Token": "x" * 64})
    assert answer.status_code == 401
    assert answer.json()["error_code"].startswith(code)
    assert desk.is_request_id(answer.headers["X-Request-Id"])


def test_a_request_without_credentials_is_refused():
    answer = requests.get(f"{desk.ENDPOINT}/v1/private-certificates", timeout=desk.SECONDS)
    assert answer.status_code == 401
    assert answer.json()["error_code"]


def test_a_temporary_key_signs_with_its_token(iam, ccm):
    identity = TokenAuthIdentity(methods=["token"], token=IdentityToken(duration_seconds=900))
    body = CreateTemporaryAccessKeyByTokenRequestBody(auth=TokenAuth(identity=identity))
    request = CreateTemporaryAccessKeyByTokenRequest(body=body)
    key = iam.create_temporary_access_key_by_token(request).credential
    ends = datetime.fromisoformat(key.expires_at) - datetime.now(timezone.utc)
    assert timedelta(minutes=13) < ends <= timedelta(minutes=16)
    credentials = GlobalCredentials(key.access, key.secret, desk.DOMAIN_ID)
    client = (
        CcmClient.new_builder()
        .with_credentials(credentials.with_security_token(key.securitytoken))
        .with_region(CcmRegion.value_of(desk.REGION))
        .build()
    )
    assert client.list_certificate(ListCertificateRequest()).status_code == 200
    with desk.refused(401, "APIGW.0301", "not exist"):
        desk.ccm_client(key.access, key.secret, desk.DOMAIN_ID).list_certificate(
            ListCertificateRequest()
        )


def test_permanent_keys_are_made_switched_and_deleted(iam):
    listed = iam.list_permanent_access_keys(ListPermanentAccessKeysRequest()).credentials
    user_id = listed[0].user_id
    option = CreateCredentialOption(user_id=user_id, description="of a test")
    body = CreatePermanentAccessKeyRequestBody(credential=option)
    made = iam.create_permanent_access_key(CreatePermanentAccessKeyRequest(body=body)).credential
    assert (made.status, made.description) == ("active", "of a test")
    client = desk.iam_client(made.access, made.secret)
    assert client.keystone_list_auth_domains(KeystoneListAuthDomainsRequest()).status_code == 200
    request = UpdatePermanentAccessKeyRequest(
        access_key=made.access,
        body=UpdatePermanentAccessKeyRequestBody(
            credential=UpdateCredentialOption(status="inactive")
        ),
    )
    assert iam.update_permanent_access_key(request).credential.status == "inactive"
    with desk.refused(401, "IAM."):
        client.keystone_list_auth_domains(KeystoneListAuthDomainsRequest())
    show = ShowPermanentAccessKeyRequest(access_key=made.access)
    assert iam.show_permanent_access_key(show).credential.status == "inactive"
    delete = DeletePermanentAccessKeyRequest(access_key=made.access)
    assert iam.delete_permanent_access_key(delete).status_code == 204
    with desk.refused(404, "IAM."):
        iam.show_permanent_access_key(show)
