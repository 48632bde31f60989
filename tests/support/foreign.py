"""Keys, requests and certificates made by others than chancery, to be handed to it."""

from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SHANGHAI = {
    NameOID.COUNTRY_NAME: "CN",
    NameOID.STATE_OR_PROVINCE_NAME: "Shanghai",
    NameOID.LOCALITY_NAME: "Pudong",
    NameOID.ORGANIZATION_NAME: "Elsewhere",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "Keys",
}


def ec_key(curve=ec.SECP256R1):
    return ec.generate_private_key(curve())


def rsa_key(bits=2048):
    return rsa.generate_private_key(65537, bits)


def name(common_name, **others):
    attributes = SHANGHAI | {NameOID.COMMON_NAME: common_name} | others
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes.items()])


def key_pem(key, format=PrivateFormat.PKCS8, encryption=NoEncryption()):
    return key.private_bytes(Encoding.PEM, format, encryption).decode()


def request_pem(key, common_name, extensions=(), hash=hashes.SHA256()):
    """A PKCS#10 request; `extensions` are those it asks for."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(common_name))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hash).public_bytes(Encoding.PEM).decode()


def certify(
    subject, public_key, issuer, issuer_key, *, authority=False, path_length=None,
    days=365, since=None, hosts=("localhost",), hash=hashes.SHA256(),
):
    """A certificate for `public_key`, by an authority of our own."""
    since = since or datetime.now(timezone.utc) - timedelta(minutes=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=days))
        .add_extension(x509.BasicConstraints(authority, path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=authority,
                crl_sign=authority, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )
    if hosts and not authority:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hash)


class Hierarchy:
    """A root, an intermediate authority below it and what they certify."""

    def __init__(self, label):
        self.root_key, self.intermediate_key = ec_key(), ec_key()
        root, intermediate = name(f"{label} root"), name(f"{label} intermediate")
        self.root = certify(
            root, self.root_key.public_key(), root, self.root_key, authority=True, days=3650
        )
        self.intermediate = certify(
            intermediate, self.intermediate_key.public_key(), root, self.root_key,
            authority=True, days=1800,
        )

    def leaf(self, common_name, key, **options):
        return certify(
            name(common_name), key.public_key(), self.intermediate.subject,
            self.intermediate_key, **options,
        )

    def chain(self):
        return [self.intermediate, self.root]
