"""The SM family: CAs, pairs of certificates and their eight exports, judged by OpenSSL and gmalg."""

import io
import os
import re
import subprocess
import zipfile
from pathlib import Path

import desk
import pytest
import sm2
from huaweicloudsdkccm.v1 import CreateCertificateByCsrRequest, CreateCertificateByCsrRequestBody
from huaweicloudsdkscm.v3 import (
    ExportCertificateRequest,
    ImportCertificateRequest,
    ImportCertificateRequestBody,
)

SM2 = {"key_algorithm": "SM2", "signature_algorithm": "SM3"}
STANDARD = ["chain.pem", "signCert.key", "signCert.pem", "encSm2EnvelopedKey.key",
            "signedAndEnvelopedData.key", "encCert.pem"]
PLAIN = ["chain.pem", "signCert.key", "signCert.pem", "encCert.key", "encCert.pem"]


@pytest.fixture(scope="module")
def sm2_root_id(ccm):
    return desk.create_ca(ccm, name=desk.unique("sm2-root"), **SM2)


@pytest.fixture(scope="module")
def sm2_issuer_id(ccm, sm2_root_id):
    return desk.create_subordinate(ccm, sm2_root_id, name=desk.unique("sm2-issuer"), **SM2)


@pytest.fixture(scope="module")
def own(ccm, sm2_issuer_id):
    """A pair whose keys the server made."""
    return desk.create_certificate(
        ccm, sm2_issuer_id, common_name="sm2.example.com", sans=desk.LOCAL_NAMES, **SM2
    )


def from_request(ccm, issuer_id, csr):
    body = CreateCertificateByCsrRequestBody(issuer_id=issuer_id, csr=csr, validity=desk.years(1))
    request = CreateCertificateByCsrRequest(body=body)
    return ccm.create_certificate_by_csr(request).certificate_id


@pytest.fixture(scope="module", params=[sm2.USER_ID, None], ids=["default-id", "empty-id"])
def requested(ccm, sm2_issuer_id, request, tmp_path_factory):
    """A pair from a request, and the request's key. OpenSSL signs over the empty id if not told."""
    key = sm2.Key(tmp_path_factory.mktemp("sm2"), "requested")
    csr = key.request("requested.example.com", request.param)
    return from_request(ccm, sm2_issuer_id, csr), key


def export(ccm, certificate_id, standard, **fields):
    return desk.export(ccm, certificate_id, is_sm_standard=str(standard).lower(), **fields)


def archive(ccm, certificate_id, standard, password=None):
    """The members of an archive, in their order."""
    answer = export(ccm, certificate_id, standard, compressed=True, password=password)
    with zipfile.ZipFile(io.BytesIO(answer.raw_content)) as zip:
        return {name: zip.read(name).decode() for name in zip.namelist()}


def check_chain(folder, certificate, enc_certificate, chain):
    issuer, root = sm2.blocks(chain)
    for subject, above in [(root, root), (issuer, root), (certificate, issuer),
                           (enc_certificate, issuer)]:
        sm2.verify_link(folder, subject, above)


def check_envelopes(folder, enveloped_key, signed, key_path, chain, enc_certificate):
    """OpenSSL and gmalg find the encryption certificate's key in both envelopes."""
    key = sm2.scalar(key_path.read_text())
    issuer, _ = sm2.blocks(chain)
    opened, point = sm2.open_enveloped_key(enveloped_key, key)
    assert point == sm2.public_of_certificate(enc_certificate)
    assert sm2.belongs(opened, enc_certificate)
    assert sm2.open_enveloped_key_by_openssl(folder, enveloped_key, key_path) == opened
    signer = sm2.public_of_certificate(issuer)
    assert sm2.open_signed_and_enveloped(signed, key, signer) == opened


def test_the_pair_of_the_demo_is_one(ccm, tmp_path):
    answer = export(ccm, os.environ["CHANCERY_DEMO_SM2_CERTIFICATE_ID"], False)
    check_chain(tmp_path, answer.certificate, answer.enc_certificate, answer.certificate_chain)
    assert sm2.belongs(sm2.scalar(answer.private_key), answer.certificate)


def test_texts_with_envelopes(ccm, own, tmp_path):
    answer = export(ccm, own, True)
    assert answer.enc_private_key is None
    check_chain(tmp_path, answer.certificate, answer.enc_certificate, answer.certificate_chain)
    key = tmp_path / "sign.key"
    key.write_text(answer.private_key)
    assert sm2.belongs(sm2.scalar(answer.private_key), answer.certificate)
    check_envelopes(tmp_path, answer.enc_sm2_enveloped_key, answer.signed_and_enveloped_data, key,
                    answer.certificate_chain, answer.enc_certificate)


def test_texts_with_both_keys(ccm, own):
    answer = export(ccm, own, False)
    assert answer.enc_sm2_enveloped_key is None and answer.signed_and_enveloped_data is None
    sign, enc = sm2.scalar(answer.private_key), sm2.scalar(answer.enc_private_key)
    assert sign != enc
    assert sm2.belongs(sign, answer.certificate) and sm2.belongs(enc, answer.enc_certificate)


def test_texts_of_a_request(ccm, requested, tmp_path):
    certificate_id, key = requested
    answer = export(ccm, certificate_id, True)
    assert answer.private_key is None and answer.enc_private_key is None
    check_chain(tmp_path, answer.certificate, answer.enc_certificate, answer.certificate_chain)
    assert sm2.belongs(sm2.scalar(key.pem()), answer.certificate)
    check_envelopes(tmp_path, answer.enc_sm2_enveloped_key, answer.signed_and_enveloped_data,
                    key.path, answer.certificate_chain, answer.enc_certificate)
    plain = export(ccm, certificate_id, False)
    assert plain.private_key is None
    assert sm2.belongs(sm2.scalar(plain.enc_private_key), plain.enc_certificate)


def test_archives(ccm, own, requested, tmp_path):
    files = archive(ccm, own, True)
    assert list(files) == STANDARD
    key = tmp_path / "sign.key"
    key.write_text(files["signCert.key"])
    check_chain(tmp_path, files["signCert.pem"], files["encCert.pem"], files["chain.pem"])
    check_envelopes(tmp_path, files["encSm2EnvelopedKey.key"], files["signedAndEnvelopedData.key"],
                    key, files["chain.pem"], files["encCert.pem"])
    files = archive(ccm, own, False)
    assert list(files) == PLAIN
    for half in ("sign", "enc"):
        assert sm2.belongs(sm2.scalar(files[f"{half}Cert.key"]), files[f"{half}Cert.pem"])

    certificate_id, key = requested
    files = archive(ccm, certificate_id, True)
    assert list(files) == [name for name in STANDARD if name != "signCert.key"]
    check_envelopes(tmp_path, files["encSm2EnvelopedKey.key"], files["signedAndEnvelopedData.key"],
                    key.path, files["chain.pem"], files["encCert.pem"])
    files = archive(ccm, certificate_id, False)
    assert list(files) == [name for name in PLAIN if name != "signCert.key"]
    assert sm2.belongs(sm2.scalar(files["encCert.key"]), files["encCert.pem"])


def test_the_commands_of_the_documentation(ccm, own, tmp_path):
    """What docs/sm2.md tells to type opens both envelopes."""
    for name, content in archive(ccm, own, True).items():
        (tmp_path / name).write_text(content)
    text = Path(__file__).parents[3].joinpath("docs/sm2.md").read_text()
    first, second = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    for script in (first, second):
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, check=True,
                       timeout=sm2.SECONDS)
    key = sm2.scalar((tmp_path / "encCert.key").read_text())
    assert sm2.belongs(key, (tmp_path / "encCert.pem").read_text())
    assert (tmp_path / "scalar").read_bytes() == key


def test_a_password_is_on_both_keys(ccm, own):
    answer = export(ccm, own, False, password="test")
    for key, certificate in [(answer.private_key, answer.certificate),
                             (answer.enc_private_key, answer.enc_certificate)]:
        assert key.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert sm2.belongs(sm2.scalar(key, "test"), certificate)
    files = archive(ccm, own, False, "test")
    for half in ("sign", "enc"):
        key = files[f"{half}Cert.key"]
        assert key.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert sm2.belongs(sm2.scalar(key, "test"), files[f"{half}Cert.pem"])


@pytest.mark.parametrize("type", ["APACHE", "IIS", "NGINX", "TOMCAT"])
@pytest.mark.parametrize("compressed", [True, False])
def test_no_other_type_has_a_form(ccm, own, type, compressed):
    with desk.refused(400, "PCA.", "type must be OTHER"):
        export(ccm, own, True, type=type, compressed=compressed)


def test_a_chain_is_of_one_family(ccm, issuer_id, sm2_root_id, sm2_issuer_id):
    says = "a chain is of one family"
    with desk.refused(400, "PCA.", says):
        desk.create_certificate(ccm, sm2_issuer_id)
    with desk.refused(400, "PCA.", says):
        desk.create_certificate(ccm, issuer_id, **SM2)
    with desk.refused(400, "PCA.", says):
        desk.create_subordinate(ccm, sm2_root_id)
    with desk.refused(400, "PCA.", "SM3"):
        desk.create_ca(ccm, key_algorithm="SM2")
    with desk.refused(400, "PCA.", "SM2"):
        desk.create_ca(ccm, signature_algorithm="SM3")


# The certificate store.

SIGN, ENC = "digitalSignature,nonRepudiation", "keyEncipherment,dataEncipherment,keyAgreement"


@pytest.fixture(scope="module")
def foreign_pair(tmp_path_factory):
    """A root, and a pair below it with its keys, all made by OpenSSL."""
    folder = tmp_path_factory.mktemp("pair")
    root, sign, enc = (sm2.Key(folder, name) for name in ("root", "sign", "enc"))
    root_pem = root.certify("SM2 root", None, "keyCertSign,cRLSign", ca=True)
    issuer = (root, root_pem)
    return {
        "certificate": sign.certify("pair.example.com", issuer, SIGN),
        "private_key": sign.pem(),
        "certificate_chain": root_pem,
        "enc_certificate": enc.certify("pair.example.com", issuer, ENC),
        "enc_private_key": enc.pem(),
    }


def import_(scm, **fields):
    body = ImportCertificateRequestBody(name=desk.unique("pair"), **fields)
    return scm.import_certificate(ImportCertificateRequest(body=body)).certificate_id


def stored(scm, certificate_id):
    return scm.export_certificate(ExportCertificateRequest(certificate_id=certificate_id))


def test_a_foreign_pair_comes_back_from_the_store(scm, foreign_pair):
    answer = stored(scm, import_(scm, **foreign_pair))
    for field in ("certificate", "certificate_chain", "enc_certificate"):
        assert getattr(answer, field).split() == foreign_pair[field].split(), field
    for field in ("private_key", "enc_private_key"):
        assert sm2.scalar(getattr(answer, field)) == sm2.scalar(foreign_pair[field]), field


def test_a_pair_of_the_private_ca_goes_into_the_store(ccm, scm, own):
    answer = export(ccm, own, False)
    fields = ("certificate", "private_key", "certificate_chain", "enc_certificate",
              "enc_private_key")
    again = stored(scm, import_(scm, **{field: getattr(answer, field) for field in fields}))
    for field in fields:
        assert getattr(again, field).split() == getattr(answer, field).split(), field


def test_halves_that_are_no_pair(scm, foreign_pair, tmp_path):
    stranger = sm2.Key(tmp_path, "stranger")
    self_signed = stranger.certify("pair.example.com", None, ENC)
    for changes, says in [
        ({"enc_private_key": stranger.pem()}, "enc_private_key does not belong"),
        ({"enc_private_key": None}, "enc_private_key is required"),
        ({"enc_certificate": None}, "enc_certificate is required"),
        ({"enc_certificate": self_signed, "enc_private_key": stranger.pem()}, "issuer"),
        ({"enc_certificate": foreign_pair["certificate"],
          "enc_private_key": foreign_pair["private_key"]}, "another key"),
    ]:
        with desk.refused(400, "SCM.", says):
            import_(scm, **foreign_pair | changes)
