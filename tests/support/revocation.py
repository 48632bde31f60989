"""Revocation: the calls that switch it on and make it, and what relying parties find where
certificates send them.
"""

import subprocess
import time
from pathlib import Path

import desk
import pem
import requests
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from huaweicloudsdkccm.v1 import (
    EnableCertificateAuthorityCrlRequest,
    EnableCertificateAuthorityCrlRequestBody,
    RevokeCertificateAuthorityRequest,
    RevokeCertificateRequest,
    RevokeCertificateRequestBody,
    UpdateOcspSwitchRequest,
    UpdateOcspSwitchRequestBody,
)

BUCKET = "python-lists"


# The desk.

def switch_on(ccm, ca_id):
    """What the authority issues from now on names its list and its responder."""
    body = EnableCertificateAuthorityCrlRequestBody(obs_bucket_name=BUCKET, valid_days=7)
    answer = ccm.enable_certificate_authority_crl(
        EnableCertificateAuthorityCrlRequest(ca_id=ca_id, body=body))
    assert answer.status_code == 204
    body = UpdateOcspSwitchRequestBody(ocsp_switch=True)
    answer = ccm.update_ocsp_switch(UpdateOcspSwitchRequest(ca_id=ca_id, body=body))
    assert answer.status_code == 204


def hierarchy(ccm, label, **fields):
    """The ids of a root and of an authority below it, which tell what is revoked."""
    root_id = desk.create_ca(ccm, name=desk.unique(f"{label}-root"), **fields)
    switch_on(ccm, root_id)
    issuer_id = desk.create_subordinate(ccm, root_id, name=desk.unique(f"{label}-issuer"), **fields)
    switch_on(ccm, issuer_id)
    return root_id, issuer_id


def revoke(ccm, certificate_id, reason):
    body = RevokeCertificateRequestBody(reason=reason)
    answer = ccm.revoke_certificate(
        RevokeCertificateRequest(certificate_id=certificate_id, body=body))
    assert answer.status_code == 204


def revoke_ca(ccm, ca_id, reason):
    body = RevokeCertificateRequestBody(reason=reason)
    answer = ccm.revoke_certificate_authority(
        RevokeCertificateAuthorityRequest(ca_id=ca_id, body=body))
    assert answer.status_code == 204


# Relying parties.

def get(url, media_type):
    return _content(requests.get(url, timeout=desk.SECONDS), media_type)


def post(url, request):
    headers = {"Content-Type": "application/ocsp-request"}
    answer = requests.post(url, data=request, headers=headers, timeout=desk.SECONDS)
    return _content(answer, "application/ocsp-response")


def _content(answer, media_type):
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == media_type
    return answer.content


def list_url(certificate):
    """Where the list of the issuer is."""
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    ((name,),) = [point.full_name for point in points]
    return name.value


def responder_url(certificate):
    return _access(certificate, AuthorityInformationAccessOID.OCSP)


def issuer_url(certificate):
    return _access(certificate, AuthorityInformationAccessOID.CA_ISSUERS)


def _access(certificate, method):
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    (only,) = [one.access_location.value for one in access if one.access_method == method]
    return only


def newest_list(certificate, issuer):
    """The list that a certificate names, which its issuer has signed."""
    found = x509.load_der_x509_crl(get(list_url(certificate), "application/pkix-crl"))
    assert found.is_signature_valid(issuer.public_key())
    assert found.issuer == issuer.subject
    return found


def soon(ask):
    """The first answer of `ask` that is not None: a revocation does not wait for the list that
    tells it.
    """
    deadline = time.monotonic() + desk.SECONDS
    while (found := ask()) is None:
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.1)
    return found


def entry(certificate, issuer):
    """The entry on the newest list, or None when the certificate is not on it."""
    return newest_list(certificate, issuer).get_revoked_certificate_by_serial_number(
        certificate.serial_number)


def lists_pem(leaf, chain):
    """The newest lists about a chain, one after the other, as programs take them from a file."""
    return pem.to_pem(newest_list(one, issuer) for one, issuer in zip([leaf, *chain], chain))


def write_chain(folder, leaf, chain):
    """Files for OpenSSL: leaf.pem, issuer.pem and root.pem."""
    issuer, root = chain
    for name, one in {"leaf": leaf, "issuer": issuer, "root": root}.items():
        Path(folder, f"{name}.pem").write_bytes(pem.to_pem([one]))


def openssl(folder, *arguments):
    """Status and words of an `openssl` command."""
    result = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True,
                            timeout=pem.SECONDS, check=False)
    return result.returncode, result.stdout + result.stderr


def verify_by_openssl(folder, leaf, chain, fetch=False):
    """What OpenSSL says of a leaf and its issuers with the newest lists of all of them.

    With `fetch` it gets the list of the leaf's issuer by itself, and looks at the leaf alone: no
    certificate names the list that a root itself would be on.
    """
    write_chain(folder, leaf, chain)
    if fetch:
        lists = ["-crl_check", "-crl_download"]
    else:
        Path(folder, "lists.pem").write_bytes(lists_pem(leaf, chain))
        lists = ["-crl_check_all", "-CRLfile", "lists.pem"]
    return openssl(folder, "verify", "-x509_strict", *lists, "-no-CApath", "-no-CAstore",
                   "-CAfile", "root.pem", "-untrusted", "issuer.pem", "leaf.pem")
