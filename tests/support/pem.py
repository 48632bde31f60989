"""What PEM texts hold, and whether a chain holds, by judges that share no code with chancery:
the `cryptography` package and OpenSSL's command line.
"""

import subprocess
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import PolicyBuilder, Store

SECONDS = 60


def encoded(text):
    return text if isinstance(text, bytes) else text.encode()


def certificates(text):
    """All certificates of a PEM text, in its order."""
    return x509.load_pem_x509_certificates(encoded(text))


def certificate(text):
    """The one certificate of a PEM text."""
    (only,) = certificates(text)
    return only


def private_key(text, password=None):
    return serialization.load_pem_private_key(encoded(text), password and encoded(password))


def public_bytes(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def belongs(key, leaf):
    """The private key is the one of this certificate."""
    return public_bytes(key.public_key()) == public_bytes(leaf.public_key())


def to_pem(certificates):
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def common_name(name):
    return name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value


def verify_chain(leaf, chain, purpose="sslserver"):
    """`chain` leads from the issuer of `leaf` to a self-signed root, in this order, and OpenSSL
    finds no fault in it, also by the rules that only its strict mode checks.
    """
    for subject, issuer in zip([leaf, *chain], [*chain, chain[-1]]):
        assert subject.issuer == issuer.subject
        subject.verify_directly_issued_by(issuer)
    with tempfile.TemporaryDirectory() as folder:
        files = {"root": chain[-1:], "untrusted": chain[:-1], "leaf": [leaf]}
        for name, content in files.items():
            Path(folder, name).write_bytes(to_pem(content))
        command = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", "root"]
        if chain[:-1]:
            command += ["-untrusted", "untrusted"]
        result = subprocess.run(
            [*command, "-no-CApath", "-no-CAstore", "leaf"],
            cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False,
        )
    assert result.returncode == 0, result.stderr


def verify_server(leaf, chain, host):
    """A browser-like verifier (the one of `cryptography`) accepts `leaf` for the DNS name `host`."""
    verifier = (
        PolicyBuilder()
        .store(Store(chain[-1:]))
        .time(datetime.now(timezone.utc))
        .build_server_verifier(x509.DNSName(host))
    )
    assert len(verifier.verify(leaf, chain[:-1])) == 1 + len(chain)


def openssl(*arguments, input=None):
    """The output of an `openssl` command that must succeed."""
    result = subprocess.run(
        ["openssl", *arguments], input=input, capture_output=True, timeout=SECONDS, check=False
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout
