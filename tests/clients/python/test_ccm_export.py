"""Every form a private certificate is exported in."""

import io
import zipfile

import desk
import foreign
import keystore
import pem
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from huaweicloudsdkccm.v1 import CreateCertificateByCsrRequest, CreateCertificateByCsrRequestBody

KEYS = ["RSA2048", "RSA4096", "EC256", "EC384"]

# The archives' members, by server type.
OWN_KEY = {
    "APACHE": {"server.key", "chain.crt", "server.crt"},
    "IIS": {"server.pfx", "keystorePass.txt"},
    "NGINX": {"server.key", "server.crt"},
    "TOMCAT": {"server.jks", "keystorePass.txt"},
    "OTHER": {"server.key", "chain.pem", "server.pem"},
}
FROM_REQUEST = {
    "APACHE": {"chain.crt", "server.crt"},
    "IIS": {"chain.crt", "server.crt"},
    "NGINX": {"server.crt"},
    "TOMCAT": {"chain.crt", "server.crt"},
    "OTHER": {"chain.pem", "cert.pem"},
}
PASSWORDS = [None, "test", "Aa0,.+-_#" + "x" * 23]


@pytest.fixture(scope="module")
def own(ccm, issuer_id):
    """A certificate of each algorithm with a key made by the server."""
    return {
        key: desk.create_certificate(
            ccm, issuer_id, common_name=f"{key}.example.com", sans=desk.LOCAL_NAMES,
            key_algorithm=key,
        )
        for key in KEYS
    }


@pytest.fixture(scope="module")
def requested(ccm, issuer_id):
    """A certificate from a request, and the request's key."""
    key = foreign.ec_key(ec.SECP384R1)
    body = CreateCertificateByCsrRequestBody(
        issuer_id=issuer_id, csr=foreign.request_pem(key, "requested"), validity=desk.years(1)
    )
    answer = ccm.create_certificate_by_csr(CreateCertificateByCsrRequest(body=body))
    return answer.certificate_id, key


@pytest.fixture(scope="module")
def issuers(ccm, issuer_id):
    """The chain every export here must have: issuer, then root."""
    answer = desk.export_ca(ccm, issuer_id)
    return [pem.certificate(answer.certificate), *pem.certificates(answer.certificate_chain)]


def check_key(text, password, leaf):
    """The PEM key belongs to the certificate and has the label that its form calls for."""
    label = text.decode().splitlines()[0]
    if password:
        assert label == "-----BEGIN ENCRYPTED PRIVATE KEY-----"
        with pytest.raises(TypeError):
            pem.private_key(text)
    elif isinstance(pem.private_key(text), ec.EllipticCurvePrivateKey):
        assert label == "-----BEGIN PRIVATE KEY-----"
    else:
        assert label == "-----BEGIN RSA PRIVATE KEY-----"
    assert pem.belongs(pem.private_key(text, password), leaf)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("type", OWN_KEY)
def test_an_archive_with_the_key(ccm, own, issuers, tmp_path, type, password, key):
    files = desk.export_files(ccm, own[key], type, password)
    expected = OWN_KEY[type] - ({"keystorePass.txt"} if password else set())
    assert set(files) == expected
    secret = password or files.get("keystorePass.txt", b"").decode()
    if type in ("IIS", "TOMCAT"):
        assert secret and secret == secret.strip()
    match type:
        case "IIS":
            private, leaf, chain = keystore.pkcs12_content(files["server.pfx"], secret)
        case "TOMCAT":
            private, leaf, chain = keystore.jks_content(files["server.jks"], secret, tmp_path)
        case "NGINX":
            private, (leaf, *chain) = None, pem.certificates(files["server.crt"])
        case "APACHE":
            private, leaf = None, pem.certificate(files["server.crt"])
            chain = pem.certificates(files["chain.crt"])
        case "OTHER":
            private, leaf = None, pem.certificate(files["server.pem"])
            chain = pem.certificates(files["chain.pem"])
    assert pem.common_name(leaf.subject) == f"{key}.example.com"
    assert chain == issuers
    pem.verify_chain(leaf, chain)
    if private:
        assert pem.belongs(private, leaf)
    else:
        check_key(files["server.key"], password, leaf)
    for name, content in files.items():
        if content.startswith(b"-----BEGIN"):
            assert b"\r" not in content and content.endswith(b"\n"), name


def test_store_passwords_are_random(ccm, own):
    words = [desk.export_files(ccm, own["EC256"], "IIS")["keystorePass.txt"] for _ in range(3)]
    assert len(set(words)) == 3


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("type", FROM_REQUEST)
def test_an_archive_without_a_key(ccm, requested, issuers, type, password):
    certificate_id, key = requested
    files = desk.export_files(ccm, certificate_id, type, password)
    assert set(files) == FROM_REQUEST[type]
    leaf_file = "cert.pem" if type == "OTHER" else "server.crt"
    leaf, *rest = pem.certificates(files[leaf_file])
    assert pem.belongs(key, leaf)
    chain_file = {"NGINX": None, "OTHER": "chain.pem"}.get(type, "chain.crt")
    chain = rest if chain_file is None else pem.certificates(files[chain_file])
    assert chain == issuers
    pem.verify_chain(leaf, chain)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("type", ["APACHE", "NGINX", "OTHER"])
def test_json_with_the_key(ccm, own, issuers, type, password, key):
    answer = desk.export(ccm, own[key], type, password=password)
    assert pem.certificates(answer.certificate_chain) == issuers
    check_key(answer.private_key.encode(), password, pem.certificate(answer.certificate))
    assert set(answer.to_json_object()) >= {"certificate", "certificate_chain", "private_key"}
    for field in ("enc_certificate", "enc_private_key", "enc_sm2_enveloped_key",
                  "signed_and_enveloped_data"):
        assert getattr(answer, field) is None
    for text in (answer.certificate, answer.certificate_chain, answer.private_key):
        assert text.count("\n") == text.count("\r\n")
    assert answer.certificate.endswith("-----END CERTIFICATE-----")
    assert answer.certificate_chain.endswith("-----END CERTIFICATE-----")
    assert answer.private_key.endswith("PRIVATE KEY-----\r\n")


@pytest.mark.parametrize("type", FROM_REQUEST)
def test_json_without_a_key(ccm, requested, issuers, type):
    certificate_id, key = requested
    answer = desk.export(ccm, certificate_id, type)
    assert answer.private_key is None
    assert pem.belongs(key, pem.certificate(answer.certificate))
    assert pem.certificates(answer.certificate_chain) == issuers


@pytest.mark.parametrize("type", ["IIS", "TOMCAT"])
def test_a_key_store_is_not_json(ccm, own, type):
    with desk.refused(400, "PCA.", says="is_compressed"):
        desk.export(ccm, own["EC256"], type, compressed=False)


@pytest.mark.parametrize("type", ["nginx", "Nginx", "NGINX"])
def test_the_type_in_any_case(ccm, own, type):
    assert set(desk.export_files(ccm, own["EC256"], type)) == OWN_KEY["NGINX"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"type": "LIGHTTPD"}, "type"),
        ({"password": "x" * 33}, "password"),
        ({"password": "with space"}, "password"),
        ({"password": "semi;colon"}, "password"),
        ({"password": "密码"}, "password"),
        ({"is_sm_standard": "perhaps"}, "is_sm_standard"),
    ],
)
def test_a_faulty_export_is_refused(ccm, own, fields, says):
    with desk.refused(400, "PCA.", says=says):
        desk.export(ccm, own["EC256"], **fields)


def raw_export(certificate_id, **body):
    return desk.http("POST", f"/v1/private-certificates/{certificate_id}/export", json=body)


def test_what_other_clients_send(own):
    """Booleans, and empty strings for what is not wanted."""
    answer = raw_export(own["EC256"], type="other", is_compressed=False, is_sm_standard="",
                        password="")
    assert answer.status_code == 200, answer.text
    assert "-----BEGIN PRIVATE KEY-----" in answer.json()["private_key"]
    assert answer.headers["Cache-Control"] == "no-store"
    refused = raw_export(own["EC256"], type="other", is_compressed="maybe")
    assert refused.status_code == 400
    assert "is_compressed" in refused.json()["error_msg"]


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("plain", "plain_apache.zip", None),
        ("*.example.com", None, "%2A.example.com_apache.zip"),
        ("证书, 一号", None, "%E8%AF%81%E4%B9%A6%2C%20%E4%B8%80%E5%8F%B7_apache.zip"),
    ],
)
def test_the_archives_name(ccm, issuer_id, name, plain, encoded):
    certificate_id = desk.create_certificate(ccm, issuer_id, common_name=name)
    answer = raw_export(certificate_id, type="APACHE", is_compressed=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=")
    if plain:
        assert plain in disposition
    if encoded:
        assert f"filename*=UTF-8''{encoded}" in disposition
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
