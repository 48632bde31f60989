"""The key stores through the programs that read them: OpenSSL and Java's KeyStore."""

import desk
import keystore
import pem


def test_openssl_reads_the_pfx(ccm, host, password, write):
    """Without its legacy provider: nothing in the store needs a broken cipher."""
    files = desk.export_files(ccm, host.certificate_id, "IIS", password)
    secret = password or files["keystorePass.txt"].decode()
    store = str(write(files) / "server.pfx")
    command = ["pkcs12", "-in", store, "-passin", f"pass:{secret}", "-nodes"]
    key = pem.openssl(*command, "-nocerts")
    leaf = pem.certificate(pem.openssl(*command, "-nokeys", "-clcerts"))
    chain = pem.certificates(pem.openssl(*command, "-nokeys", "-cacerts"))
    assert leaf == host.leaf
    assert sorted(chain, key=host.chain.index) == host.chain
    assert pem.belongs(pem.private_key(key[key.index(b"-----BEGIN"):]), leaf)
    pem.verify_chain(leaf, host.chain)


def test_java_reads_the_pfx(ccm, host, password, write):
    files = desk.export_files(ccm, host.certificate_id, "IIS", password)
    secret = password or files["keystorePass.txt"].decode()
    store = str(write(files) / "server.pfx")
    listing = keystore.keytool("-list", "-v", "-storetype", "PKCS12", "-keystore", store,
                               "-storepass", secret)
    assert "Entry type: PrivateKeyEntry" in listing
    assert f"Certificate chain length: {1 + len(host.chain)}" in listing
    exported = keystore.keytool("-exportcert", "-rfc", "-storetype", "PKCS12", "-keystore", store,
                                "-storepass", secret, "-alias", alias(listing))
    assert pem.certificate(exported) == host.leaf


def test_java_reads_the_jks(ccm, host, password, tmp_path):
    files = desk.export_files(ccm, host.certificate_id, "TOMCAT", password)
    secret = password or files["keystorePass.txt"].decode()
    key, leaf, chain = keystore.jks_content(files["server.jks"], secret, tmp_path)
    assert (leaf, chain) == (host.leaf, host.chain)
    assert pem.belongs(key, leaf)


def alias(listing):
    (line,) = [line for line in listing.splitlines() if line.startswith("Alias name: ")]
    return line.removeprefix("Alias name: ")
