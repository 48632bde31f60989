"""Which routes the server has."""

import functools
import re

import desk
import requests
import sdk

# What a parameter of a path is, where only the route is asked for.
PARAMETER = "0" * 32


@functools.cache
def document():
    """The server's own description of its operations."""
    answer = requests.get(f"{desk.ENDPOINT}/openapi.json", timeout=desk.SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.json()


@functools.cache
def connection():
    """One connection for hundreds of requests."""
    return requests.Session()


@functools.cache
def answers(method, path):
    """Whether this is a route: a request without credentials is refused for the lack of them."""
    path = re.sub(r"\{[^}]*\}", PARAMETER, path)
    answer = connection().request(method, desk.ENDPOINT + path, timeout=desk.SECONDS)
    return answer.status_code not in (404, 405)


@functools.cache
def routes():
    """Method and path template of every operation of the SDKs' services."""
    listed = (
        (method.upper(), sdk.template(path))
        for path, item in document()["paths"].items()
        for method in item if method in ("get", "put", "post", "delete", "patch", "head")
    )
    return frozenset(listed)


def shadowed(route, others):
    """Whether another route takes a literal part of this one's path as a parameter: a request for
    `…/quotas` is one for the resource of that id where only `…/{id}` is a route."""
    method, path = route
    for other, pattern in others:
        form = re.escape(pattern).replace(r"\{\}", r"[^/{}]+")
        if other == method and pattern != path and re.fullmatch(form, path.replace("{}", "x")):
            return True
    return False


def sdks():
    return [one for service in sdk.CLIENTS for one in sdk.operations(service).values()]


def operations():
    """The SDK's operations that the server has, and those that it has not."""
    ours = [one for one in sdks() if one.route in routes()]
    return ours, [one for one in sdks() if one.route not in routes()]
