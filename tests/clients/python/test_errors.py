"""What a faulty request gets, in each service's shape, and what every answer carries."""

import os
import socket
import ssl
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import desk
import pytest

CREATE_CA = "/v1/private-certificate-authorities"
CREATE_REDIS = f"/v2/{desk.PROJECT_ID}/instances"
CREATE_MONGO = f"/v3/{desk.PROJECT_ID}/instances"

# One call of each service that takes a body, and how its codes begin.
BODIES = [
    (CREATE_CA, "PCA."),
    ("/v3/scm/certificates/import", "SCM."),
    (CREATE_REDIS, "DCS."),
    (CREATE_MONGO, "DBS."),
    ("/v3/sources", "SMS."),
]


def check(answer, status, code):
    """The answer is an error of this status in the flat shape."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert isinstance(body["error_code"], str) and isinstance(body["error_msg"], str)
    assert body["error_code"].startswith(code), body
    assert 0 < len(body["error_msg"]) <= 1024
    assert desk.is_request_id(answer.headers["X-Request-Id"])
    if body["error_code"].startswith("DCS."):
        assert body["error_ext_msg"] is None
    return body["error_msg"]


@pytest.mark.parametrize(("path", "code"), BODIES)
@pytest.mark.parametrize(
    "body", ["{", "[]", "null", '"text"', "\x00", '{"name": 1, "type": []}', "{} {}"]
)
def test_a_body_that_is_no_object_or_of_wrong_types(path, code, body):
    headers = {"Content-Type": "application/json"}
    check(desk.http("POST", path, headers=headers, data=body.encode()), 400, code)


@pytest.mark.parametrize(("path", "code"), BODIES)
def test_a_body_that_is_no_text(path, code):
    headers = {"Content-Type": "application/json"}
    check(desk.http("POST", path, headers=headers, data=b'{"name": "\xff"}'), 400, code)


@pytest.mark.parametrize(("path", "code"), BODIES)
def test_a_field_that_is_missing_is_named(path, code):
    message = check(desk.http("POST", path, json={}), 400, code)
    known = ["type", "name", "certificate", "engine", "datastore", "distinguished_name"]
    assert any(field in message for field in known), message


@pytest.mark.parametrize(("path", "code"), BODIES)
def test_a_field_that_is_far_too_long(path, code):
    body = {"name": "n" * 100_000, "type": "t" * 100_000, "engine": "e" * 100_000}
    check(desk.http("POST", path, json=body), 400, code)


@pytest.mark.parametrize("path", [path for path, _ in BODIES])
def test_a_body_over_a_mebibyte(path):
    body = b'{"name": "' + b"x" * (1024 * 1024) + b'"}'
    headers = {"Content-Type": "application/json"}
    check(desk.http("POST", path, headers=headers, data=body), 413, "")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/v1/private-certificates/{uuid.uuid4()}/colour", ""),
        ("/v3/scm/no-such-thing/at/all", ""),
        (f"/v2/{desk.PROJECT_ID}/no-such-thing", "DCS."),
        (f"/v3/{desk.PROJECT_ID}/no-such-thing", ""),
        ("/v3/tasks/x/y/z", ""),
        ("/nowhere", ""),
    ],
)
def test_an_unknown_route(path, code):
    check(desk.http("GET", path), 404, code)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (CREATE_CA, 404, "APIGW.0101"),
        ("/v3/sources", 404, "APIGW.0101"),
        (CREATE_MONGO, 404, "APIGW.0101"),
        (CREATE_REDIS, 405, "DCS.5001"),
    ],
)
def test_a_wrong_method(path, status, code):
    """To the gateway it is an API that does not exist; one service answers for itself."""
    check(desk.http("PATCH", path), status, code)


def test_identity_errors_have_their_own_shape():
    for method, path in (("GET", "/v3/auth/nothing"), ("POST", "/v3/auth/tokens")):
        answer = desk.http(method, path, data=b"{")
        error = answer.json()["error"]
        assert {"code", "message", "title"} <= set(error)
        assert isinstance(error["code"], str)
        assert desk.is_request_id(answer.headers["X-Request-Id"])


@pytest.mark.parametrize("id", ["x", "'", "..%2f..%2fetc", "%00", "a" * 5000, "{id}", "%E8%AF%81"])
def test_an_id_that_is_none(id):
    """Refused by the service, whatever stands in its place; nothing breaks."""
    for path, code in (
        (f"/v1/private-certificates/{id}", ""),
        (f"/v3/scm/certificates/{id}", ""),
        (f"/v2/{desk.PROJECT_ID}/instances/{id}", ""),
        (f"/v3/tasks/{id}", ""),
    ):
        answer = desk.http("GET", path)
        assert answer.status_code in (400, 404, 414), (path, answer.text)


@pytest.mark.parametrize("path", [
    CREATE_CA, "/v1/private-certificates", "/v3/scm/certificates", CREATE_REDIS, CREATE_MONGO,
    "/v3/sources", "/v3/tasks", "/v3/auth/domains", "/v3/auth/projects", "/v3/projects",
])
def test_every_good_answer_has_its_own_request_id(path):
    first, second = desk.http("GET", path), desk.http("GET", path)
    assert first.status_code == second.status_code == 200, first.text
    ids = {answer.headers["X-Request-Id"] for answer in (first, second)}
    assert len(ids) == 2 and all(map(desk.is_request_id, ids))


def connection():
    """A bare TLS connection, the listener's certificate verified."""
    address = urlsplit(desk.ENDPOINT)
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    plain = socket.create_connection((address.hostname, address.port), timeout=desk.SECONDS)
    return context.wrap_socket(plain, server_hostname=address.hostname)


@pytest.mark.parametrize(
    "text",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v3/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET " + b"/a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Header: y\r\n" * 20_000 + b"\r\n",
    ],
)
def test_bytes_that_are_no_request_end_the_connection_alone(text):
    with connection() as one:
        try:
            one.sendall(text)
            while one.recv(4096):
                pass
        except (ConnectionError, ssl.SSLError):
            pass
    assert desk.http("GET", "/v3/auth/domains").status_code == 200


def test_a_body_that_never_arrives():
    """The server does not wait for ever, and says so."""
    head = (
        "POST /v3/sources HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        f"X-Auth-Token: {desk.token()}\r\nContent-Length: 100\r\n\r\n"
    )
    with connection() as one:
        one.settimeout(60)
        one.sendall(head.encode() + b"{")
        answer = one.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 408 "), answer
    assert "x-request-id: " in answer.lower()


def test_no_secret_is_in_the_log(ccm, issuer_id):
    """Nor is any panic. It sees what the tests before it have done."""
    log = Path(os.environ["CHANCERY_TEST_LOG"])
    desk.export(ccm, desk.create_certificate(ccm, issuer_id), password="Secret-in-a-body")
    token = desk.token()
    text = log.read_text()
    assert "/v1/private-certificates" in text
    for secret in (desk.SK, os.environ["CHANCERY_PASSWORD"], token, "Secret-in-a-body",
                   "PRIVATE KEY", "Signature=", "panicked"):
        assert secret not in text, f"{secret[:12]}... is in the log"
