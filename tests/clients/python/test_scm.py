"""The certificate store: import with its checks, lists, details, export, deletion."""

from datetime import datetime, timedelta, timezone

import desk
import foreign
import pem
import pytest
import weak
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat
from huaweicloudsdkscm.v3 import (
    DeleteCertificateRequest,
    ExportCertificateRequest,
    ImportCertificateRequest,
    ImportCertificateRequestBody,
    ListCertificatesRequest,
    ShowCertificateRequest,
)

HIERARCHY = foreign.Hierarchy("Store")


def import_(scm, certificate, key, chain=None, name=None, **fields):
    body = ImportCertificateRequestBody(
        name=name or desk.unique("store"), certificate=certificate, certificate_chain=chain,
        private_key=key, **fields,
    )
    return scm.import_certificate(ImportCertificateRequest(body=body)).certificate_id


def show(scm, certificate_id):
    return scm.show_certificate(ShowCertificateRequest(certificate_id=certificate_id))


def export(scm, certificate_id):
    return scm.export_certificate(ExportCertificateRequest(certificate_id=certificate_id))


def delete(scm, certificate_id):
    return scm.delete_certificate(DeleteCertificateRequest(certificate_id=certificate_id))


def listing(scm, **filters):
    return scm.list_certificates(ListCertificatesRequest(**filters))


def text(*certificates):
    return pem.to_pem(certificates).decode()


class Material:
    """A certificate with its key and chain, as PEM."""

    def __init__(self, key=None, common_name="store.example.com", hierarchy=HIERARCHY, **options):
        self.key = key or foreign.ec_key()
        self.leaf = hierarchy.leaf(common_name, self.key, **options)
        self.certificate = text(self.leaf)
        self.private_key = foreign.key_pem(self.key)
        self.chain = text(*hierarchy.chain())


@pytest.mark.parametrize(
    "key",
    [foreign.rsa_key, lambda: foreign.rsa_key(4096), foreign.ec_key,
     lambda: foreign.ec_key(ec.SECP384R1)],
    ids=["RSA2048", "RSA4096", "EC256", "EC384"],
)
def test_what_is_imported_is_exported(scm, key):
    one = Material(key(), hosts=("store.example.com", "www.store.example.com"))
    name = desk.unique("store")
    certificate_id = import_(scm, one.certificate, one.private_key, one.chain, name=name)
    assert len(certificate_id) == 16
    assert certificate_id.startswith("scs") and certificate_id[3:].isdigit()

    shown = show(scm, certificate_id)
    assert (shown.id, shown.name, shown.status) == (certificate_id, name, "UPLOAD")
    assert shown.domain == "store.example.com"
    assert shown.sans == "www.store.example.com"
    assert (shown.domain_count, shown.wildcard_count) == (2, 0)
    assert shown.fingerprint.lower() == one.leaf.fingerprint(hashes.SHA1()).hex()
    assert shown.push_support and shown.authentification is not None
    assert shown.enterprise_project_id == "0"
    until = one.leaf.not_valid_after_utc.strftime("%Y-%m-%d %H:%M:%S.0")
    assert shown.not_after == until

    answer = export(scm, certificate_id)
    assert pem.certificate(answer.certificate) == one.leaf
    assert pem.certificates(answer.certificate_chain) == HIERARCHY.chain()
    assert pem.certificates(answer.entire_certificate) == [one.leaf, *HIERARCHY.chain()]
    assert pem.belongs(pem.private_key(answer.private_key), one.leaf)
    pem.verify_chain(one.leaf, HIERARCHY.chain())


def test_a_chain_may_stand_in_the_certificate_and_in_any_order(scm):
    one = Material()
    whole = text(one.leaf, *HIERARCHY.chain())
    answer = export(scm, import_(scm, whole, one.private_key))
    assert pem.certificate(answer.certificate) == one.leaf
    assert pem.certificates(answer.certificate_chain) == HIERARCHY.chain()
    backwards = text(*reversed(HIERARCHY.chain()))
    answer = export(scm, import_(scm, one.certificate, one.private_key, backwards))
    assert pem.certificates(answer.certificate_chain) == HIERARCHY.chain()


def test_every_form_of_key(scm):
    rsa, elliptic = Material(foreign.rsa_key()), Material()
    for one in (rsa, elliptic):
        traditional = foreign.key_pem(one.key, PrivateFormat.TraditionalOpenSSL)
        for key in (one.private_key, traditional, traditional.replace("\n", "\r\n")):
            answer = export(scm, import_(scm, one.certificate, key, one.chain))
            assert pem.belongs(pem.private_key(answer.private_key), one.leaf)


def test_a_long_chain(scm):
    """RSA4096 all the way: longer than the documentation's field lengths, as real chains are."""
    hierarchy = foreign.Hierarchy("Long")
    hierarchy.root_key, hierarchy.intermediate_key = foreign.rsa_key(4096), foreign.rsa_key(4096)
    root, middle = foreign.name("Long root"), foreign.name("Long intermediate")
    hierarchy.root = foreign.certify(
        root, hierarchy.root_key.public_key(), root, hierarchy.root_key, authority=True)
    hierarchy.intermediate = foreign.certify(
        middle, hierarchy.intermediate_key.public_key(), root, hierarchy.root_key, authority=True)
    hosts = ["store.example.com", *(f"host-number-{n}.store.example.com" for n in range(60))]
    one = Material(foreign.rsa_key(4096), hierarchy=hierarchy, hosts=hosts)
    assert len(one.certificate) > 4096
    answer = export(scm, import_(scm, one.certificate, one.private_key, one.chain))
    assert pem.certificates(answer.entire_certificate) == [one.leaf, *hierarchy.chain()]


@pytest.mark.parametrize(
    "make, says",
    [(weak.close_primes, "close primes"), (weak.small_factor, "small factor"), (weak.roca, "ROCA"),
     (weak.exponent_3, "exponent 3")],
)
def test_a_weak_key_that_others_have_certified_is_taken_and_named(make, says):
    """The leaf's, and that of a CA above."""
    hierarchy = foreign.Hierarchy("Weak")
    hierarchy.intermediate_key = make()
    hierarchy.intermediate = foreign.certify(
        foreign.name("Weak intermediate"), hierarchy.intermediate_key.public_key(),
        hierarchy.root.subject, hierarchy.root_key, authority=True)
    one = Material(make(), hierarchy=hierarchy)
    answer = desk.http("POST", "/v3/scm/certificates/import", json={
        "name": desk.unique("weak"), "certificate": one.certificate, "certificate_chain": one.chain,
        "private_key": one.private_key})
    assert answer.status_code == 200, answer.text
    names = ("store.example.com", "Weak intermediate")
    assert answer.headers["X-Chancery-Notes"] == "; ".join(f"weak key ({says}): {one}" for one in names)


def refusals():
    good, other = Material(), Material()
    stranger = foreign.Hierarchy("Stranger")
    old = datetime.now(timezone.utc) - timedelta(days=30)
    expired = Material(since=old, days=10)
    short = Material(foreign.rsa_key(1024))
    locked = foreign.key_pem(good.key, encryption=BestAvailableEncryption(b"locked"))
    yield "another key", "SCM.0014", (good.certificate, other.private_key, good.chain)
    yield "another chain", "SCM.0079", (good.certificate, good.private_key,
                                        text(*stranger.chain()))
    yield "a chain with a gap", "SCM.0079", (good.certificate, good.private_key,
                                             text(HIERARCHY.root))
    yield "an expired certificate", "SCM.0031", (expired.certificate, expired.private_key,
                                                 expired.chain)
    yield "no certificate", "SCM.0053", ("no certificate", good.private_key, good.chain)
    yield "a broken certificate", "SCM.0006", (
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", good.private_key, None)
    yield "no key", "SCM.0114", (good.certificate, "no key", good.chain)
    yield "a locked key", "SCM.0012", (good.certificate, locked, good.chain)
    yield "no chain", "SCM.0013", (good.certificate, good.private_key, "no chain")
    yield "a weak key", "SCM.0031", (short.certificate, short.private_key, short.chain)


@pytest.mark.parametrize(
    ("code", "material"),
    [pytest.param(code, material, id=label) for label, code, material in refusals()],
)
def test_a_faulty_import_is_refused_and_not_kept(scm, code, material):
    name = desk.unique("refused")
    with desk.refused(400, code):
        import_(scm, *material, name=name)
    assert listing(scm, content=name).total_count == 0


@pytest.mark.parametrize("name", ["ab", "x" * 64, "bad/name", "has space"])
def test_a_faulty_name_is_refused(scm, name):
    one = Material()
    with desk.refused(400, "SCM.0032", says="name"):
        import_(scm, one.certificate, one.private_key, one.chain, name=name)


def test_duplicates_are_refused_when_asked(scm):
    one = Material()
    first = import_(scm, one.certificate, one.private_key, one.chain)
    second = import_(scm, one.certificate, one.private_key, one.chain, duplicate_check=False)
    assert first != second
    with desk.refused(400, "SCM."):
        import_(scm, one.certificate, one.private_key, one.chain, duplicate_check=True)


def test_lists_are_filtered_sorted_and_cut(scm):
    label = desk.unique("list")
    for suffix, days in (("b", 200), ("a", 100), ("c", 300)):
        one = Material(days=days)
        import_(scm, one.certificate, one.private_key, one.chain, name=f"{label}-{suffix}")

    def suffixes(**filters):
        answer = listing(scm, content=label, **filters)
        return [one.name[-1] for one in answer.certificates]

    assert sorted(suffixes()) == ["a", "b", "c"]
    assert suffixes(sort_key="certExpiredTime", sort_dir="DESC") == ["c", "b", "a"]
    assert suffixes(sort_key="certExpiredTime", sort_dir="ASC", limit=10) == ["a", "b", "c"]
    assert suffixes(sort_key="certExpiredTime", sort_dir="ASC", limit=10, offset=2) == ["c"]
    assert sorted(suffixes(status="UPLOAD")) == ["a", "b", "c"]
    assert suffixes(status="REVOKED") == []
    assert sorted(suffixes(status="ALL", limit=50)) == ["a", "b", "c"]
    answer = listing(scm, content=label, limit=10)
    assert answer.total_count == 3
    first = answer.certificates[0]
    assert (first.status, first.domain_type) == ("UPLOAD", "SINGLE_DOMAIN")
    datetime.strptime(first.expire_time, "%Y-%m-%d %H:%M:%S.0")


def test_a_deleted_certificate_is_gone(scm):
    one = Material()
    certificate_id = import_(scm, one.certificate, one.private_key, one.chain)
    assert delete(scm, certificate_id).status_code == 204
    for call in (show, export, delete):
        with desk.refused(404, "SCM.0020"):
            call(scm, certificate_id)


@pytest.mark.parametrize(
    ("certificate_id", "status", "code"),
    [
        ("scs0000000000000", 404, "SCM.0020"),
        ("none", 400, "SCM.0008"),
        ("x" * 16, 400, "SCM.0008"),
    ],
)
def test_an_unknown_certificate(scm, certificate_id, status, code):
    for call in (show, export, delete):
        with desk.refused(status, code):
            call(scm, certificate_id)


def test_an_export_with_an_empty_object_as_its_body(scm):
    """What the Terraform provider sends, where the SDKs send nothing."""
    one = Material()
    certificate_id = import_(scm, one.certificate, one.private_key, one.chain)
    answer = desk.http("POST", f"/v3/scm/certificates/{certificate_id}/export", json={})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
