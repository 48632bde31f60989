"""Programs that read many files and judge each: zlint, pkilint, Go, Java, OpenSSL."""

import json
import os
import ssl
import subprocess
from pathlib import Path

SECONDS = 300


def run(*command, **arguments):
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=SECONDS,
                            check=False, **arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def write(folder, files):
    """Files of these names and contents in a new folder."""
    folder = Path(folder)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def _lines(text):
    return [json.loads(line) for line in text.splitlines()]


def zlint(folder):
    """The findings of zlint by file: the names of the lints with what they say."""
    said = _lines(run(os.environ["CHANCERY_TEST_JUDGE"], "lint", folder))
    found = {}
    for one in said:
        findings = dict(one.get("findings") or {})
        if "error" in one:
            findings["unreadable"] = one["error"]
        found[one["file"]] = findings
    return found


def pkilint(certificates, lists, responses):
    """The findings of pkilint by name, as those of zlint."""
    from pkilint import loader, pkix
    from pkilint.pkix import certificate, crl, extension, name, ocsp

    decoders = [pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
                pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS)]
    of_certificates = certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS,
                                               extension.EXTENSION_MAPPINGS),
        [certificate.create_issuer_validator_container([]),
         certificate.create_validity_validator_container(),
         certificate.create_subject_validator_container([]),
         certificate.create_extensions_validator_container([]),
         certificate.create_spki_validator_container([])])
    of_lists = crl.create_pkix_crl_validator_container(
        decoders, [crl.create_issuer_validator_container([]),
                   crl.create_validity_validator_container([]),
                   crl.create_extensions_validator_container([])])
    of_responses = ocsp.create_pkix_ocsp_response_validator_container(
        [ocsp.create_response_decoder(), *decoders], [])
    found = {}
    for validator, load, files in (
        (of_certificates, loader.RFC5280CertificateDocumentLoader(), certificates),
        (of_lists, loader.RFC5280CertificateListDocumentLoader(), lists),
        (of_responses, loader.RFC6960OCSPResponseDocumentLoader(), responses),
    ):
        for file, der in files.items():
            document = load.load_der_document(der, file, file)
            findings = {}
            for result in validator.validate(document.root):
                for one in result.finding_descriptions:
                    if one.finding.severity.name not in ("INFO", "DEBUG"):
                        said = f"{one.finding.severity.name}: {one.message or ''}"
                        findings[one.finding.code] = f"{said} at {result.node.path}"
            found[file] = findings
    return found


def go(folder, roots, between):
    """What is wrong with each file of a folder, by Go; empty where it verifies."""
    said = _lines(run(os.environ["CHANCERY_TEST_JUDGE"], "verify", folder, roots, between))
    return {one["file"]: one.get("error", "") for one in said}


def java(folder, roots, between):
    """The same by Java."""
    said = run("java", "-cp", os.environ["CHANCERY_TEST_JUDGE_JAVA"], "Judge", folder, roots, between)
    return dict(line.split(" ", 1) for line in said.splitlines())


def openssl(folder, roots, between, *options):
    """The same by OpenSSL, in its strict mode."""
    def bundle(files):
        return "".join(ssl.DER_cert_to_PEM_cert(file.read_bytes()) for file in sorted(files.iterdir()))

    for name, files in (("roots.pem", roots), ("between.pem", between)):
        (folder.parent / name).write_text(bundle(files), encoding="ascii")
    names = sorted(file.name for file in folder.iterdir())
    found = {}
    for start in range(0, len(names), 500):
        some = names[start:start + 500]
        result = subprocess.run(
            ["openssl", "verify", "-x509_strict", *options, "-no-CApath", "-no-CAstore",
             "-CAfile", folder.parent / "roots.pem", "-untrusted", folder.parent / "between.pem", *some],
            cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
        right = {line.removesuffix(": OK") for line in result.stdout.splitlines() if line.endswith(": OK")}
        # What it says of a file stands in lines that begin or end with its name.
        said = result.stderr.splitlines()
        for name in some:
            about = [line for line in said if f"error {name}:" in line or line.startswith(f"{name}:")]
            found[name] = "" if name in right else " ".join(about) or result.stderr[:2000]
    return found
