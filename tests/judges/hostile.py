"""Signing requests that no library would write: subjects, alternative names, extensions and keys in every
string type, length and encoding. The writer of DER is our own, since those of libraries refuse most of it.
"""

import random
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 1, 2, 3, 4, 5, 6
UTF8, SEQUENCE, SET = 0x0C, 0x30, 0x31
NUMERIC, PRINTABLE, TELETEX, IA5, VISIBLE, GENERAL, UNIVERSAL, BMP = (
    0x12, 0x13, 0x14, 0x16, 0x1A, 0x1B, 0x1C, 0x1E)
STRINGS = (UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, VISIBLE, GENERAL, UNIVERSAL, BMP)


# DER.

def length(size):
    if size < 0x80:
        return bytes([size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits


def tlv(tag, *parts):
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def long_form(tag, content):
    """With a length that is longer than it has to be, as DER forbids."""
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def oid(text):
    first, second, *rest = map(int, text.split("."))
    written = bytearray()
    for arc in (40 * first + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(arc & 0x7F | 0x80)
        written += bytes(reversed(digits))
    return tlv(OID, bytes(written))


def attribute(kind, tag, value):
    return tlv(SEQUENCE, oid(kind), tlv(tag, value))


def name(*rdns):
    return tlv(SEQUENCE, *(tlv(SET, *rdn) for rdn in rdns))


def extension(kind, value, critical=False):
    flag = tlv(BOOLEAN, b"\xff") if critical else b""
    return tlv(SEQUENCE, oid(kind), flag, tlv(OCTETS, value))


EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
MICROSOFT_REQUEST = "1.3.6.1.4.1.311.2.1.14"


def asking(*extensions, number=EXTENSION_REQUEST):
    return tlv(SEQUENCE, oid(number), tlv(SET, tlv(SEQUENCE, *extensions)))


# Keys.

class Key:
    """A key with what its public half is written as."""

    def __init__(self, private=None, spki=None):
        self.private = private or ec.generate_private_key(ec.SECP256R1())
        self.spki = spki or self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def request(self, subject, attributes=b"", version=0):
        info = tlv(SEQUENCE, tlv(INTEGER, bytes([version])), subject, self.spki,
                   tlv(0xA0, attributes))
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            algorithm = tlv(SEQUENCE, oid("1.3.101.112"))
            signature = self.private.sign(info)
        elif isinstance(self.private, rsa.RSAPrivateKey):
            algorithm = tlv(SEQUENCE, oid("1.2.840.113549.1.1.11"), tlv(NULL))
            signature = self.private.sign(info, PKCS1v15(), hashes.SHA256())
        else:
            algorithm = tlv(SEQUENCE, oid("1.2.840.10045.4.3.2"))
            signature = self.private.sign(info, ec.ECDSA(hashes.SHA256()))
        return tlv(SEQUENCE, info, algorithm, tlv(BITS, b"\0", signature))


class Case(NamedTuple):
    label: str
    der: bytes
    key: Key


# Subjects.

CN, COUNTRY, SERIAL, EMAIL, DC = ("2.5.4.3", "2.5.4.6", "2.5.4.5", "1.2.840.113549.1.9.1",
                                  "0.9.2342.19200300.100.1.25")
ATTRIBUTES = {
    CN: 64, COUNTRY: 2, SERIAL: 64, EMAIL: 255, DC: 63, "2.5.4.4": 32768, "2.5.4.7": 128, "2.5.4.8": 128,
    "2.5.4.9": 128, "2.5.4.10": 64, "2.5.4.11": 64, "2.5.4.12": 64, "2.5.4.13": 1024, "2.5.4.15": 128,
    "2.5.4.16": 30, "2.5.4.17": 40, "2.5.4.20": 32, "2.5.4.41": 32768, "2.5.4.42": 32768,
    "2.5.4.43": 32768, "2.5.4.44": 32768, "2.5.4.45": 64, "2.5.4.46": 64, "2.5.4.65": 128,
    "2.5.4.97": 256, "0.9.2342.19200300.100.1.1": 256, "1.3.6.1.4.1.311.60.2.1.3": 2,
    "1.2.840.113549.1.9.2": 255, "1.2.840.113549.1.9.8": 255, "1.3.6.1.4.1.2011.9.9": 64,
    "2.999.1." + "1." * 40 + "4294967296": 64,
}
TEXTS = ("", " ", "a", "DE", "ok", "a@b.cn", "*.example.com", "www.example.com", "a_b", "Müller & Söhne",
         "汉字", "😀", "a\0b", "a\nb", "\u202eevil", "\ufeff", "\ufffe", "e\u0301", "192.0.2.1", "1 2",
         "=,+\"\\<>;#", " lead and trail ")
RAW = (b"\xff", b"a\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"\xd8\x00", b"a", b"\0", b"\x80" * 8)


def written(tag, text):
    """A text as a string type has it, as far as that goes."""
    if tag == BMP:
        return text.encode("utf-16-be")
    if tag == UNIVERSAL:
        return text.encode("utf-32-be")
    return text.encode("latin-1", "replace") if tag == TELETEX else text.encode()


def subjects():
    other = [attribute(CN, UTF8, b"www.example.com")]
    for kind, bound in ATTRIBUTES.items():
        for tag in STRINGS:
            for text in ("ok", "DE", "a@b.cn", "x" * bound, "x" * (bound + 1), ""):
                yield f"{kind} {tag:02x} {text[:8]!r}*{len(text)}", name(
                    [attribute(kind, tag, written(tag, text))], other)
    for tag in STRINGS:
        for text in TEXTS:
            yield f"CN {tag:02x} {text!r}", name([attribute(CN, tag, written(tag, text))])
            yield f"O {tag:02x} {text!r}", name([attribute("2.5.4.10", tag, written(tag, text))], other)
        for raw in RAW:
            yield f"CN {tag:02x} {raw!r}", name([attribute(CN, tag, raw)])
    for tag in (BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, SEQUENCE, SET, 0x80, 0xA0):
        for kind in (CN, EMAIL, "1.3.6.1.4.1.2011.9.9"):
            yield f"{kind} as {tag:02x}", name([attribute(kind, tag, b"\x01")], other)
    a, b = attribute(CN, UTF8, b"a"), attribute("2.5.4.10", UTF8, b"b")
    yield "none", name()
    yield "empty rdn", name([], [a])
    yield "only an empty rdn", name([])
    yield "several in one", name([a, b])
    yield "unsorted", name([b, a])
    yield "the same twice in one", name([a, a])
    yield "two of a type in one", name([a, attribute(CN, UTF8, b"c")])
    yield "many units", name(*[[attribute("2.5.4.11", UTF8, b"%d" % n)] for n in range(31)], [a])
    yield "too many units", name(*[[attribute("2.5.4.11", UTF8, b"%d" % n)] for n in range(40)], [a])
    yield "600 KB", name(*[[attribute("2.5.4.11", UTF8, b"x" * 64)] for _ in range(8000)], [a])
    yield "64 KB in one", name([attribute(CN, UTF8, b"x" * 65536)])
    yield "long lengths", tlv(SEQUENCE, long_form(SET, a))
    yield "an attribute without a value", name([tlv(SEQUENCE, oid(CN))])
    yield "three in an attribute", name([tlv(SEQUENCE, oid(CN), tlv(UTF8, b"a"), tlv(UTF8, b"b"))])
    yield "a set", tlv(SET, tlv(SET, a))
    yield "no name", tlv(OCTETS, b"a")
    yield "indefinite", b"\x30\x80" + tlv(SET, a) + b"\0\0"


# Alternative names.

def sans(*names, critical=False):
    return extension("2.5.29.17", tlv(SEQUENCE, *names), critical)


HOSTS = ("", ".", "a", "a.b", "a..b", ".a", "a.", "-a.b", "a-.b", "a_b.c", "*", "*.a.b", "*.*.a", "a*.b",
         "a.*.b", "*.", "1", "1.2.3.4", "256.1.1.1", "010.0.0.1", "a.0x1", "xn--a", "xn--fiqs8s.cn", "xn--.cn",
         "xn--mller-kva.de", "xn--mu-vub.de", "ab--cd.e", "a b", "a\0.b", "a\r\nb", "ä.de", "A.B", "localhost",
         "x" * 63 + ".a", "x" * 64 + ".a", ".".join(["x" * 49] * 5), ".".join(["x" * 50] * 5), "a.b:80",
         "http://a", "a/b", "@", "a@b")
MAILS = ("", "a", "a@", "@b", "a@b", "a@b.cn", "a@b@c.cn", "\"a b\"@c.cn", "a b@c.cn", "a@*.cn", "a@1.2.3.4",
         "a@[192.0.2.1]", "<a@b.cn>", "ä@b.cn", "a@b..cn", "a" * 65 + "@b.cn", "a\0@b.cn", "a,b@c.cn")
URIS = ("", "a", "a:", "a:b", "//a/b", "/a", "http://", "http://a", "http://a:80/b", "http://a:x/", "http://a:/", "https://example.com./",
        "http://[::1]/", "http://[::1/", "http://[fe80::1%25a]/", "http://a_b/", "http://.a/", "http://a..b/",
        "http://%zz/", "http://a/%zz", "http://a b/", "http://a/\0", "https:///path", "urn:uuid:1",
        "spiffe://a/b", "http://u:p@a/", "http://256.1.1.1/", "http://1.2.3.4/", "ldap://a/cn=b?c",
        "http://ä/", "HTTP://A/", "a b:c", "1a:b", "http://a#b#c", "mailto:a@b.cn", "http://*.a/")


def alternative_names():
    for tag, values in ((0x82, HOSTS), (0x81, MAILS), (0x86, URIS)):
        for value in values:
            yield f"san {tag:02x} {value!r}", [sans(tlv(tag, value.encode("utf-8")))]
    for size in (0, 1, 3, 4, 5, 8, 15, 16, 17, 32):
        yield f"san address of {size}", [sans(tlv(0x87, bytes(range(1, size + 1))))]
    host = tlv(0x82, b"a.example.com")
    upn = tlv(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xA0, tlv(UTF8, b"root@example.com")))
    others = {"otherName": upn, "x400Address": tlv(0xA3), "ediPartyName": tlv(0xA5),
              "directoryName": tlv(0xA4, name([attribute(CN, UTF8, b"other")])),
              "registeredID": tlv(0x88, b"\x2a\x03"), "number 9": tlv(0x89, b"a"),
              "constructed": tlv(0xA2, tlv(IA5, b"a")), "a universal tag": tlv(IA5, b"a.example.com")}
    for label, other in others.items():
        yield f"{label} alone", [sans(other)]
        yield f"{label} beside", [sans(host, other)]
    yield "no names", [sans()]
    yield "critical", [sans(host, critical=True)]
    yield "the same twice", [sans(host, host, tlv(0x82, b"A.EXAMPLE.com"))]
    yield "twenty", [sans(*(tlv(0x82, b"h%d.example.com" % n) for n in range(20)))]
    yield "twenty-one", [sans(*(tlv(0x82, b"h%d.example.com" % n) for n in range(21)))]
    yield "two lists of names", [sans(host), sans(tlv(0x82, b"b.example.com"))]
    yield "names in no list", [extension("2.5.29.17", host)]
    yield "names that are junk", [extension("2.5.29.17", b"\xff\xff")]


# Other extensions.

def purposes(*kinds, critical=False):
    return extension("2.5.29.37", tlv(SEQUENCE, *map(oid, kinds)), critical)


SERVER, CODE, OCSP, STAMPS, ANY, DOCUMENTS = (
    "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.9", "1.3.6.1.5.5.7.3.8", "2.5.29.37.0",
    "1.3.6.1.4.1.311.10.3.12")


def extensions():
    for bits in range(256):
        if bits.bit_count() in (0, 1, 2, 8) or bits in (0b11100000, 0b00001100):
            yield f"key usage {bits:08b}", [extension("2.5.29.15", tlv(BITS, b"\0", bytes([bits])))]
    for value in (b"", tlv(BITS, b"\0"), tlv(BITS, b"\x07\x80"), tlv(BITS, b"\x07\xc0"),
                  tlv(BITS, b"\x07\x08\x80"), tlv(BITS, b"\x07\0\x80"), tlv(OCTETS, b"\x80")):
        yield f"key usage {value.hex()}", [extension("2.5.29.15", value, critical=True)]
    for kinds in ((), (SERVER,), (DOCUMENTS,), (SERVER, DOCUMENTS), (SERVER, SERVER), (OCSP,), (ANY,),
                  (OCSP, ANY), (OCSP, SERVER), (ANY, SERVER), (STAMPS,), (STAMPS, SERVER), (CODE,),
                  ("2.999.1",), tuple(f"1.2.3.{n}" for n in range(33))):
        for critical in (False, True):
            yield f"purposes {kinds[:2]} {critical}", [purposes(*kinds, critical=critical)]
    yield "purposes that are none", [extension("2.5.29.37", tlv(SEQUENCE, tlv(INTEGER, b"\1")))]
    for value in (tlv(SEQUENCE), tlv(SEQUENCE, tlv(BOOLEAN, b"\0")), tlv(SEQUENCE, tlv(BOOLEAN, b"\xff")),
                  tlv(SEQUENCE, tlv(BOOLEAN, b"\x01")), tlv(SEQUENCE, tlv(INTEGER, b"\0")),
                  *(tlv(SEQUENCE, tlv(BOOLEAN, b"\xff"), tlv(INTEGER, length))
                    for length in (b"\0", b"\1", b"\6", b"\x7f", b"\xff", b"\0\xff", b"\1" + b"\0" * 8))):
        yield f"basic constraints {value.hex()}", [extension("2.5.29.19", value, critical=True)]
    for value in (tlv(SEQUENCE), tlv(SEQUENCE, tlv(INTEGER, b"\5")), tlv(SEQUENCE, tlv(INTEGER, b"\x11")),
                  tlv(SEQUENCE, tlv(INTEGER, b"\xff")), tlv(SEQUENCE, tlv(INTEGER, b"\1\0\0")), tlv(NULL),
                  tlv(SEQUENCE, *[tlv(INTEGER, bytes([n])) for n in range(40)])):
        yield f"tls feature {value.hex()[:20]}", [extension("1.3.6.1.5.5.7.1.24", value)]
    dns = tlv(SEQUENCE, tlv(0x82, b"example.com"))
    for value in (tlv(SEQUENCE), tlv(SEQUENCE, tlv(0xA0, dns)), tlv(SEQUENCE, tlv(0xA1, dns)),
                  tlv(SEQUENCE, tlv(0xA0)), tlv(SEQUENCE, tlv(0xA0, tlv(SEQUENCE, tlv(0x87, b"\1\2\3")))),
                  tlv(SEQUENCE, tlv(0xA0, tlv(SEQUENCE, tlv(0x82, b"example.com"), tlv(0x80, b"\1")))), b"junk"):
        yield f"name constraints {value.hex()}", [extension("2.5.29.30", value, critical=True)]
    policies = tlv(SEQUENCE, tlv(SEQUENCE, oid("1.2.3.4")))
    known = {
        "2.5.29.9": tlv(SEQUENCE), "2.5.29.14": tlv(OCTETS, b"mine"), "2.5.29.16": tlv(SEQUENCE),
        "2.5.29.18": tlv(SEQUENCE, tlv(0x82, b"a.b")), "2.5.29.31": tlv(SEQUENCE), "2.5.29.32": policies,
        "2.5.29.33": tlv(SEQUENCE), "2.5.29.35": tlv(SEQUENCE, tlv(0x80, b"theirs")),
        "2.5.29.36": tlv(SEQUENCE, tlv(0x80, b"\0")), "2.5.29.46": tlv(SEQUENCE), "2.5.29.54": tlv(INTEGER, b"\0"),
        "2.5.29.56": tlv(NULL), "1.3.6.1.5.5.7.1.1": tlv(SEQUENCE), "1.3.6.1.5.5.7.1.3": tlv(SEQUENCE),
        "1.3.6.1.5.5.7.1.14": tlv(SEQUENCE), "1.3.6.1.5.5.7.48.1.5": tlv(NULL),
        "1.3.6.1.4.1.11129.2.4.2": tlv(OCTETS), "1.3.6.1.4.1.11129.2.4.3": tlv(NULL),
        "1.3.6.1.4.1.311.21.10": policies, "2.16.840.1.113730.1.1": tlv(BITS, b"\6\x40"),
        "1.3.6.1.4.1.311.20.2": tlv(BMP, b"\0W"), "1.2.3.4": b"junk",
    }
    for kind, value in known.items():
        for critical in (False, True):
            yield f"{kind} {critical}", [extension(kind, value, critical)]
        yield f"{kind} beside purposes", [extension(kind, value), purposes(SERVER)]
        yield f"{kind} twice", [extension(kind, value), extension(kind, value)]
        yield f"{kind} that is junk", [extension(kind, b"\x30\x05\xff")]
    yield "critical that is not true", [
        tlv(SEQUENCE, oid("1.2.3.4"), tlv(BOOLEAN, b"\x01"), tlv(OCTETS, b"a"))]
    yield "no value", [tlv(SEQUENCE, oid("1.2.3.4"))]
    yield "a hundred", [extension(f"1.2.3.{n}", tlv(NULL)) for n in range(100)]


def attributes():
    """What stands where attributes do."""
    a, b = purposes(SERVER), sans(tlv(0x82, b"a.example.com"))
    yield "two requests for extensions", asking(a) + asking(b)
    yield "two requests of two kinds", asking(a) + asking(b, number=MICROSOFT_REQUEST)
    yield "a request of Microsoft's kind", asking(a, b, number=MICROSOFT_REQUEST)
    yield "an empty request", asking()
    yield "a request of two values", tlv(SEQUENCE, oid(EXTENSION_REQUEST),
                                         tlv(SET, tlv(SEQUENCE, a), tlv(SEQUENCE, b)))
    yield "a request of no value", tlv(SEQUENCE, oid(EXTENSION_REQUEST), tlv(SET))
    yield "a challenge", tlv(SEQUENCE, oid("1.2.840.113549.1.9.7"), tlv(SET, tlv(PRINTABLE, b"secret")))
    yield "junk", b"\xff\xff"
    yield "no attribute", tlv(INTEGER, b"\1")


def keys():
    """Public keys in ways that are not the usual one."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    p256 = tlv(SEQUENCE, oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    compressed = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    for label, algorithm, bits in (
        ("compressed", p256, compressed), ("infinity", p256, b"\0"), ("hybrid", p256, b"\x06" + point[1:]),
        ("off the curve", p256, point[:-1] + bytes([point[-1] ^ 1])), ("short", p256, point[:-1]),
        ("no parameters", tlv(SEQUENCE, oid("1.2.840.10045.2.1")), point),
        ("null parameters", tlv(SEQUENCE, oid("1.2.840.10045.2.1"), tlv(NULL)), point),
        ("another curve", tlv(SEQUENCE, oid("1.2.840.10045.2.1"), oid("1.3.132.0.34")), point),
        ("explicit parameters", tlv(SEQUENCE, oid("1.2.840.10045.2.1"), tlv(SEQUENCE, tlv(INTEGER, b"\1"))), point),
    ):
        yield f"EC {label}", Key(private, tlv(SEQUENCE, algorithm, tlv(BITS, b"\0", bits)))
    yield "EC unused bits", Key(private, tlv(SEQUENCE, p256, tlv(BITS, b"\1", point)))
    yield "EC long length", Key(private, long_form(SEQUENCE, p256 + tlv(BITS, b"\0", point)))
    for curve in (ec.SECP384R1, ec.SECP521R1, ec.SECP256K1):
        yield curve.name, Key(ec.generate_private_key(curve()))
    yield "Ed25519", Key(ed25519.Ed25519PrivateKey.generate())
    for bits in (1024, 2047, 3072):
        yield f"RSA of {bits} bits", Key(rsa.generate_private_key(65537, bits))
    private = rsa.generate_private_key(65537, 2048)
    modulus = b"\0" + private.public_key().public_numbers().n.to_bytes(256, "big")

    def numbers(*integers, algorithm="1.2.840.113549.1.1.1", parameters=tlv(NULL)):
        value = tlv(SEQUENCE, *(tlv(INTEGER, one) for one in integers))
        return tlv(SEQUENCE, tlv(SEQUENCE, oid(algorithm), parameters), tlv(BITS, b"\0", value))

    usual = b"\1\0\1"
    yield "RSA", Key(private)
    for label, spki in {
        "e = 1": numbers(modulus, b"\1"), "e = 2": numbers(modulus, b"\2"), "e = 65536": numbers(modulus, b"\1\0\0"),
        "e = 0": numbers(modulus, b"\0"), "e < 0": numbers(modulus, b"\xff"),
        "n < 0": numbers(modulus[1:], usual), "n with zeros": numbers(b"\0" + modulus, usual),
        "n is even": numbers(modulus[:-1] + b"\0", usual), "no parameters": numbers(modulus, usual, parameters=b""),
        "other parameters": numbers(modulus, usual, parameters=tlv(INTEGER, b"\1")),
        "PSS": numbers(modulus, usual, algorithm="1.2.840.113549.1.1.10", parameters=b""),
        "three numbers": numbers(modulus, usual, usual), "no numbers": numbers(),
        "e > n": numbers(modulus, b"\1" + modulus),
    }.items():
        yield f"RSA {label}", Key(private, spki)


# Cases.

def fixed():
    """Each of the above, alone in a request that is otherwise right."""
    plain = name([attribute(CN, UTF8, b"www.example.com")])

    def case(label, subject=plain, attributes=b"", key=None, version=0):
        key = key or Key()
        return Case(label, key.request(subject, attributes, version), key)

    for label, subject in subjects():
        yield case(label, subject)
    for label, asked in [*alternative_names(), *extensions()]:
        yield case(label, attributes=asking(*asked))
        if label.startswith("san ") or label in ("critical", "twenty"):
            yield case(f"{label} and no subject", name(), asking(*asked))
    for label, asked in attributes():
        yield case(label, attributes=asked)
    for label, key in keys():
        yield case(label, key=key)
    for version in (1, 2, 3, 0x7F, 0xFF):
        yield case(f"version {version}", version=version)


def mixed(seed, count):
    """Some of each in one request: the same parts for a seed, with new keys and signatures."""
    chance = random.Random(seed)
    all_subjects = [subject for label, subject in subjects() if len(subject) < 5_000]
    rdns = [subject[subject.index(bytes([SET])):] for subject in all_subjects if SET in subject[:6]]
    names = [asked for _, (*asked,) in alternative_names()]
    others = [asked for _, (*asked,) in extensions()]
    for number in range(count):
        subject = tlv(SEQUENCE, *chance.sample(rdns, chance.randint(1, 3)))
        asked = [one for part in chance.sample(others, chance.randint(0, 2)) for one in part]
        asked += chance.choice(names) if chance.random() < 0.6 else []
        chance.shuffle(asked)
        key = Key()
        yield Case(f"mixed {seed} {number}", key.request(subject, asking(*asked)), key)
