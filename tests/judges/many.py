"""Many calls at once, as the administrator."""

import threading

import desk
import requests

THREADS = 8
_local = threading.local()


def _session():
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.headers["X-Auth-Token"] = desk.token()
    return _local.session


def post(path, body):
    return _session().post(desk.ENDPOINT + path, json=body, timeout=desk.SECONDS)


def delete(path):
    return _session().delete(desk.ENDPOINT + path, timeout=desk.SECONDS)


def get(path):
    return _session().get(desk.ENDPOINT + path, timeout=desk.SECONDS)
