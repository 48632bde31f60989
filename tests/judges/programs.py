"""Programs that read many files and judge each: zlint, pkilint, Go, Java, OpenSSL."""

import json
import os
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
