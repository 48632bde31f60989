"""Writes python.json: requests signed by the Python SDK, with each algorithm. Run once:

    python3 -m venv venv && venv/bin/pip install huaweicloudsdkcore==3.1.219
    venv/bin/python make_python.py > python.json
"""

import json
from itertools import product

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import (
    DerivationAKSKSigner, P256SHA256Signer, Signer, SM2SM3Signer, SM3Signer,
)

SIGNERS = [Signer, SM3Signer, P256SHA256Signer, SM2SM3Signer, DerivationAKSKSigner]
JSON = {"Content-Type": "application/json"}
DOMAIN = {"X-Domain-Id": "d78cbac186b744899480f25bd022f468"}
PROJECT = {"X-Project-Id": "619d3e78f61b4be68bc5aa0b59edcf7b"}
CASES = [
    ("first call of IAM", "GET", "/v3/auth/domains", [], {}, ""),
    ("projects by name", "GET", "/v3/projects", [("name", "cn-north-4")], {}, ""),
    ("list CAs", "GET", "/v1/private-certificate-authorities", [("limit", 10), ("offset", 0)], {**JSON, **DOMAIN}, ""),
    ("export", "POST", "/v1/private-certificates/6434f74f-2d13-4e6a-89eb-93ee313f1a43/export", [], {**JSON, **DOMAIN}, '{"type": "NGINX", "is_compressed": "true"}'),
    ("unicode body", "POST", "/v1/private-certificates", [], {**JSON, **DOMAIN}, '{"organization": "示例公司", "n": "é"}'),
    ("delete with empty body", "DELETE", "/v1/private-certificates/6434f74f-2d13-4e6a-89eb-93ee313f1a43", [], {**JSON, **DOMAIN}, ""),
    ("certkey", "GET", "/v3/tasks/e2ac47e2-05c7-44b0-9e5d-bd6f1b2b4e6c/certkey", [("enable_ca_cert", True)], {**JSON, **PROJECT}, ""),
    ("download link", "GET", "/v3/619d3e78f61b4be68bc5aa0b59edcf7b/instances/e73893ef73754465a8bd2e0857bbf13ein02/ssl-cert/download-link", [], {**JSON, **PROJECT}, ""),
    ("ssl certs download", "POST", "/v2/619d3e78f61b4be68bc5aa0b59edcf7b/instances/5560df16-cebf-4473-95c4-d1b573c16e79/ssl-certs/download", [], {"Content-Type": "application/json;charset=UTF-8", **PROJECT}, ""),
    ("security token", "GET", "/v3/scm/certificates", [("limit", 50)], {**JSON, **DOMAIN, "X-Security-Token": "gQpjbi1ub3J0aC00+/=="}, ""),
    ("spaces and slashes in a query", "GET", "/v3/scm/certificates", [("content", "a b/c+d&e=f"), ("name", "*.example.com")], {**JSON}, ""),
    ("han in a query", "GET", "/v3/scm/certificates", [("name", "证书 1")], {**JSON}, ""),
    ("list in a query", "GET", "/v2/x/instances", [("status", ["RUNNING", "CREATING"]), ("a", "2"), ("a", "1")], {**JSON}, ""),
    ("empty value", "GET", "/v2/x/instances", [("name", ""), ("id", "7")], {**JSON}, ""),
    ("prefix of another name", "GET", "/v2/x/instances", [("a-b", "1"), ("a", "2"), ("a_b", "3"), ("A", "4")], {**JSON}, ""),
    ("tilde and friends", "GET", "/v1/~user/-._~!$'()*,;:@", [("q", "-._~!$'()*,;:@")], {**JSON}, ""),
    ("encoded path", "GET", "/v1/a%20b/%E4%B8%AD%2Fz", [], {**JSON}, ""),
    ("path ends with a slash", "GET", "/v1/things/", [], {**JSON}, ""),
    ("header with spaces around and han", "PUT", "/v1/things/1", [], {**JSON, "X-Note": "  a  b 证 "}, '{"a": 1}'),
    ("underscored header is not signed", "PUT", "/v1/things/1", [], {**JSON, "X_Note": "1"}, "{}"),
    ("host with a port", "GET", "/v1/things", [], {**JSON, "Host": "127.0.0.1:8443"}, ""),
    ("unsigned payload", "POST", "/v1/upload", [], {"Content-Type": "application/octet-stream"}, "some bytes"),
    ("unsigned payload, empty", "POST", "/v1/upload", [], {"Content-Type": "application/octet-stream"}, ""),
    ("announced digest", "POST", "/v1/upload", [], {**JSON}, "{}"),
]
ANNOUNCED = {
    "X-Sdk-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "X-Sdk-Content-Sm3": "f1a823aaaaafe40e113c7f04dd72c289faf86252c4a9b57cf1d3c9e12547f9ad",
}



def sign(signer, number, case):
    name, method, path, query, headers, body = case
    access_key, secret = f"AKVECTOR{number:012d}", f"secret-of-vector-{number}-+/=é"
    headers = {"User-Agent": "huaweicloud-usdk-python/3.0", "X-Sdk-Date": f"20260{number % 9 + 1}1{number % 10}T0{number % 10}3000Z", **headers}
    if name == "announced digest":
        headers[signer._HEADER_CONTENT] = ANNOUNCED[signer._HEADER_CONTENT]
    request = SdkRequest(
        method=method, schema="https", host="chancery.example.com", resource_path=path,
        query_params=query, header_params=headers, body=body,
    )
    scope = ("ccm", "cn-north-4") if signer is DerivationAKSKSigner else ()
    signed = signer(BasicCredentials(access_key, secret, "p")).sign(request, *scope)
    wire_path, _, wire_query = signed.uri.partition("?")
    wire_headers = {k: v.encode("iso-8859-1").decode("utf-8") for k, v in signed.header_params.items()}
    return {
        "name": name, "method": method, "path": wire_path, "query": wire_query, "body": body,
        "secret": secret, "headers": wire_headers,
    }


vectors = [sign(signer, number, case) for signer, (number, case) in product(SIGNERS, enumerate(CASES))]
# One coordinate of these two public keys starts with a zero byte.
vectors += [sign(SM2SM3Signer, number, (f"key with a short {which}", *CASES[0][1:])) for which, number in (("x", 117), ("y", 137))]
print(json.dumps(vectors, indent=1, ensure_ascii=False))
