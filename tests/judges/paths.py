"""Pools of certificates that hold paths from a server's certificate upwards: hierarchies, CAs that several
others have certified, with or without their roots, in any order, with certificates of no path among them.
"""

import random
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NOW = datetime.now(timezone.utc).replace(microsecond=0)


class Case(NamedTuple):
    label: str
    key: ec.EllipticCurvePrivateKey
    leaf: x509.Certificate
    pool: list


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Paths"),
                      x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A name and a key, which any number of others may certify."""

    def __init__(self, text):
        self.name, self.key = name(text), ec.generate_private_key(ec.SECP256R1())

    def certify(self, subject, key, *, days, length=None, authority=True, hosts=()):
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.BasicConstraints(authority, length), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(identifier, critical=False)
        )
        if authority:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())


def cases(seed, count):
    """The same shapes for a seed."""
    chance = random.Random(seed)
    for number in range(count):
        authorities = [Authority(f"{number}-{n}") for n in range(chance.randint(1, 5))]
        certificates = []
        for place, one in enumerate(authorities):
            if place == 0 or chance.random() < 0.3:
                certificates.append(one.certify(one.name, one.key, days=chance.randint(400, 4000)))
            others = authorities[:place] if chance.random() < 0.9 else \
                [other for other in authorities if other is not one]
            for other in chance.sample(others, min(len(others), chance.randint(1, 2))) if others else ():
                length = chance.choice([None, None, None, 0, 1, 3])
                certificates.append(other.certify(one.name, one.key, days=chance.randint(400, 4000),
                                                  length=length))
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = authorities[-1]
        leaf = issuer.certify(name("leaf"), key, days=90, authority=False, hosts=["paths.example.com"])
        pool = [one for one in certificates if chance.random() < 0.85]
        if chance.random() < 0.15:
            stranger = Authority(f"{number}-stranger")
            pool.append(stranger.certify(stranger.name, stranger.key, days=400))
        if chance.random() < 0.1:
            impostor = Authority(f"{number}-{len(authorities) - 1}")
            pool.append(impostor.certify(impostor.name, impostor.key, days=400))
        chance.shuffle(pool)
        yield Case(f"paths {seed} {number}", key, leaf, pool)


def der(certificate):
    return certificate.public_bytes(Encoding.DER)
