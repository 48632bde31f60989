"""Every kind of certificate, revocation list and OCSP response that the desk makes."""

import base64
import os
import re
import ssl
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import desk
import foreign
import migration
import revocation
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

ALGORITHMS = (("EC256", "SHA256"), ("EC384", "SHA384"), ("RSA2048", "SHA512"),
              ("RSA4096", "SHA256"), ("SM2", "SM3"))
PURPOSES = ("server_auth", "client_auth", "code_signing", "email_protection", "time_stamping",
            "smart_card_logon")
# The other hashes that a caller may ask for.
SIGNATURES = (("EC256", "SHA384"), ("EC256", "SHA512"), ("EC384", "SHA256"), ("EC384", "SHA512"),
              ("RSA2048", "SHA256"), ("RSA2048", "SHA384"))
USAGES = ("digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement")
REASONS = ("UNSPECIFIED", "KEY_COMPROMISE", "CERTIFICATE_AUTHORITY_COMPROMISE", "AFFILIATION_CHANGED",
           "SUPERSEDED", "CESSATION_OF_OPERATION", "CERTIFICATE_HOLD", "PRIVILEGE_WITHDRAWN",
           "ATTRIBUTE_AUTHORITY_COMPROMISE")
NAMES = (("DNS", "www.example.com"), ("DNS", "*.example.org"), ("IP", "192.0.2.1"),
         ("IP", "2001:db8::1"), ("EMAIL", "ops@example.com"), ("URI", "https://example.com/a?b"))


BLOCK = re.compile("-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")


def ders(text):
    """The certificates of a PEM text, not looked into."""
    return [base64.b64decode(body) for body in BLOCK.findall(text)]


class Made:
    """DER by name; a name begins with its kind, as in `root-EC256`."""

    def __init__(self, ccm, dcs, dds, sms):
        self.ccm = ccm
        self.certificates, self.lists, self.responses = {}, {}, {}
        for key, signature in ALGORITHMS:
            self._hierarchy(key, signature)
        for key, signature in SIGNATURES:
            self._signed(key, signature)
        self._reasons()
        self._requested()
        self._imported()
        self._special()
        self._services(dcs, dds, sms)

    def _ca(self, name, ca_id):
        (self.certificates[name],) = ders(desk.export_ca(self.ccm, ca_id).certificate)

    def _leaf(self, name, certificate_id):
        answer = desk.export(self.ccm, certificate_id)
        (self.certificates[name],) = ders(answer.certificate)
        if answer.enc_certificate:
            (self.certificates[f"encryption-{name}"],) = ders(answer.enc_certificate)

    def _hierarchy(self, key, signature):
        algorithms = {"key_algorithm": key, "signature_algorithm": signature}
        root, issuer = revocation.hierarchy(self.ccm, f"judged-{key}", **algorithms)
        self._ca(f"root-{key}", root)
        self._ca(f"subordinate-{key}", issuer)
        ids = [desk.create_certificate(self.ccm, issuer, "www.example.com", NAMES, **algorithms)
               for _ in range(2)]
        self._leaf(f"server-{key}", ids[0])
        self._revocation(key, issuer, ids)
        if key == "EC256":
            self.root, self.issuer = root, issuer

    def _revocation(self, key, issuer, ids):
        """The list and the responder's answers, before and after one of two is revoked."""
        leaf = x509.load_der_x509_certificate(self.certificates[f"server-{key}"])
        ca = x509.load_der_x509_certificate(self.certificates[f"subordinate-{key}"])
        url = revocation.list_url(leaf)
        self.lists[f"empty-{key}"] = revocation.get(url, "application/pkix-crl")
        revocation.revoke(self.ccm, ids[1], "KEY_COMPROMISE")

        def changed():
            found = revocation.get(url, "application/pkix-crl")
            return found if found != self.lists[f"empty-{key}"] else None

        self.lists[f"entries-{key}"] = revocation.soon(changed)
        serials = [desk.show_certificate(self.ccm, one).serial_number for one in ids]
        for state, serial in zip(("good", "revoked", "unknown"), [*serials, "77" * 16]):
            for nonce in ("", "nonce-"):
                request = ocsp_request(ca, int(serial, 16), nonce)
                answer = revocation.post(revocation.responder_url(leaf), request)
                self.responses[f"{state}-{nonce}{key}"] = answer
        (responder,) = ocsp.load_der_ocsp_response(self.responses[f"good-{key}"]).certificates
        self.certificates[f"responder-{key}"] = responder.public_bytes(Encoding.DER)

    def _signed(self, key, signature):
        algorithms = {"key_algorithm": key, "signature_algorithm": signature}
        root, issuer = revocation.hierarchy(self.ccm, f"signed-{key}-{signature}", **algorithms)
        self._ca(f"root-{key}-{signature}", root)
        self._ca(f"subordinate-{key}-{signature}", issuer)
        made = desk.create_certificate(self.ccm, issuer, "www.example.com", NAMES, **algorithms)
        self._leaf(f"server-{key}-{signature}", made)

    def _reasons(self):
        """A list and answers with every reason, and those of a root about a CA below it."""
        root, issuer = revocation.hierarchy(self.ccm, "reasons")
        self._ca("root-reasons", root)
        self._ca("subordinate-reasons", issuer)
        for reason in REASONS:
            made = desk.create_certificate(self.ccm, issuer, "www.example.com", NAMES)
            self._leaf(f"server-{reason}", made)
            revocation.revoke(self.ccm, made, reason)
        for reason in REASONS:
            self._told(f"server-{reason}", "subordinate-reasons", f"reason-{reason}")
        # One list has them all.
        for reason in REASONS[:-1]:
            del self.lists[f"reason-{reason}"]
        self.lists["reasons"] = self.lists.pop(f"reason-{REASONS[-1]}")
        revocation.revoke_ca(self.ccm, issuer, "CESSATION_OF_OPERATION")
        self._told("subordinate-reasons", "root-reasons", "authority")

    def _told(self, name, issuer, kind):
        """The list that names a revoked certificate, and what the responder says of it."""
        one, ca = (x509.load_der_x509_certificate(self.certificates[of]) for of in (name, issuer))

        def listed():
            found = revocation.get(revocation.list_url(one), "application/pkix-crl")
            entry = x509.load_der_x509_crl(found).get_revoked_certificate_by_serial_number(
                one.serial_number)
            return found if entry else None

        self.lists[kind] = revocation.soon(listed)
        request = ocsp_request(ca, one.serial_number, nonce=True)
        self.responses[kind] = revocation.post(revocation.responder_url(one), request)

    def by_csr(self, name, csr, **fields):
        body = {"issuer_id": self.root, "csr": csr, "validity": {"type": "YEAR", "value": 1}} | fields
        answer = desk.http("POST", "/v1/private-certificates/csr", json=body)
        assert answer.status_code == 200, answer.text
        made = answer.json()["certificate_id"]
        if fields.get("type") == "INTERMEDIATE_CA":
            self._ca(name, made)
        else:
            self._leaf(name, made)

    def _requested(self):
        """For CSRs: an intermediate CA with all that one may ask for, and a server."""
        key = foreign.ec_key()
        limits = x509.NameConstraints(
            permitted_subtrees=[x509.DNSName("example.com"), x509.DirectoryName(x509.Name([]))],
            excluded_subtrees=[x509.RFC822Name("example.org")])
        server = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
        staple = x509.TLSFeature([x509.TLSFeatureType.status_request])
        plain = foreign.request_pem(key, "intermediate")
        self.by_csr("intermediate-plain", plain, type="INTERMEDIATE_CA")
        asking = foreign.request_pem(key, "intermediate", [limits, server, staple])
        self.by_csr("intermediate-asking", asking, type="INTERMEDIATE_CA", path_length=2)
        own = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12")])
        self.by_csr("requested-server", foreign.request_pem(key, "www.example.com", [server, staple]))
        self.by_csr("requested-documents", foreign.request_pem(key, "Jane Doe", [own]))
        nameless = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(
            x509.SubjectAlternativeName([x509.DNSName("a.example.com")]), critical=False,
        ).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        self.by_csr("requested-nameless", nameless)
        mail = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Jane"),
                          x509.NameAttribute(x509.oid.NameOID.EMAIL_ADDRESS, "jane@example.com")])
        mail = x509.CertificateSigningRequestBuilder().subject_name(mail).sign(key, hashes.SHA256())
        self.by_csr("requested-mail", mail.public_bytes(Encoding.PEM).decode())

        rsa = foreign.rsa_key()
        self.by_csr("requested-rsa", foreign.request_pem(rsa, "www.example.com", [server]))
        plain = foreign.request_pem(rsa, "intermediate")
        self.by_csr("intermediate-rsa", plain, type="INTERMEDIATE_CA")

    def _imported(self):
        """What a CA issues and tells that another one has certified."""
        ca_id = desk.create_pending(self.ccm, name=desk.unique("imported"))
        csr = desk.http("GET", f"/v1/private-certificate-authorities/{ca_id}/csr").json()["csr"]
        csr = x509.load_pem_x509_csr(csr.encode())
        root = foreign.name("another root")
        key = foreign.ec_key()
        above = foreign.certify(root, key.public_key(), root, key, authority=True, days=3650)
        own = foreign.certify(csr.subject, csr.public_key(), root, key, authority=True, days=1800)
        body = {name: one.public_bytes(Encoding.PEM).decode()
                for name, one in (("certificate", own), ("certificate_chain", above))}
        said = desk.http(
            "POST", f"/v1/private-certificate-authorities/{ca_id}/import", json=body)
        assert said.status_code == 204, said.text
        revocation.switch_on(self.ccm, ca_id)
        self._ca("another", ca_id)
        made = desk.create_certificate(self.ccm, ca_id, "www.example.com", NAMES)
        self._leaf("server-another", made)
        revocation.revoke(self.ccm, made, "SUPERSEDED")
        self._told("server-another", "another", "another")
        # Not of the desk's making.
        del self.certificates["another"]

    def _special(self):
        for usage in USAGES:
            for key in ("EC256", "RSA2048"):
                made = desk.create_certificate(self.ccm, self.issuer, "www.example.com", NAMES,
                                               key_algorithm=key, key_usages=[usage])
                self._leaf(f"server-usage-{usage}-{key}", made)
        for number, name in enumerate(NAMES):
            made = desk.create_certificate(self.ccm, self.issuer, "www.example.com", [name])
            self._leaf(f"server-name-{number}", made)
        for purpose in PURPOSES:
            made = desk.create_certificate(self.ccm, self.issuer, "www.example.com",
                                           extended_key_usage={purpose: True})
            self._leaf(f"purpose-{purpose}", made)
        made = desk.create_certificate(
            self.ccm, self.issuer, "Jane Doe",
            customized_extension={"object_identifier": "1.3.6.1.4.1.2011.4.99", "value": "ours"})
        self._leaf("customized", made)
        lists = desk.create_subordinate(self.ccm, self.root, name=desk.unique("lists"),
                                        key_usages=["cRLSign"], path_length=0)
        self._ca("lists", lists)
        short = desk.create_subordinate(self.ccm, self.root, name=desk.unique("short"), path_length=0,
                                        key_usages=["digitalSignature", "keyCertSign"])
        self._ca("subordinate-short", short)

    def _services(self, dcs, dds, sms):
        """Certificates of the desk's own CAs."""
        redis = desk.http("POST", f"/v2/{desk.PROJECT_ID}/instances", json={
            "name": desk.unique("redis"), "engine": "Redis", "engine_version": "6.0", "capacity": 1,
            "spec_code": "redis.ha.xu1.large.r2.1", "az_codes": ["cn-north-4a"],
            "vpc_id": str(uuid.uuid4()), "subnet_id": str(uuid.uuid4()), "no_password_access": True,
            "enable_ssl": True})
        assert redis.status_code == 200, redis.text
        bundle = desk.http(
            "GET", f"/chancery/v1/instances/{redis.json()['instances'][0]['instance_id']}/server-bundle")
        texts = [file["content"] for file in bundle.json()["files"]]
        self._named("redis", [one for text in texts for one in ders(text)])
        mongo = desk.http("POST", f"/v3/{desk.PROJECT_ID}/instances", json={
            "name": desk.unique("mongo"), "region": desk.REGION, "availability_zone": "cn-north-4a",
            "datastore": {"type": "DDS-Community", "version": "4.4", "storage_engine": "wiredTiger"},
            "vpc_id": str(uuid.uuid4()), "subnet_id": str(uuid.uuid4()), "mode": "ReplicaSet",
            "security_group_id": str(uuid.uuid4()), "password": "Chancery-2026", "ssl_option": "1",
            "flavor": [{"type": "replica", "num": "1", "storage": "ULTRAHIGH", "size": "10",
                        "spec_code": "dds.mongodb.s6.large.2.repset"}]})
        assert mongo.status_code in (200, 202), mongo.text
        bundle = desk.http("GET", f"/chancery/v1/instances/{mongo.json()['id']}/server-bundle")
        assert bundle.status_code == 200, bundle.text
        texts = [file["content"] for file in bundle.json()["files"]]
        self._named("mongodb", [one for text in texts for one in ders(text)])
        task = migration.create_task(sms, migration.register(sms))
        answer = migration.certkey(sms, task)
        self._named("migration", [one for field in ("cert", "ca") for one in ders(getattr(answer, field))])
        host, port = urlsplit(desk.ENDPOINT).hostname, urlsplit(desk.ENDPOINT).port
        listener = ssl.get_server_certificate((host, port))
        authority = Path(os.environ["CHANCERY_TEST_DATA"], "ca.pem").read_text(encoding="utf-8")
        self._named("listener", [*ders(listener), *ders(authority)])

    def _named(self, service, found):
        """As `<service>-authority` what is a CA, and as `<service>` what is none."""
        for der in found:
            constraints = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(
                x509.BasicConstraints).value
            self.certificates[f"{service}-authority" if constraints.ca else service] = der


def ocsp_request(ca, serial, nonce):
    """By hashes, since `cryptography` reads no SM2 keys; the key identifier is the hash of the key."""
    digest = hashes.Hash(hashes.SHA1())
    digest.update(ca.subject.public_bytes())
    key = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        digest.finalize(), key, serial, hashes.SHA1())
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(os.urandom(16)), critical=False)
    return builder.build().public_bytes(Encoding.DER)
