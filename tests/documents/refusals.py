"""What each of the five calls refuses: the requests that lead there, for the tables in `docs/calls`."""

import json
import os
import subprocess

import desk
import requests

PROJECT = desk.PROJECT_ID
NO_PROJECT = "0" * 32
NO_ID = "00000000-0000-0000-0000-000000000000"
TEXTS = {"type": "OTHER", "is_compressed": "false"}


def demo(name):
    return os.environ[f"CHANCERY_DEMO_{name}_ID"]


def chancery(*words, environment=None):
    """What a command prints as JSON."""
    command = [os.environ["CHANCERY_TEST_BINARY"], *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def revoked():
    """The id of a certificate that is revoked."""
    issued = chancery("cert", "issue", f"{desk.unique('revoked')}.example.com", "--ca", demo("CA"))
    chancery("cert", "revoke", issued["id"], "--yes")
    return issued["id"]


def without_tls():
    """The id of a Redis instance that cannot have TLS."""
    return chancery("instance", "create", desk.unique("old"), "--redis", "--engine-version", "5.0",
                    "--no-ssl")["id"]


def certificate(id, body=TEXTS):
    return "POST", f"/v1/private-certificates/{id}/export", body


def stored(id, body=None):
    return "POST", f"/v3/scm/certificates/{id}/export", body


def redis(id, project=PROJECT):
    return "POST", f"/v2/{project}/instances/{id}/ssl-certs/download", None


def mongodb(id, project=PROJECT):
    return "GET", f"/v3/{project}/instances/{id}/ssl-cert/download-link", None


def task(id, query=""):
    return "GET", f"/v3/tasks/{id}/certkey{query}", None


CALLS = {
    "certificate-export": lambda: certificate(demo("CERTIFICATE")),
    "store-export": lambda: stored(demo("SCM_CERTIFICATE")),
    "redis-certificate": lambda: redis(demo("DCS_INSTANCE")),
    "mongodb-certificate": lambda: mongodb(demo("DDS_INSTANCE")),
    "task-certkey": lambda: task(demo("SMS_TASK")),
}
"""A request that is answered, by document."""

VALUES = {
    "certificate-export": [
        lambda: certificate("1"),
        lambda: certificate(demo("CERTIFICATE"), {"type": "OTHER"}),
        lambda: certificate(demo("CERTIFICATE"), TEXTS | {"type": "HAPROXY"}),
        lambda: certificate(demo("CERTIFICATE"), TEXTS | {"password": "a b"}),
        lambda: certificate(demo("CERTIFICATE"), TEXTS | {"password": "a" * 33}),
        lambda: certificate(revoked()),
        lambda: certificate(demo("CERTIFICATE"), TEXTS | {"type": "IIS"}),
        lambda: certificate(demo("SM2_CERTIFICATE"), {"type": "NGINX", "is_compressed": "true"}),
        lambda: certificate(NO_ID),
    ],
    "store-export": [
        lambda: stored("scs1"),
        lambda: stored(demo("SCM_CERTIFICATE"), 1),
        lambda: stored("scs0000000000000"),
    ],
    "redis-certificate": [
        lambda: redis(without_tls()),
        lambda: redis(demo("DCS_INSTANCE"), NO_PROJECT),
        lambda: redis(NO_ID),
    ],
    "mongodb-certificate": [
        lambda: mongodb(NO_PROJECT + "in02"),
        lambda: mongodb("1"),
        lambda: mongodb(demo("DDS_INSTANCE"), NO_PROJECT),
    ],
    "task-certkey": [
        lambda: task(demo("SMS_TASK"), "?enable_ca_cert=perhaps"),
        lambda: task(NO_ID),
    ],
}
"""Requests that are refused for what they ask, by document."""

ELSEWHERE = {"APIGW.0308", "DCS.1002", "DCS.5010"}
"""What takes too many requests, a clock or a broken disk: tests of the crates lead there."""


def send(request, headers):
    method, path, body = request
    return requests.request(method, desk.ENDPOINT + path, json=body, headers=headers, timeout=60)
