"""Revocation from the order of a certificate to the refusal of relying parties: the official SDK
revokes, the `cryptography` package and OpenSSL ask where the certificates say.
"""

from datetime import datetime, timezone

import desk
import pem
import pytest
import revocation
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ReasonFlags, ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, OCSPExtensionOID

NONCE = bytes(range(32))
REASONS = {
    "UNSPECIFIED": ReasonFlags.unspecified,
    "KEY_COMPROMISE": ReasonFlags.key_compromise,
    "CERTIFICATE_AUTHORITY_COMPROMISE": ReasonFlags.ca_compromise,
    "AFFILIATION_CHANGED": ReasonFlags.affiliation_changed,
    "SUPERSEDED": ReasonFlags.superseded,
    "CESSATION_OF_OPERATION": ReasonFlags.cessation_of_operation,
    "CERTIFICATE_HOLD": ReasonFlags.certificate_hold,
    "PRIVILEGE_WITHDRAWN": ReasonFlags.privilege_withdrawn,
    "ATTRIBUTE_AUTHORITY_COMPROMISE": ReasonFlags.aa_compromise,
}


class Issued:
    """A certificate with its two issuers."""

    def __init__(self, ccm, issuer_id, **fields):
        self.id = desk.create_certificate(ccm, issuer_id, sans=desk.LOCAL_NAMES, **fields)
        answer = desk.export(ccm, self.id)
        self.leaf = pem.certificate(answer.certificate)
        self.issuer, self.root = self.chain = pem.certificates(answer.certificate_chain)


def reason_of(entry):
    """The reason of an entry on a list; none is the first one."""
    assert entry.revocation_date_utc <= datetime.now(timezone.utc)
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return ReasonFlags.unspecified


def check_signature(key, answer):
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(),
                   answer.signature_hash_algorithm)
    else:
        key.verify(answer.signature, answer.tbs_response_bytes,
                   ec.ECDSA(answer.signature_hash_algorithm))


def ask(certificate, issuer, hash=hashes.SHA256()):
    """The answer about one certificate, by a responder whom the issuer lets answer."""
    request = (ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hash)
               .add_extension(x509.OCSPNonce(NONCE), critical=False).build())
    sent = request.public_bytes(pem.Encoding.DER)
    answer = ocsp.load_der_ocsp_response(
        revocation.post(revocation.responder_url(certificate), sent))
    assert answer.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    (responder,) = answer.certificates
    responder.verify_directly_issued_by(issuer)
    check_signature(responder.public_key(), answer)
    usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    nonce = answer.extensions.get_extension_for_oid(OCSPExtensionOID.NONCE).value
    assert nonce.nonce == NONCE
    assert answer.serial_number == certificate.serial_number
    assert answer.issuer_key_hash == request.issuer_key_hash
    assert answer.this_update_utc <= datetime.now(timezone.utc) < answer.next_update_utc
    return answer


def check_good(certificate, issuer):
    assert revocation.entry(certificate, issuer) is None
    for hash in (hashes.SHA1(), hashes.SHA256()):
        assert ask(certificate, issuer, hash).certificate_status == ocsp.OCSPCertStatus.GOOD


def check_revoked(certificate, issuer, reason):
    """By OCSP at once, on the list soon."""
    for hash in (hashes.SHA1(), hashes.SHA256()):
        answer = ask(certificate, issuer, hash)
        assert answer.certificate_status == ocsp.OCSPCertStatus.REVOKED
        assert (answer.revocation_reason or ReasonFlags.unspecified) == reason
    entry = revocation.soon(lambda: revocation.entry(certificate, issuer))
    assert reason_of(entry) == reason


def accept(folder, one):
    for fetch in (False, True):
        status, said = revocation.verify_by_openssl(folder, one.leaf, one.chain, fetch)
        assert (status, said) == (0, "leaf.pem: OK\n"), said


@pytest.mark.parametrize("key", ["RSA2048", "EC256"])
def test_from_order_to_refusal(ccm, tmp_path, key):
    _, issuer_id = revocation.hierarchy(ccm, "revoked", key_algorithm=key)
    one = Issued(ccm, issuer_id, key_algorithm=key)
    pem.verify_chain(one.leaf, one.chain)
    for certificate, issuer in ((one.leaf, one.issuer), (one.issuer, one.root)):
        check_good(certificate, issuer)
        named = revocation.get(revocation.issuer_url(certificate), "application/pkix-cert")
        assert x509.load_der_x509_certificate(named) == issuer
    accept(tmp_path, one)

    revocation.revoke(ccm, one.id, "KEY_COMPROMISE")
    check_revoked(one.leaf, one.issuer, ReasonFlags.key_compromise)
    for fetch in (False, True):
        status, said = revocation.verify_by_openssl(tmp_path, one.leaf, one.chain, fetch)
        assert status != 0 and "error 23 at 0 depth lookup: certificate revoked" in said, said

    # What the authority has issued besides still holds, until it is revoked itself.
    other = Issued(ccm, issuer_id, key_algorithm=key)
    accept(tmp_path, other)
    check_good(one.issuer, one.root)
    revocation.revoke_ca(ccm, issuer_id, "CESSATION_OF_OPERATION")
    check_revoked(one.issuer, one.root, ReasonFlags.cessation_of_operation)
    status, said = revocation.verify_by_openssl(tmp_path, other.leaf, other.chain)
    assert status != 0 and "error 23 at 1 depth lookup: certificate revoked" in said, said
    with desk.refused(400, "PCA."):
        desk.create_certificate(ccm, issuer_id)


def test_the_reasons_are_told(ccm):
    """Lists come soon after revocations and bundle them, so that all are revoked first."""
    _, issuer_id = revocation.hierarchy(ccm, "telling")
    every = {reason: Issued(ccm, issuer_id) for reason in REASONS}
    some = every["UNSPECIFIED"]
    before = revocation.newest_list(some.leaf, some.issuer)
    for one in every.values():
        check_good(one.leaf, one.issuer)
    for reason, one in every.items():
        revocation.revoke(ccm, one.id, reason)
    for reason, one in every.items():
        check_revoked(one.leaf, one.issuer, REASONS[reason])
    after = revocation.newest_list(some.leaf, some.issuer)
    assert len(before) == 0 and len(after) == len(REASONS)
    assert number(before) < number(after) <= number(before) + len(REASONS)


def test_the_reasons_of_authorities_are_told(ccm):
    root_id, _ = revocation.hierarchy(ccm, "telling")
    root = pem.certificate(desk.export_ca(ccm, root_id).certificate)
    ids = {reason: desk.create_subordinate(ccm, root_id) for reason in REASONS}
    every = {reason: pem.certificate(desk.export_ca(ccm, ca_id).certificate)
             for reason, ca_id in ids.items()}
    for certificate in every.values():
        check_good(certificate, root)
    for reason, ca_id in ids.items():
        revocation.revoke_ca(ccm, ca_id, reason)
    for reason, certificate in every.items():
        check_revoked(certificate, root, REASONS[reason])


def number(crl):
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def test_openssl_asks_by_ocsp(ccm, tmp_path):
    _, issuer_id = revocation.hierarchy(ccm, "asked")
    one = Issued(ccm, issuer_id)
    revocation.write_chain(tmp_path, one.leaf, one.chain)

    def says(status, *about):
        for nonce in ([], ["-no_nonce"]):
            code, said = revocation.openssl(
                tmp_path, "ocsp", "-url", revocation.responder_url(one.leaf), "-issuer",
                "issuer.pem", "-CAfile", "root.pem", "-no-CApath", "-no-CAstore", *about, *nonce)
            assert code == 0 and "Response verify OK" in said, said
            assert f": {status}\n" in said, said

    says("good", "-cert", "leaf.pem")
    says("unknown", "-serial", str(one.leaf.serial_number + 1))
    revocation.revoke(ccm, one.id, "SUPERSEDED")
    says("revoked", "-cert", "leaf.pem")
    says("revoked", "-sha256", "-cert", "leaf.pem")


def test_openssl_reads_the_list_of_an_sm2_authority(ccm, tmp_path):
    """Its signature is for gmsm and Bouncy Castle to judge: OpenSSL applies no user id to lists."""
    _, issuer_id = revocation.hierarchy(ccm, "sm2", key_algorithm="SM2", signature_algorithm="SM3")
    one = Issued(ccm, issuer_id, key_algorithm="SM2", signature_algorithm="SM3")
    revocation.revoke(ccm, one.id, "SUPERSEDED")

    def read():
        content = revocation.get(revocation.list_url(one.leaf), "application/pkix-crl")
        (tmp_path / "list.crl").write_bytes(content)
        status, said = revocation.openssl(tmp_path, "crl", "-inform", "DER", "-in", "list.crl",
                                          "-noout", "-text")
        assert status == 0 and "Signature Algorithm: SM2-with-SM3" in said, said
        return said if f"Serial Number: {one.leaf.serial_number:X}" in said else None

    assert "Superseded" in revocation.soon(read)
