"""Revoking authorities and certificates, and taking back the deletion of one."""

import desk
from huaweicloudsdkccm.v1 import (
    DeleteCertificateAuthorityRequest,
    DisableCertificateAuthorityRequest,
)

CA, CERTIFICATE = "huaweicloud_ccm_private_ca", "huaweicloud_ccm_private_certificate"


def test_what_is_revoked(ccm, workspace):
    revocation = workspace("revocation")
    made = revocation.apply(name=desk.unique("tf"))
    authorities = [made[f"{CA}.issuer[{n}]"]["id"] for n in range(2)]
    certificates = [made[f"{CERTIFICATE}.server[{n}]"]["id"] for n in range(2)]
    assert [desk.show_ca(ccm, one).status for one in authorities] == ["REVOKED"] * 2
    assert [desk.show_certificate(ccm, one).status for one in certificates] == ["REVOKED"] * 2
    assert revocation.plan() == {}

    revocation.destroy()
    for one in [made[f"{CA}.root"]["id"], *authorities]:
        assert desk.show_ca(ccm, one).status == "DELETED"
    for one in certificates:
        with desk.refused(404, "PCA.10010002"):
            desk.show_certificate(ccm, one)


def test_a_deletion_is_taken_back(ccm, workspace):
    ca_id = desk.create_ca(ccm)
    ccm.disable_certificate_authority(DisableCertificateAuthorityRequest(ca_id=ca_id))
    ccm.delete_certificate_authority(
        DeleteCertificateAuthorityRequest(ca_id=ca_id, pending_days="7"))
    assert desk.show_ca(ccm, ca_id).status == "DELETED"
    restoration = workspace("restoration")
    restoration.apply(ca=ca_id)
    assert desk.show_ca(ccm, ca_id).status == "DISABLED"
    assert restoration.plan() == {}
    restoration.destroy()
    assert desk.show_ca(ccm, ca_id).status == "DISABLED"
