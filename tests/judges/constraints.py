"""CAs with name constraints of every kind, and names that are inside, outside and at the edges of them."""

import ipaddress
import random
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID

COUNTRY, STATE, ORGANIZATION = (NameOID.COUNTRY_NAME, NameOID.STATE_OR_PROVINCE_NAME,
                                NameOID.ORGANIZATION_NAME)


def directory(**attributes):
    kinds = {"c": COUNTRY, "st": STATE, "o": ORGANIZATION}
    return x509.DirectoryName(x509.Name(
        [x509.NameAttribute(kinds[kind], value) for kind, value in attributes.items()]))


def network(text):
    return x509.IPAddress(ipaddress.ip_network(text))


SUBTREES = (
    *(x509.DNSName(base) for base in ("example.com", "www.example.com", ".example.com", "org", "EXAMPLE.com",
                                      "b.example.com", "")),
    *(x509.RFC822Name(base) for base in ("example.com", ".example.com", "a@example.com", "example.org")),
    *(x509.UniformResourceIdentifier(base) for base in ("example.com", ".example.com", "example.org")),
    *(network(base) for base in ("192.0.2.0/24", "0.0.0.0/0", "198.51.100.7/32", "2001:db8::/32", "::/0",
                                 "::ffff:192.0.2.0/120")),
    directory(c="CN"), directory(c="CN", st="Shanghai"), directory(c="DE"),
)
NAMES = (
    *(("DNS", name) for name in (
        "example.com", "www.example.com", "WWW.Example.COM", "a.b.example.com", "*.example.com", "*.com",
        "*.b.example.com", "example.org", "www.example.org", "badexample.com", "localhost", "com", "org")),
    *(("EMAIL", name) for name in (
        "a@example.com", "A@example.com", "a@EXAMPLE.com", "b@example.com", "a@www.example.com",
        "a@example.org", "a@badexample.com")),
    *(("URI", name) for name in (
        "https://example.com/x", "https://www.example.com:8443/", "https://a@example.com/",
        "https://192.0.2.1/", "https://[2001:db8::1]/", "urn:example:com", "https://example.org/",
        "https://EXAMPLE.com/")),
    *(("IP", name) for name in (
        "192.0.2.1", "192.0.3.1", "198.51.100.7", "2001:db8::1", "2001:db9::1", "::ffff:192.0.2.1",
        "64:ff9b::c000:201", "::1")),
)
COMMON_NAMES = ("Jane Doe", "Jane Doe", "www.example.com", "example.org", "192.0.2.1", "alice")


class Case(NamedTuple):
    authority: int
    common_name: str
    names: list

    def __str__(self):
        return f"{self.common_name} {self.names}"


def authorities(seed, count):
    """Name constraints, at least one subtree each."""
    chance = random.Random(seed)
    for number in range(count):
        # First each subtree alone, permitted and excluded; then some of several.
        if number < 2 * len(SUBTREES):
            subtree = SUBTREES[number // 2]
            permitted, excluded = ([subtree], None) if number % 2 else (None, [subtree])
        else:
            permitted = chance.sample(SUBTREES, chance.randint(0, 3)) or None
            excluded = chance.sample(SUBTREES, chance.randint(0 if permitted else 1, 2)) or None
        yield x509.NameConstraints(permitted, excluded)


def cases(seed, authorities, each):
    chance = random.Random(seed)
    for authority in range(authorities):
        for _ in range(each):
            yield Case(authority, chance.choice(COMMON_NAMES), chance.sample(NAMES, chance.randint(0, 2)))


def has(constraints, kind):
    return any(isinstance(one, kind)
               for one in [*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ())])
