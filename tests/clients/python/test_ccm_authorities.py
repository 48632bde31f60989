"""Private certificate authorities: their life, and the calls each state refuses."""

import time
import uuid

import desk
import foreign
import pem
import pytest
import weak
from cryptography import x509
from huaweicloudsdkccm.v1 import (
    DeleteCertificateAuthorityRequest,
    DisableCertificateAuthorityRequest,
    DistinguishedName,
    EnableCertificateAuthorityRequest,
    ExportCertificateAuthorityCsrRequest,
    ImportCertificateAuthorityCertificateRequest,
    ImportCertificateAuthorityCertificateRequestBody,
    IssueCertificateAuthorityCertificateRequest,
    IssueCertificateAuthorityCertificateRequestBody,
    ListCertificateAuthorityRequest,
    RestoreCertificateAuthorityRequest,
    Validity,
)

DAY = 24 * 60 * 60 * 1000
YEAR = 365.25 * DAY


def csr(ccm, ca_id):
    request = ExportCertificateAuthorityCsrRequest(ca_id=ca_id)
    return ccm.export_certificate_authority_csr(request).csr


def activate(ccm, ca_id, issuer_id, **fields):
    fields = {"validity": desk.years(5), "signature_algorithm": "SHA256"} | fields
    body = IssueCertificateAuthorityCertificateRequestBody(issuer_id=issuer_id, **fields)
    request = IssueCertificateAuthorityCertificateRequest(ca_id=ca_id, body=body)
    return ccm.issue_certificate_authority_certificate(request)


def import_certificate(ccm, ca_id, certificate, chain=None):
    body = ImportCertificateAuthorityCertificateRequestBody(
        certificate=certificate, certificate_chain=chain
    )
    request = ImportCertificateAuthorityCertificateRequest(ca_id=ca_id, body=body)
    return ccm.import_certificate_authority_certificate(request)


def disable(ccm, ca_id):
    request = DisableCertificateAuthorityRequest(ca_id=ca_id)
    return ccm.disable_certificate_authority(request)


def enable(ccm, ca_id):
    return ccm.enable_certificate_authority(EnableCertificateAuthorityRequest(ca_id=ca_id))


def restore(ccm, ca_id):
    return ccm.restore_certificate_authority(RestoreCertificateAuthorityRequest(ca_id=ca_id))


def delete(ccm, ca_id, pending_days="7"):
    request = DeleteCertificateAuthorityRequest(ca_id=ca_id, pending_days=pending_days)
    return ccm.delete_certificate_authority(request)


def listing(ccm, **filters):
    return ccm.list_certificate_authority(ListCertificateAuthorityRequest(**filters))


def status(ccm, ca_id):
    return desk.show_ca(ccm, ca_id).status


# Creation.

@pytest.mark.parametrize(
    ("key_algorithm", "signature_algorithm"),
    [("RSA2048", "SHA256"), ("RSA4096", "SHA512"), ("EC256", "SHA256"), ("EC384", "SHA384")],
)
def test_a_root_is_active_at_once(ccm, key_algorithm, signature_algorithm):
    name, before = desk.unique("root"), time.time() * 1000
    ca_id = desk.create_ca(
        ccm, name=name, key_algorithm=key_algorithm, signature_algorithm=signature_algorithm
    )
    root = desk.show_ca(ccm, ca_id)
    assert root.ca_id == ca_id == str(uuid.UUID(ca_id))
    assert (root.type, root.status, root.path_length) == ("ROOT", "ACTIVED", 7)
    assert (root.issuer_id, root.issuer_name) == (None, None)
    assert (root.key_algorithm, root.signature_algorithm) == (key_algorithm, signature_algorithm)
    assert (root.gen_mode, root.freeze_flag, root.delete_time) == ("GENERATE", 0, None)
    assert root.distinguished_name.to_dict() == desk.distinguished_name(name).to_dict()
    assert abs(root.create_time - before) < 60_000
    assert abs(root.not_after - root.not_before - 10 * YEAR) < 5 * DAY
    assert root.domain_id == desk.DOMAIN_ID
    assert root.crl_configuration.enabled is False

    answer = desk.export_ca(ccm, ca_id)
    assert answer.certificate_chain is None
    certificate = pem.certificate(answer.certificate)
    pem.verify_chain(certificate, [certificate])
    assert int(root.serial_number, 16) == certificate.serial_number
    assert certificate.not_valid_after_utc.timestamp() * 1000 == root.not_after // 1000 * 1000
    assert pem.common_name(certificate.subject) == name
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, True)
    assert constraints.value.path_length is None
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature and usage.value.key_cert_sign and usage.value.crl_sign
    assert not usage.value.key_encipherment


def test_a_subordinate_with_an_issuer_is_active_at_once(ccm, root_id):
    ca_id = desk.create_subordinate(ccm, root_id, path_length=1, key_algorithm="RSA2048")
    subordinate, root = desk.show_ca(ccm, ca_id), desk.show_ca(ccm, root_id)
    assert (subordinate.type, subordinate.status) == ("SUBORDINATE", "ACTIVED")
    assert subordinate.path_length == 1
    assert subordinate.issuer_id == root_id
    assert subordinate.issuer_name == root.distinguished_name.common_name

    answer = desk.export_ca(ccm, ca_id)
    certificate = pem.certificate(answer.certificate)
    chain = pem.certificates(answer.certificate_chain)
    assert chain == pem.certificates(desk.export_ca(ccm, root_id).certificate)
    pem.verify_chain(certificate, chain)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 1)


def test_a_path_length_holds(ccm, root_id):
    """A path length of 0 (the default) lets no authority stand below, 1 lets one."""
    closed = desk.create_subordinate(ccm, root_id)
    with desk.refused(400, "PCA."):
        desk.create_subordinate(ccm, closed)
    # Longer than what is below it, which begins a little later.
    open_id = desk.create_subordinate(ccm, root_id, path_length=1, validity=desk.years(6))
    with desk.refused(400, "PCA.", says="path_length"):
        desk.create_subordinate(ccm, open_id, path_length=1)
    below = desk.create_subordinate(ccm, open_id, path_length=0)
    answer = desk.export_ca(ccm, below)
    chain = pem.certificates(answer.certificate_chain)
    assert len(chain) == 2
    pem.verify_chain(pem.certificate(answer.certificate), chain)


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"type": "SOMETHING"}, "PCA.00020202", "type"),
        ({"key_algorithm": "RSA1024"}, "PCA.00020102", "key_algorithm"),
        ({"signature_algorithm": "SHA1"}, "PCA.00020103", "signature_algorithm"),
        ({"validity": Validity(type="YEAR", value=31)}, "PCA.00020109", "validity"),
        ({"validity": Validity(type="YEAR", value=0)}, "PCA.00020109", "validity"),
        ({"validity": Validity(type="CENTURY", value=1)}, "PCA.00020109", "validity"),
        ({"validity": Validity(type="DAY", value=1, start_from=1)}, "PCA.00020109", "start_from"),
        ({"name": "x" * 65}, "PCA.00020101", "common_name"),
        ({"name": "bad/name"}, "PCA.00020101", "common_name"),
        (
            {"distinguished_name": DistinguishedName(
                common_name="c", country="CHN", state="s", locality="l", organization="o",
                organizational_unit="u")},
            "PCA.00020101", "country",
        ),
        ({"type": "SUBORDINATE", "issuer_id": "no-uuid"}, "PCA.00020201", "issuer_id"),
    ],
)
def test_a_faulty_authority_is_refused_and_not_kept(ccm, fields, code, says):
    before = listing(ccm, limit=1).total
    with desk.refused(400, code, says=says):
        desk.create_ca(ccm, **fields)
    assert listing(ccm, limit=1).total == before


def test_an_issuer_must_exist(ccm):
    with desk.refused(404, "PCA.10010002"):
        desk.create_subordinate(ccm, str(uuid.uuid4()))


def test_an_authority_ends_with_its_issuer(ccm):
    short = desk.create_ca(ccm, validity=desk.years(1))
    with desk.refused(400, "PCA.", says="validity"):
        desk.create_subordinate(ccm, short, validity=desk.years(2))


# Pending.

def test_a_pending_authority_is_activated_inside(ccm, root_id):
    name = desk.unique("pending")
    ca_id = desk.create_pending(ccm, name=name, key_algorithm="RSA2048")
    pending = desk.show_ca(ccm, ca_id)
    assert (pending.status, pending.issuer_id, pending.not_after) == ("PENDING", None, None)

    text = csr(ccm, ca_id)
    assert text.count("\n") == text.count("\r\n") > 2
    request = x509.load_pem_x509_csr(text.encode())
    assert request.is_signature_valid
    assert pem.common_name(request.subject) == name

    for call in (desk.export_ca, disable, enable, restore):
        with desk.refused(400, "PCA."):
            call(ccm, ca_id)
    with desk.refused(400, "PCA."):
        desk.create_certificate(ccm, ca_id)
    assert status(ccm, ca_id) == "PENDING"

    assert activate(ccm, ca_id, root_id, path_length=2).status_code == 204
    active = desk.show_ca(ccm, ca_id)
    assert (active.status, active.issuer_id, active.path_length) == ("ACTIVED", root_id, 2)
    answer = desk.export_ca(ccm, ca_id)
    certificate = pem.certificate(answer.certificate)
    pem.verify_chain(certificate, pem.certificates(answer.certificate_chain))
    assert pem.public_bytes(certificate.public_key()) == pem.public_bytes(request.public_key())

    with desk.refused(400, "PCA."):
        csr(ccm, ca_id)
    with desk.refused(400, "PCA."):
        activate(ccm, ca_id, root_id)


def test_a_pending_authority_is_certified_outside(ccm):
    outside = foreign.Hierarchy(desk.unique("outside"))
    ca_id = desk.create_pending(ccm)
    request = x509.load_pem_x509_csr(csr(ccm, ca_id).encode())

    another = foreign.certify(
        request.subject, foreign.ec_key().public_key(), outside.intermediate.subject,
        outside.intermediate_key, authority=True, path_length=0, days=700,
    )
    chain = pem.to_pem(outside.chain()).decode()
    with desk.refused(400, "PCA.10010207"):
        import_certificate(ccm, ca_id, pem.to_pem([another]).decode(), chain)
    no_authority = foreign.certify(
        request.subject, request.public_key(), outside.intermediate.subject,
        outside.intermediate_key, days=700,
    )
    with desk.refused(400, "PCA."):
        import_certificate(ccm, ca_id, pem.to_pem([no_authority]).decode(), chain)
    with desk.refused(400, "PCA."):
        import_certificate(ccm, ca_id, "no certificate", chain)
    assert status(ccm, ca_id) == "PENDING"

    certificate = foreign.certify(
        request.subject, request.public_key(), outside.intermediate.subject,
        outside.intermediate_key, authority=True, path_length=0, days=700,
    )
    stranger = foreign.Hierarchy(desk.unique("stranger"))
    with desk.refused(400, "PCA."):
        strange = pem.to_pem(stranger.chain()).decode()
        import_certificate(ccm, ca_id, pem.to_pem([certificate]).decode(), strange)
    import_certificate(ccm, ca_id, pem.to_pem([certificate]).decode(), chain)
    assert status(ccm, ca_id) == "ACTIVED"
    answer = desk.export_ca(ccm, ca_id)
    assert pem.certificate(answer.certificate) == certificate
    assert pem.certificates(answer.certificate_chain) == outside.chain()

    leaf_id = desk.create_certificate(ccm, ca_id, sans=desk.LOCAL_NAMES)
    answer = desk.export(ccm, leaf_id)
    whole = pem.certificates(answer.certificate_chain)
    assert whole == [certificate, *outside.chain()]
    pem.verify_chain(pem.certificate(answer.certificate), whole)


def test_a_weak_key_above_is_named(ccm):
    ca_id = desk.create_pending(ccm, name=desk.unique("below-weak"))
    request = x509.load_pem_x509_csr(csr(ccm, ca_id).encode())
    key, name = weak.close_primes(), foreign.name("Weak root")
    root = foreign.certify(name, key.public_key(), name, key, authority=True)
    own = foreign.certify(request.subject, request.public_key(), name, key, authority=True)
    answer = desk.http("POST", f"/v1/private-certificate-authorities/{ca_id}/import", json={
        "certificate": pem.to_pem([own]).decode(), "certificate_chain": pem.to_pem([root]).decode()})
    assert answer.status_code == 204, answer.text
    assert answer.headers["X-Chancery-Notes"] == "weak key (close primes): Weak root"


def test_a_pending_authority_is_gone_at_once_when_deleted(ccm):
    ca_id = desk.create_pending(ccm)
    delete(ccm, ca_id)
    with desk.refused(404, "PCA.10010002"):
        desk.show_ca(ccm, ca_id)


# Disabled, deleted.

def test_a_disabled_authority_issues_nothing(ccm):
    ca_id = desk.create_ca(ccm)
    certificate_id = desk.create_certificate(ccm, ca_id)
    assert disable(ccm, ca_id).status_code == 204
    assert status(ccm, ca_id) == "DISABLED"
    with desk.refused(400, "PCA."):
        desk.create_certificate(ccm, ca_id)
    with desk.refused(400, "PCA."):
        desk.create_subordinate(ccm, ca_id)
    for call in (desk.export_ca, disable, restore):
        with desk.refused(400, "PCA."):
            call(ccm, ca_id)
    assert desk.export(ccm, certificate_id).certificate
    assert enable(ccm, ca_id).status_code == 204
    assert status(ccm, ca_id) == "ACTIVED"
    with desk.refused(400, "PCA."):
        enable(ccm, ca_id)
    assert desk.create_certificate(ccm, ca_id)


def test_a_deleted_authority_can_be_restored(ccm):
    ca_id = desk.create_ca(ccm)
    with desk.refused(400, "PCA."):
        delete(ccm, ca_id)
    disable(ccm, ca_id)
    for days in ("6", "31", "soon"):
        with desk.refused(400, "PCA.", says="pending_days"):
            delete(ccm, ca_id, pending_days=days)
    assert status(ccm, ca_id) == "DISABLED"

    before = time.time() * 1000
    delete(ccm, ca_id, pending_days="30")
    deleted = desk.show_ca(ccm, ca_id)
    assert deleted.status == "DELETED"
    assert abs(deleted.delete_time - before - 30 * DAY) < DAY
    for call in (enable, disable, delete, desk.export_ca):
        with desk.refused(400, "PCA."):
            call(ccm, ca_id)

    assert restore(ccm, ca_id).status_code == 204
    restored = desk.show_ca(ccm, ca_id)
    assert (restored.status, restored.delete_time) == ("DISABLED", None)


@pytest.mark.parametrize(
    "call", [desk.show_ca, desk.export_ca, csr, disable, enable, restore, delete]
)
def test_an_unknown_authority(ccm, call):
    with desk.refused(404, "PCA.10010002"):
        call(ccm, str(uuid.uuid4()))


# Lists.

def test_lists_are_filtered_sorted_and_cut(ccm):
    label = desk.unique("list")
    ids = {name: desk.create_ca(ccm, name=f"{label}-{name}") for name in ("b", "a", "c")}
    disable(ccm, ids["b"])

    def names(**filters):
        answer = listing(ccm, name=label, **filters)
        return [one.distinguished_name.common_name[-1] for one in answer.certificate_authorities]

    assert names() == ["c", "a", "b"]
    assert names(sort_dir="ASC") == ["b", "a", "c"]
    assert names(sort_key="common_name", sort_dir="ASC") == ["a", "b", "c"]
    assert names(limit=2) == ["c", "a"]
    assert names(limit=2, offset=2) == ["b"]
    assert names(limit=1000, status="DISABLED") == ["b"]
    assert names(type="ROOT", status="ACTIVED") == ["c", "a"]
    assert names(type="SUBORDINATE") == []
    assert listing(ccm, name=label, limit=1).total == 3
    with desk.refused(400, "PCA.", says="limit"):
        listing(ccm, limit=-1)
    with desk.refused(400, "PCA.", says="sort_key"):
        listing(ccm, sort_key="colour")
