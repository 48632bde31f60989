"""Tokens, accounts and projects."""

import os
from datetime import datetime, timedelta, timezone

import desk
import pytest
import requests
from huaweicloudsdkccm.v1 import ListCertificateRequest
from huaweicloudsdkiam.v3 import (
    AuthScope,
    AuthScopeDomain,
    AuthScopeProject,
    KeystoneCreateUserTokenByPasswordRequest,
    KeystoneCreateUserTokenByPasswordRequestBody,
    KeystoneListAuthDomainsRequest,
    KeystoneListAuthProjectsRequest,
    KeystoneListProjectsRequest,
    PwdAuth,
    PwdIdentity,
    PwdPassword,
    PwdPasswordUser,
    PwdPasswordUserDomain,
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
