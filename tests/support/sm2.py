"""SM2 material judged by others: OpenSSL 3 and gmalg, an implementation in Python alone."""

import base64
import subprocess
from pathlib import Path

from gmalg import SM2, SM4
from pem import openssl

SECONDS = 60
# The user id that certificates and requests are signed with; OpenSSL's own default is the empty one.
USER_ID = "1234567812345678"
DISTID = f"distid:{USER_ID}"


# Requests and certificates by OpenSSL.

class Key:
    """A key that OpenSSL made, in a file of its own."""

    def __init__(self, folder, name):
        self.path = Path(folder, f"{name}.key")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2",
                "-out", str(self.path))

    def pem(self):
        return self.path.read_text()

    def request(self, common_name, user_id=USER_ID):
        """A PKCS#10 request; with no user id it is over the empty one."""
        return openssl("req", "-new", "-key", str(self.path), "-sm3", "-subj", f"/CN={common_name}",
                       *(["-sigopt", f"distid:{user_id}"] if user_id else [])).decode()

    def certify(self, name, issuer, usages, days="30", ca=False):
        """A certificate for this key by `issuer`, a pair of key and certificate, or by itself."""
        extensions = [f"keyUsage=critical,{usages}",
                      f"basicConstraints=critical,CA:{'TRUE' if ca else 'FALSE'}"]
        issuer_key, issuer_pem = issuer or (self, None)
        command = ["req", "-x509", "-new", "-sm3", "-sigopt", DISTID, "-days", days,
                   "-subj", f"/CN={name}", "-key", str(self.path)]
        for extension in extensions:
            command += ["-addext", extension]
        if issuer_pem:
            path = self.path.with_suffix(".issuer")
            path.write_text(issuer_pem)
            command += ["-CA", str(path), "-CAkey", str(issuer_key.path)]
        return openssl(*command).decode()


def scalar(key_pem, password=None):
    """The 32 bytes of a private key, as OpenSSL reads it."""
    password = ["-passin", f"pass:{password}"] if password else []
    text = openssl("pkey", "-noout", "-text", *password, input=key_pem.encode()).decode()
    body = text.split("priv:")[1].split("pub:")[0]
    return bytes.fromhex("".join(body.split()).replace(":", ""))[-32:].rjust(32, b"\0")


def public_of_certificate(certificate_pem):
    """The point of a certificate's key, 65 bytes."""
    key = openssl("x509", "-noout", "-pubkey", input=certificate_pem.encode())
    return openssl("pkey", "-pubin", "-outform", "DER", input=key)[-65:]


def belongs(key_scalar, certificate_pem):
    """gmalg computes the public key from the private one."""
    return SM2(key_scalar).generate_pk(key_scalar) == public_of_certificate(certificate_pem)


def verify_link(folder, certificate, issuer):
    """OpenSSL verifies one signature. It applies the user id to the last certificate of a chain
    alone, so a chain is verified link by link.
    """
    Path(folder, "issuer.pem").write_text(issuer)
    Path(folder, "subject.pem").write_text(certificate)
    result = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-vfyopt", DISTID, "-partial_chain", "-no-CApath",
         "-no-CAstore", "-trusted", "issuer.pem", "subject.pem"],
        cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False,
    )
    assert result.returncode == 0, result.stderr


def blocks(chain_pem):
    """The certificates of a chain, one PEM text each."""
    end = "-----END CERTIFICATE-----"
    return [part.lstrip() + end + "\n" for part in chain_pem.split(end)[:-1]]


# Envelopes.

def children(content):
    """The values in the content of a DER value: pairs of tag and content."""
    found = []
    while content:
        length, start = content[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(content[2:start])
        assert len(content) >= start + length, "DER is cut off"
        found.append((content[0], content[start:start + length]))
        content = content[start + length:]
    return found


def _number(content):
    return int.from_bytes(content).to_bytes(32)


def _c1c3c2(cipher):
    """The content of an SM2Cipher as the raw bytes that gmalg takes."""
    (x, y, digest, text) = [content for _, content in children(cipher)]
    return b"\x04" + _number(x) + _number(y) + digest + text


def _sm4(key, text):
    cipher = SM4(key)
    return b"".join(cipher.decrypt(text[at:at + 16]) for at in range(0, len(text), 16))


def open_enveloped_key(envelope, key_scalar):
    """The scalar in a GM/T 0009 SM2EnvelopedKey, given as Base64, and the point beside it."""
    ((tag, content),) = children(base64.b64decode(envelope, validate=True))
    assert tag == 0x30
    algorithm, cipher, point, text = [content for _, content in children(content)]
    assert children(algorithm)[0][1].hex() == "2a811ccf55016801"  # SM4 in ECB mode
    assert len(text) == 33 and text[0] == 0 and point[0] == 0
    key = SM2(key_scalar).decrypt(_c1c3c2(cipher))
    return _sm4(key, text[1:]), point[1:]


def open_enveloped_key_by_openssl(folder, envelope, key_path):
    """The same by OpenSSL: the SM4 key by pkeyutl, the scalar by enc."""
    ((_, content),) = children(base64.b64decode(envelope, validate=True))
    (_, cipher), (_, text) = [children(content)[place] for place in (1, 3)]
    path = Path(folder, "cipher.der")
    head = bytes([0x30, len(cipher)])
    path.write_bytes(head + cipher)
    assert len(cipher) < 128
    key = openssl("pkeyutl", "-decrypt", "-inkey", str(key_path), "-in", str(path))
    return openssl("enc", "-d", "-sm4-ecb", "-nopad", "-K", key.hex(), input=text[1:])


def open_signed_and_enveloped(envelope, key_scalar, signer_point):
    """The scalar in a GM/T 0010 SignedAndEnvelopedData whose signature gmalg verifies."""
    ((_, info),) = children(base64.b64decode(envelope, validate=True))
    (_, kind), (_, wrapped) = children(info)
    assert kind.hex() == "2a811ccf550601040204"  # signedAndEnvelopedData
    ((_, data),) = children(wrapped)
    version, recipients, _, encrypted, certificates, signers = [c for _, c in children(data)]
    ((_, recipient),) = children(recipients)
    ((_, signer),) = children(signers)
    assert version == b"\x01" and certificates[:1] == b"\x30"
    ((_, cipher),) = children(children(recipient)[3][1])
    key = SM2(key_scalar).decrypt(_c1c3c2(cipher))
    content = _sm4(key, children(encrypted)[2][1])
    ((_, signature),) = children(children(signer)[4][1])
    r, s = [_number(content) for _, content in children(signature)]
    verifier = SM2(pk=signer_point, uid=USER_ID.encode())
    assert verifier.verify(content, r, s), "the signature of the envelope does not verify"
    assert content[:32] == bytes(32) and len(content) == 64
    return content[32:]
