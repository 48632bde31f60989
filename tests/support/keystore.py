"""What Java and OpenSSL read from key stores."""

import subprocess

import pem
import tools
from cryptography.hazmat.primitives.serialization import pkcs12


def pkcs12_content(store, password):
    """Key, leaf and chain of a PKCS#12 store, as the `cryptography` package reads it."""
    content = pkcs12.load_pkcs12(store, pem.encoded(password))
    return content.key, content.cert.certificate, [one.certificate for one in content.additional_certs]


def keytool(*arguments):
    """The output of a `keytool` command that must succeed. It speaks English."""
    result = subprocess.run(
        [tools.need("keytool"), "-J-Duser.language=en", *arguments],
        capture_output=True, text=True, timeout=tools.SECONDS, check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def jks_content(store, password, folder):
    """Key, leaf and chain of a JKS store, which Java turns into a PKCS#12 one for us."""
    source, target = folder / "content.jks", folder / "content.p12"
    source.write_bytes(store)
    listing = keytool("-list", "-v", "-storetype", "JKS", "-keystore", str(source),
                      "-storepass", password)
    assert "Your keystore contains 1 entry" in listing
    assert "Entry type: PrivateKeyEntry" in listing
    keytool(
        "-importkeystore", "-noprompt",
        "-srckeystore", str(source), "-srcstoretype", "JKS", "-srcstorepass", password,
        "-destkeystore", str(target), "-deststoretype", "PKCS12", "-deststorepass", "exchange",
    )
    return pkcs12_content(target.read_bytes(), "exchange")
