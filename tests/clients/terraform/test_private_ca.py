"""Private authorities and certificates: applied, left alone, changed, destroyed."""

import time

import desk
import pem
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from huaweicloudsdkccm.v1 import (
    DeleteCertificateAuthorityRequest,
    DeleteCertificateRequest,
    DisableCertificateAuthorityRequest,
    ListCaTagsRequest,
    ListCertTagsRequest,
)

DAY = 24 * 60 * 60 * 1000
ROOT, ISSUER, PLAIN = (f"huaweicloud_ccm_private_ca.{name}" for name in ("root", "issuer", "plain"))
SERVER, BARE = (f"huaweicloud_ccm_private_certificate.{name}" for name in ("server", "plain"))

TAGS = {"team": "desk", "空": "值"}


def tags_of_ca(ccm, ca_id):
    return {tag.key: tag.value for tag in ccm.list_ca_tags(ListCaTagsRequest(ca_id=ca_id)).tags}


def tags_of_certificate(ccm, certificate_id):
    request = ListCertTagsRequest(certificate_id=certificate_id)
    return {tag.key: tag.value for tag in ccm.list_cert_tags(request).tags}


@pytest.fixture(scope="module")
def enterprise_project(eps):
    return desk.create_enterprise_project(eps).id


@pytest.fixture
def variables(enterprise_project):
    return {
        "name": desk.unique("tf"),
        "starts": str(int(time.time() * 1000) - 60_000),
        "enterprise_project": enterprise_project,
        "tags": TAGS,
    }


@pytest.fixture
def authorities(workspace):
    return workspace("authorities")


def test_a_hierarchy_lives_and_goes(ccm, authorities, variables):
    made = authorities.apply(**variables)
    assert authorities.plan() == {}
    check_authorities(ccm, made, variables)
    check_certificates(ccm, made, variables)
    ids = {address: values["id"] for address, values in made.items()}

    variables["tags"] = {"team": "another", "new": "1"}
    check_change(ccm, authorities, variables, ids)
    variables["tags"] = {}
    check_change(ccm, authorities, variables, ids)

    for action, status in (("disable", "DISABLED"), ("enable", "ACTIVED"), ("disable", "DISABLED")):
        changed = authorities.apply(**variables, action=action)
        assert desk.show_ca(ccm, ids[ISSUER]).status == changed[ISSUER]["status"] == status
        assert authorities.plan() == {}

    authorities.destroy()
    for address in (ROOT, ISSUER, PLAIN):
        gone = desk.show_ca(ccm, ids[address])
        days = 30 if address == ISSUER else 7
        assert gone.status == "DELETED"
        assert abs(gone.delete_time - time.time() * 1000 - days * DAY) < DAY
    for address in (SERVER, BARE):
        with desk.refused(404, "PCA.10010002"):
            desk.show_certificate(ccm, ids[address])
    assert authorities.asked() == {desk.ENDPOINT}


def check_authorities(ccm, made, variables):
    root, issuer, plain = (desk.show_ca(ccm, made[one]["id"]) for one in (ROOT, ISSUER, PLAIN))
    for one, values in ((root, made[ROOT]), (issuer, made[ISSUER]), (plain, made[PLAIN])):
        assert (one.status, values["status"]) == ("ACTIVED", "ACTIVED")
        assert values["distinguished_name"] == [one.distinguished_name.to_dict()]
        assert (values["charging_mode"], values["gen_mode"]) == ("postPaid", "GENERATE")
        assert values["serial_number"] == one.serial_number
        assert values["crl_configuration"][0]["enabled"] is False
    assert (root.key_algorithm, root.signature_algorithm) == ("EC384", "SHA384")
    assert root.not_before // 1000 == int(variables["starts"]) // 1000
    assert root.enterprise_project_id == variables["enterprise_project"]
    assert (issuer.issuer_id, issuer.path_length) == (root.ca_id, 1)
    assert issuer.enterprise_project_id == variables["enterprise_project"]
    assert (plain.issuer_id, plain.path_length, plain.enterprise_project_id) == (root.ca_id, 0, "0")
    assert abs(plain.not_after - plain.not_before - 90 * DAY) < DAY
    assert tags_of_ca(ccm, root.ca_id) == tags_of_ca(ccm, issuer.ca_id) == TAGS
    assert tags_of_ca(ccm, plain.ca_id) == {}


def check_certificates(ccm, made, variables):
    server = desk.show_certificate(ccm, made[SERVER]["id"])
    assert (server.status, made[SERVER]["status"]) == ("ISSUED", "ISSUED")
    assert server.not_before // 1000 == int(variables["starts"]) // 1000
    assert server.enterprise_project_id == variables["enterprise_project"]
    assert tags_of_certificate(ccm, server.certificate_id) == TAGS

    exported = desk.export(ccm, server.certificate_id)
    leaf, chain = pem.certificate(exported.certificate), pem.certificates(exported.certificate_chain)
    pem.verify_chain(leaf, chain)
    assert pem.common_name(leaf.subject) == f"{variables['name']}.example.com"
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_encipherment and not usage.content_commitment
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(purposes) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH,
                             ExtendedKeyUsageOID.EMAIL_PROTECTION}
    own = leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"))
    assert b"from Terraform" in own.value.value

    bare = desk.show_certificate(ccm, made[BARE]["id"])
    assert (bare.status, bare.enterprise_project_id) == ("ISSUED", "0")
    assert made[BARE]["distinguished_name"][0]["common_name"] == bare.distinguished_name.common_name
    exported = desk.export(ccm, bare.certificate_id)
    pem.verify_chain(
        pem.certificate(exported.certificate), pem.certificates(exported.certificate_chain))


def check_change(ccm, authorities, variables, ids):
    """A change of tags is made in place, and there is nothing left to do."""
    authorities.set(**variables)
    assert authorities.plan() == {address: ["update"] for address in (ROOT, ISSUER, SERVER)}
    changed = authorities.apply(**variables)
    assert {address: values["id"] for address, values in changed.items()} == ids
    assert authorities.plan() == {}
    for address in (ROOT, ISSUER):
        assert tags_of_ca(ccm, ids[address]) == variables["tags"]
    assert tags_of_certificate(ccm, ids[SERVER]) == variables["tags"]


def test_what_went_behind_its_back_is_made_anew(ccm, authorities, variables):
    made = authorities.apply(**variables)
    ccm.delete_certificate(DeleteCertificateRequest(certificate_id=made[SERVER]["id"]))
    assert authorities.plan() == {SERVER: ["create"]}
    again = authorities.apply(**variables)
    assert again[SERVER]["id"] != made[SERVER]["id"]
    assert authorities.plan() == {}
    # An authority that somebody has scheduled for deletion counts as gone.
    gone = made[PLAIN]["id"]
    ccm.disable_certificate_authority(DisableCertificateAuthorityRequest(ca_id=gone))
    ccm.delete_certificate_authority(
        DeleteCertificateAuthorityRequest(ca_id=gone, pending_days="7"))
    assert authorities.plan() == {PLAIN: ["create"], BARE: ["delete", "create"]}
    replaced = authorities.apply(**variables)
    assert replaced[PLAIN]["id"] != gone
    assert authorities.plan() == {}
    authorities.destroy()


def test_what_is_there_is_imported(ccm, workspace):
    """Terraform takes over what an SDK made; what no call tells of it, the configuration ignores.

    It stays: an authority is deleted in `pending_days`, which an import does not learn.
    """
    taken = workspace("imported")
    name = desk.unique("tf")
    root_id = desk.create_ca(ccm, name=f"{name} root")
    certificate_id = desk.create_certificate(
        ccm, root_id, f"{name}.example.com", sans=desk.LOCAL_NAMES)
    taken.set(name=name)
    taken.import_(ROOT, root_id)
    taken.import_(SERVER, certificate_id)
    assert taken.plan() == {}
    assert {one: values["id"] for one, values in taken.state().items()} == {
        ROOT: root_id, SERVER: certificate_id}
