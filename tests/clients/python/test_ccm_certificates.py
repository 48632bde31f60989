"""Private certificates: issuing, requests from elsewhere, their life and its refusals."""

import time
import uuid

import desk
import foreign
import pem
import pytest
import weak
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from huaweicloudsdkccm.v1 import (
    CertDistinguishedName,
    CreateCertificateByCsrRequest,
    CreateCertificateByCsrRequestBody,
    CustomizedExtension,
    DeleteCertificateRequest,
    ExtendedKeyUsage,
    ListCertificateRequest,
    ParseCertificateSigningRequestRequest,
    ParseCertificateSigningRequestRequestBody,
    RevokeCertificateRequest,
    RevokeCertificateRequestBody,
    SubjectAlternativeName,
    Validity,
)

HOUR = 60 * 60 * 1000
DAY = 24 * HOUR


def create_by_csr(ccm, issuer_id, csr, **fields):
    fields = {"issuer_id": issuer_id, "csr": csr, "validity": desk.years(1)} | fields
    body = CreateCertificateByCsrRequestBody(**fields)
    answer = ccm.create_certificate_by_csr(CreateCertificateByCsrRequest(body=body))
    return answer.certificate_id


def parse_csr(ccm, csr):
    body = ParseCertificateSigningRequestRequestBody(csr=csr)
    request = ParseCertificateSigningRequestRequest(body=body)
    return ccm.parse_certificate_signing_request(request)


def revoke(ccm, certificate_id, reason=None):
    body = RevokeCertificateRequestBody(reason=reason)
    request = RevokeCertificateRequest(certificate_id=certificate_id, body=body)
    return ccm.revoke_certificate(request)


def delete(ccm, certificate_id):
    return ccm.delete_certificate(DeleteCertificateRequest(certificate_id=certificate_id))


def listing(ccm, **filters):
    return ccm.list_certificate(ListCertificateRequest(**filters))


def leaf_of(ccm, certificate_id):
    """The certificate, after its chain was found right."""
    answer = desk.export(ccm, certificate_id)
    leaf = pem.certificate(answer.certificate)
    pem.verify_chain(leaf, pem.certificates(answer.certificate_chain), purpose="any")
    return leaf


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind).value


# Issuing.

@pytest.mark.parametrize(
    ("key_algorithm", "signature_algorithm", "kind", "size"),
    [
        ("RSA2048", "SHA256", rsa.RSAPrivateKey, 2048),
        ("RSA4096", "SHA384", rsa.RSAPrivateKey, 4096),
        ("EC256", "SHA256", ec.EllipticCurvePrivateKey, 256),
        ("EC384", "SHA512", ec.EllipticCurvePrivateKey, 384),
    ],
)
def test_each_algorithm(ccm, issuer_id, key_algorithm, signature_algorithm, kind, size):
    before = time.time() * 1000
    certificate_id = desk.create_certificate(
        ccm, issuer_id, sans=desk.LOCAL_NAMES,
        key_algorithm=key_algorithm, signature_algorithm=signature_algorithm,
    )
    shown, issuer = desk.show_certificate(ccm, certificate_id), desk.show_ca(ccm, issuer_id)
    assert shown.certificate_id == certificate_id == str(uuid.UUID(certificate_id))
    assert (shown.status, shown.gen_mode, shown.freeze_flag) == ("ISSUED", "GENERATE", 0)
    assert shown.issuer_id == issuer_id
    assert shown.issuer_name == issuer.distinguished_name.common_name
    assert shown.key_algorithm == key_algorithm
    assert shown.signature_algorithm == signature_algorithm
    assert (shown.delete_time, shown.enc_cert_info) == (None, None)
    assert abs(shown.create_time - before) < 60_000

    answer = desk.export(ccm, certificate_id)
    leaf = pem.certificate(answer.certificate)
    chain = pem.certificates(answer.certificate_chain)
    pem.verify_chain(leaf, chain)
    pem.verify_server(leaf, chain, "localhost")
    key = pem.private_key(answer.private_key)
    assert pem.belongs(key, leaf)
    assert isinstance(key, kind) and key.key_size == size
    assert leaf.signature_hash_algorithm.name == signature_algorithm.lower()
    assert int(shown.serial_number, 16) == leaf.serial_number
    assert leaf.not_valid_before_utc.timestamp() * 1000 == shown.not_before // 1000 * 1000
    assert leaf.not_valid_after_utc.timestamp() * 1000 == shown.not_after // 1000 * 1000


def test_it_follows_rfc_5280(ccm, issuer_id):
    """Sections 4.1.2 and 4.2.1: serial number, key identifiers, constraints, usages."""
    issuer = pem.certificate(desk.export_ca(ccm, issuer_id).certificate)
    leaf = leaf_of(ccm, desk.create_certificate(ccm, issuer_id, sans=desk.LOCAL_NAMES))
    assert leaf.version is x509.Version.v3
    assert leaf.serial_number.bit_length() >= 64 and leaf.serial_number.bit_length() <= 159
    assert leaf.issuer == issuer.subject
    own = extension(leaf, x509.SubjectKeyIdentifier).digest
    assert own == x509.SubjectKeyIdentifier.from_public_key(leaf.public_key()).digest
    authority = extension(leaf, x509.AuthorityKeyIdentifier).key_identifier
    assert authority == extension(issuer, x509.SubjectKeyIdentifier).digest
    assert extension(leaf, x509.BasicConstraints).ca is False
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).critical


def test_serial_numbers_are_random(ccm, issuer_id):
    serials = {
        desk.show_certificate(ccm, desk.create_certificate(ccm, issuer_id)).serial_number
        for _ in range(8)
    }
    assert len(serials) == 8
    assert len({serial[:4] for serial in serials}) > 4


def test_names_are_inherited_from_the_authority(ccm, issuer_id):
    """Country to unit, where the caller gives none."""
    name = CertDistinguishedName(common_name="heir", organization="Own, Ltd.", country="")
    leaf = leaf_of(ccm, desk.create_certificate(ccm, issuer_id, distinguished_name=name))
    issuer = pem.certificate(desk.export_ca(ccm, issuer_id).certificate)

    def value(certificate, oid):
        return certificate.subject.get_attributes_for_oid(oid)[0].value

    assert value(leaf, NameOID.COMMON_NAME) == "heir"
    assert value(leaf, NameOID.ORGANIZATION_NAME) == "Own, Ltd."
    for oid in (NameOID.COUNTRY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.LOCALITY_NAME,
                NameOID.ORGANIZATIONAL_UNIT_NAME):
        assert value(leaf, oid) == value(issuer, oid)


@pytest.mark.parametrize("name", ["*.example.com", "证书, 一号", "under_score-dash.dot"])
def test_common_names_of_the_allowed_characters(ccm, issuer_id, name):
    certificate_id = desk.create_certificate(ccm, issuer_id, common_name=name)
    assert desk.show_certificate(ccm, certificate_id).distinguished_name.common_name == name
    assert pem.common_name(leaf_of(ccm, certificate_id).subject) == name


def test_every_kind_of_alternative_name(ccm, issuer_id):
    sans = [("DNS", "*.example.com"), ("IP", "192.0.2.7"), ("IP", "2001:db8::7"),
            ("EMAIL", "desk@example.com"), ("URI", "https://example.com/desk")]
    leaf = leaf_of(ccm, desk.create_certificate(ccm, issuer_id, sans=sans))
    names = extension(leaf, x509.SubjectAlternativeName)
    assert names.get_values_for_type(x509.DNSName) == ["*.example.com"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == [
        "192.0.2.7", "2001:db8::7",
    ]
    assert names.get_values_for_type(x509.RFC822Name) == ["desk@example.com"]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["https://example.com/desk"]


def test_usages_and_a_customized_extension(ccm, issuer_id):
    leaf = leaf_of(ccm, desk.create_certificate(
        ccm, issuer_id,
        key_usages=["digitalSignature", "nonRepudiation", "keyAgreement"],
        extended_key_usage=ExtendedKeyUsage(client_auth=True, email_protection=True),
        customized_extension=CustomizedExtension(
            object_identifier="1.3.6.1.4.1.2011.4.99", value="desk"),
    ))
    usage = extension(leaf, x509.KeyUsage)
    assert usage.digital_signature and usage.content_commitment and usage.key_agreement
    assert not usage.key_encipherment and not usage.key_cert_sign
    assert set(extension(leaf, x509.ExtendedKeyUsage)) == {
        ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION,
    }
    custom = leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.4.1.2011.4.99"))
    assert b"desk" in custom.value.value


@pytest.mark.parametrize(
    ("type", "value", "length"),
    [("YEAR", 2, 2 * 365 * DAY), ("MONTH", 3, 93 * DAY), ("DAY", 10, 10 * DAY),
     ("HOUR", 5, 5 * HOUR)],
)
def test_each_kind_of_validity(ccm, issuer_id, type, value, length):
    start = int(time.time() * 1000) + HOUR
    validity = Validity(type=type, value=value, start_from=start)
    shown = desk.show_certificate(
        ccm, desk.create_certificate(ccm, issuer_id, validity=validity)
    )
    assert abs(shown.not_before - start) < 1000
    assert abs(shown.not_after - start - length) <= 2 * DAY * (type == "YEAR") + 1000


def sans(*pairs):
    names = [SubjectAlternativeName(type=type, value=value) for type, value in pairs]
    return {"subject_alternative_names": names}


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"issuer_id": "no-uuid"}, "PCA.00020201", "issuer_id"),
        ({"key_algorithm": "DSA"}, "PCA.00020102", "key_algorithm"),
        ({"signature_algorithm": "MD5"}, "PCA.00020103", "signature_algorithm"),
        ({"validity": Validity(type="YEAR", value=21)}, "PCA.00020109", "validity"),
        ({"validity": Validity(type="YEAR", value=15)}, "PCA.", "validity"),
        ({"validity": Validity(type="DAY", value=-1)}, "PCA.00020109", "validity"),
        ({"common_name": "x" * 65}, "PCA.00020101", "common_name"),
        ({"common_name": ""}, "PCA.00020101", "common_name"),
        ({"key_usages": ["everything"]}, "PCA.", "key_usages"),
        (sans(("DNS", "-bad-.example")), "PCA.00020110", "subject_alternative_names"),
        (sans(("DNS", "a" * 254)), "PCA.00020110", "subject_alternative_names"),
        (sans(("IP", "300.1.1.1")), "PCA.00020111", "subject_alternative_names"),
        (sans(("PHONE", "1")), "PCA.00020112", "subject_alternative_names"),
        (sans(*[("DNS", f"h{n}.example") for n in range(21)]), "PCA.", "subject_alternative_names"),
        ({"customized_extension": CustomizedExtension(object_identifier="x.y", value="1")},
         "PCA.", "customized_extension"),
    ],
)
def test_a_faulty_certificate_is_refused_and_not_kept(ccm, issuer_id, fields, code, says):
    before = listing(ccm, limit=1).total
    with desk.refused(400, code, says=says):
        desk.create_certificate(ccm, fields.pop("issuer_id", issuer_id), **fields)
    assert listing(ccm, limit=1).total == before


def test_an_issuer_must_exist(ccm):
    with desk.refused(404, "PCA.10010002"):
        desk.create_certificate(ccm, str(uuid.uuid4()))


# Requests from elsewhere.

def test_a_request_is_certified(ccm, issuer_id):
    key = foreign.rsa_key()
    csr = foreign.request_pem(
        key, "from-a-request", [x509.SubjectAlternativeName([x509.DNSName("localhost")])]
    )
    certificate_id = create_by_csr(ccm, issuer_id, csr.replace("\n", "\r\n"))
    shown = desk.show_certificate(ccm, certificate_id)
    assert (shown.gen_mode, shown.key_algorithm) == ("CSR", "RSA2048")
    assert shown.distinguished_name.organization == "Elsewhere"

    answer = desk.export(ccm, certificate_id)
    leaf, chain = pem.certificate(answer.certificate), pem.certificates(answer.certificate_chain)
    assert answer.private_key is None
    pem.verify_chain(leaf, chain)
    assert pem.belongs(key, leaf)
    assert leaf.subject == x509.load_pem_x509_csr(csr.encode()).subject
    assert leaf.signature_hash_algorithm.name == "sha384"
    usage = extension(leaf, x509.KeyUsage)
    assert usage.digital_signature and usage.key_agreement and not usage.key_cert_sign
    assert extension(leaf, x509.SubjectAlternativeName).get_values_for_type(x509.DNSName) == [
        "localhost"
    ]


def test_a_request_for_an_authority_is_certified(ccm, root_id):
    """It is no member of the list of authorities, but shown and exported as one."""
    key = foreign.ec_key(ec.SECP384R1)
    csr = foreign.request_pem(key, desk.unique("outer-ca"))
    ca_id = create_by_csr(ccm, root_id, csr, type="INTERMEDIATE_CA", path_length=1)
    shown = desk.show_ca(ccm, ca_id)
    assert (shown.type, shown.gen_mode, shown.path_length) == ("SUBORDINATE", "CSR", 1)
    answer = desk.export_ca(ccm, ca_id)
    certificate = pem.certificate(answer.certificate)
    pem.verify_chain(certificate, pem.certificates(answer.certificate_chain))
    assert pem.belongs(key, certificate)
    assert extension(certificate, x509.BasicConstraints).path_length == 1
    with desk.refused(400, "PCA."):
        desk.create_certificate(ccm, ca_id)


def test_a_request_is_parsed(ccm):
    key = foreign.rsa_key(3072)
    parsed = parse_csr(ccm, foreign.request_pem(key, "parsed"))
    assert parsed.key_algorithm_length == 3072
    assert parsed.signature_algorithm == "SHA256withRSA"
    assert parsed.distinguished_name.common_name == "parsed"
    assert parsed.distinguished_name.organization == "Elsewhere"
    assert parsed.public_key.startswith("-----BEGIN PUBLIC KEY-----\r\n")


def tampered(csr):
    """The same request with another signature's last bit."""
    request = bytearray(x509.load_pem_x509_csr(csr.encode()).public_bytes(
        pem.serialization.Encoding.DER))
    request[-1] ^= 1
    return pem.openssl("req", "-inform", "DER", input=bytes(request)).decode()


@pytest.mark.parametrize("call", ["parse", "create"])
@pytest.mark.parametrize(
    "csr",
    ["", "no request", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
     "tampered"],
)
def test_a_faulty_request_is_refused(ccm, issuer_id, call, csr):
    if csr == "tampered":
        csr = tampered(foreign.request_pem(foreign.rsa_key(), "tampered"))
    with desk.refused(400, "PCA."):
        parse_csr(ccm, csr) if call == "parse" else create_by_csr(ccm, issuer_id, csr)


def test_a_weak_request_is_refused(ccm, issuer_id):
    short = pem.openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "/dev/null",
                        "-subj", "/CN=weak").decode()
    with desk.refused(400, "PCA."):
        create_by_csr(ccm, issuer_id, short)


@pytest.mark.parametrize(
    "make, says",
    [(weak.close_primes, "close to each other"), (weak.small_factor, "small factor"),
     (weak.roca, "ROCA")],
    ids=["close primes", "small factor", "ROCA"],
)
@pytest.mark.parametrize("type", ["ENTITY_CERT", "INTERMEDIATE_CA"])
def test_keys_that_anybody_can_factor_are_refused(ccm, root_id, make, says, type):
    csr = foreign.request_pem(make(), desk.unique("weak"))
    fields = {"type": type} | ({"path_length": 0} if type == "INTERMEDIATE_CA" else {})
    with desk.refused(400, "PCA.10010210", says=says):
        create_by_csr(ccm, root_id, csr, **fields)


def test_the_smallest_exponent_is_taken(ccm, issuer_id):
    csr = foreign.request_pem(weak.exponent_3(), desk.unique("small"))
    made = desk.http("POST", "/v1/private-certificates/csr", json={
        "issuer_id": issuer_id, "csr": csr, "validity": {"type": "YEAR", "value": 1}})
    assert made.headers["X-Chancery-Notes"] == "weak key (exponent 3)"
    answer = desk.export(ccm, made.json()["certificate_id"])
    leaf = x509.load_pem_x509_certificate(answer.certificate.encode())
    assert leaf.public_key().public_numbers().e == 3


# Life.

def test_a_revoked_certificate_is_not_exported(ccm, issuer_id):
    certificate_id = desk.create_certificate(ccm, issuer_id)
    with desk.refused(400, "PCA.", says="reason"):
        revoke(ccm, certificate_id, reason="BORED")
    assert revoke(ccm, certificate_id, reason="SUPERSEDED").status_code == 204
    assert desk.show_certificate(ccm, certificate_id).status == "REVOKED"
    with desk.refused(400, "PCA."):
        desk.export(ccm, certificate_id)
    with desk.refused(400, "PCA."):
        revoke(ccm, certificate_id)
    delete(ccm, certificate_id)
    with desk.refused(404, "PCA.10010002"):
        desk.show_certificate(ccm, certificate_id)


def test_a_deleted_certificate_is_gone(ccm, issuer_id):
    certificate_id = desk.create_certificate(ccm, issuer_id)
    delete(ccm, certificate_id)
    for call in (desk.show_certificate, desk.export, revoke, delete):
        with desk.refused(404, "PCA.10010002"):
            call(ccm, certificate_id)


def test_lists_are_filtered_sorted_and_cut(ccm, issuer_id):
    label = desk.unique("list")
    ids = {
        letter: desk.create_certificate(ccm, issuer_id, common_name=f"{label}-{letter}")
        for letter in ("b", "a", "c")
    }
    revoke(ccm, ids["a"])

    def letters(**filters):
        answer = listing(ccm, name=label, **filters)
        return [one.distinguished_name.common_name[-1] for one in answer.certificates]

    assert letters() == ["c", "a", "b"]
    assert letters(sort_dir="ASC") == ["b", "a", "c"]
    assert letters(sort_key="common_name", sort_dir="DESC") == ["c", "b", "a"]
    assert letters(limit=1, offset=1) == ["a"]
    assert letters(status="REVOKED", limit=1000) == ["a"]
    assert letters(status="ISSUED") == ["c", "b"]
    assert listing(ccm, name=label, limit=1).total == 3
