"""The desk is asked to issue for hostile CSRs. It refuses, and says why; or what it issues is read by
OpenSSL, Go, Java and `cryptography`, and the first three verify it up to its root.
"""

import base64
import collections
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import desk
import hostile
import made
import many
import programs
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

SEED = int(os.environ.get("CHANCERY_TEST_SEED", "2026"))
MIXED = int(os.environ.get("CHANCERY_TEST_CSRS", "500"))
PATH = "/v1/private-certificates/csr"


class Answer:
    """What the desk did for a case."""

    def __init__(self, case, kind):
        self.case, self.kind = case, kind
        self.certificate = None
        self.refusal = None
        # The status of the parse call.
        self.is_read = None

    def __str__(self):
        return f"{self.kind} {self.case.label}: {self.case.der.hex()[:100_000]}"


def call(answer, path, body):
    try:
        return many.post(path, body)
    except requests.RequestException as error:
        raise AssertionError(f"{error}: {answer}") from error


def ask(issuer, case, kind):
    answer = Answer(case, kind)
    body = base64.encodebytes(case.der).decode()
    csr = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"
    said = call(answer, PATH, {"issuer_id": issuer, "csr": csr, "type": kind, "path_length": 1,
                               "validity": {"type": "DAY", "value": 30}})
    answer.is_read = call(answer, f"{PATH}/parse", {"csr": csr}).status_code
    if said.status_code != 200:
        assert said.status_code == 400, f"{said.status_code} {said.text}: {answer}"
        refusal = said.json()
        assert refusal["error_code"].startswith("PCA."), said.text
        answer.refusal = refusal["error_msg"]
        return answer
    made_id = said.json()["certificate_id"]
    if kind == "ENTITY_CERT":
        exported = call(answer, f"/v1/private-certificates/{made_id}/export",
                        {"type": "OTHER", "is_compressed": False})
    else:
        exported = call(answer, f"/v1/private-certificate-authorities/{made_id}/export", {})
    assert exported.status_code == 200, f"{exported.text}: {answer}"
    (answer.certificate,) = made.ders(exported.json()["certificate"])
    return answer


@pytest.fixture(scope="module")
def above(ccm):
    """A root and an issuer below it: the issuer's id and both certificates."""
    root = desk.create_ca(ccm, name=desk.unique("hostile-root"))
    issuer = desk.create_subordinate(ccm, root, name=desk.unique("hostile-issuer"), path_length=3)
    ders = [made.ders(desk.export_ca(ccm, one).certificate)[0] for one in (root, issuer)]
    return issuer, *ders


@pytest.fixture(scope="module")
def answers(above):
    issuer = above[0]
    cases = [*hostile.fixed(), *hostile.mixed(SEED, MIXED)]
    kinds = ("ENTITY_CERT", "INTERMEDIATE_CA")
    with ThreadPoolExecutor(many.THREADS) as pool:
        wanted = [(case, kind) for case in cases for kind in kinds]
        found = list(pool.map(lambda one: ask(issuer, *one), wanted))
    assert len(found) > 2_000
    return found


def issued(answers, kind=None):
    return [one for one in answers if one.certificate and kind in (None, one.kind)]


def below(answer):
    """A certificate that an intermediate CA issues elsewhere, with the key of its CSR."""
    ca = x509.load_der_x509_certificate(answer.certificate)
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Below")]))
        .issuer_name(ca.subject).public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(seconds=30)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.public_key()), critical=False)
        .sign(answer.case.key.private, hashes.SHA256()).public_bytes(Encoding.DER)
    )


def test_refusals_say_what_is_wrong(answers):
    refusals = [one for one in answers if one.refusal]
    assert len(refusals) > 1_000
    fields = ("csr ", "subject_alternative_names ", "key_usages ", "distinguished_name.common_name ",
              "the certificate key_usages ")
    for one in refusals:
        assert one.refusal.startswith(fields), f"{one.refusal}: {one}"
    # Each sentence is of a kind of fault, not one for all.
    kinds = collections.Counter(one.refusal[:60] for one in refusals)
    assert len(kinds) > 40, kinds
    assert max(kinds.values()) < len(refusals) / 3, kinds.most_common(3)


def test_what_is_issued_for_is_read_by_the_parse_call(answers):
    """Both calls judge a CSR in one way: what is issued for is read, and what cannot be read never is."""
    for one in answers:
        assert one.is_read in (200, 400), f"{one.is_read}: {one}"
        if one.certificate:
            assert one.is_read == 200, one
        elif one.refusal.startswith("csr cannot be taken"):
            assert one.is_read == 400, one


def test_what_is_right_is_issued(answers):
    """That not all is refused: of these some are there for being right."""
    labels = {one.case.label for one in issued(answers, "ENTITY_CERT")}
    for label in ("CN 0c '汉字'", "CN 13 '*.example.com'", "CN 1e '😀'", "several in one", "unsorted",
                  "san 82 'xn--fiqs8s.cn'", "san 86 'http://[::1]/'", "san address of 16", "otherName beside",
                  "the same twice", "2.5.29.32 False", "a request of Microsoft's kind", "RSA",
                  "san 82 'a.b' and no subject"):
        assert label in labels, label
    assert len(issued(answers, "INTERMEDIATE_CA")) > 300


def test_cryptography_reads_it(answers):
    for one in issued(answers):
        try:
            read = x509.load_der_x509_certificate(one.certificate)
            read.subject.rfc4514_string()
            for extension in read.extensions:
                repr(extension.value)
            read.public_key()
        except ValueError as error:
            raise AssertionError(f"{error}: {one}") from error


def files(answers):
    """What is judged: what was issued, and what an intermediate CA issues below itself."""
    named = {}
    for number, one in enumerate(issued(answers)):
        named[f"{number}.cer"] = (one, one.certificate)
        if one.kind == "INTERMEDIATE_CA":
            named[f"{number}-below.cer"] = (one, below(one))
    return named


@pytest.fixture(scope="module")
def folders(above, answers, tmp_path_factory):
    _, root, issuer = above
    folder = tmp_path_factory.mktemp("hostile")
    named = files(answers)
    judged = programs.write(folder / "judged", {file: der for file, (_, der) in named.items()})
    roots = programs.write(folder / "roots", {"root.cer": root})
    authorities = {file: one.certificate for file, (one, _) in named.items()
                   if one.kind == "INTERMEDIATE_CA" and not file.endswith("-below.cer")}
    between = programs.write(folder / "between", {"issuer.cer": issuer, **authorities})
    return named, judged, roots, between


def agree(named, said):
    assert said.keys() == named.keys()
    wrong = [f"{file} {error}: {named[file][0]}" for file, error in said.items() if error]
    assert not wrong, f"{len(wrong)}: " + "\n".join(wrong[:20])


def test_go_verifies_it(folders):
    named, *paths = folders
    agree(named, programs.go(*paths))


def test_java_verifies_it(folders):
    named, *paths = folders
    agree(named, programs.java(*paths))


def test_openssl_verifies_it(folders):
    named, *paths = folders
    agree(named, programs.openssl(*paths))
