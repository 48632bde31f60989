"""The data sources of private authorities and certificates."""

import base64

import desk
import keystore
import pem
import pytest
from huaweicloudsdkccm.v1 import ListCertificateAuthorityRequest

SOURCE = "data.huaweicloud_ccm_private_"
TEXTS = ("APACHE", "NGINX", "OTHER")
STORES = {
    "IIS": ("server_pfx", lambda store, password, _: keystore.pkcs12_content(store, password)),
    "TOMCAT": ("server_jks", keystore.jks_content),
}


@pytest.fixture(scope="module")
def names():
    return {"ca_name": desk.unique("tf-ca"), "certificate_name": desk.unique("tf-server")}


@pytest.fixture(scope="module")
def there(ccm, root_id, names):
    """What stands on the desk already: the variables of the configuration."""
    ca_id = desk.create_subordinate(ccm, root_id, name=names["ca_name"])
    national = desk.create_ca(ccm, key_algorithm="SM2", signature_algorithm="SM3")
    return names | {
        "ca": ca_id,
        "certificate": desk.create_certificate(
            ccm, ca_id, names["certificate_name"], sans=desk.LOCAL_NAMES),
        "national_certificate": desk.create_certificate(
            ccm, national, desk.unique("tf-sm2"), key_algorithm="SM2", signature_algorithm="SM3"),
    }


def exported(state, type):
    return state[f'{SOURCE}certificate_export.server["{type}"]']


def test_what_is_there_is_read(ccm, there, workspace):
    reading = workspace("reading")
    state = reading.apply(**there)
    assert reading.plan() == {}

    listed = state[f"{SOURCE}cas.all"]["cas"]
    count = ccm.list_certificate_authority(ListCertificateAuthorityRequest(limit=1)).total
    assert len(listed) == len({ca["id"] for ca in listed}) == count
    (found,) = state[f"{SOURCE}cas.found"]["cas"]
    shown = desk.show_ca(ccm, there["ca"])
    assert found in listed
    assert (found["id"], found["status"], found["issuer_id"], found["issuer_name"]) == (
        shown.ca_id, "ACTIVED", shown.issuer_id, shown.issuer_name)
    assert found["distinguished_name"] == [shown.distinguished_name.to_dict()]
    assert found["crl_configuration"][0]["enabled"] is False
    assert found["charging_mode"] == "postPaid"
    ca = state[f"{SOURCE}ca_export.ca"]
    answer = desk.export_ca(ccm, there["ca"])
    assert (ca["certificate"], ca["certificate_chain"]) == (
        answer.certificate, answer.certificate_chain)

    (found,) = state[f"{SOURCE}certificates.found"]["certificates"]
    assert (found["id"], found["issuer_id"], found["issuer_name"]) == (
        there["certificate"], there["ca"], there["ca_name"])
    answer = desk.export(ccm, there["certificate"])
    for type in TEXTS:
        one = exported(state, type)
        assert one["certificate"] == answer.certificate
        assert one["certificate_chain"] == answer.certificate_chain
        assert pem.belongs(pem.private_key(one["private_key"]), pem.certificate(one["certificate"]))

    national = state[f"{SOURCE}certificate_export.national"]
    assert all(national[one].startswith("-----BEGIN") for one in (
        "certificate", "certificate_chain", "private_key", "enc_certificate"))
    assert national["signed_and_enveloped_data"] and national["enc_sm2_enveloped_key"]
    reading.destroy()


@pytest.mark.parametrize("password", [None, "Aa0,.+-_#"], ids=["no password", "password"])
def test_exports_open(ccm, there, workspace, tmp_path, password):
    state = workspace("reading").apply(**there, password=password)
    leaf = pem.certificate(desk.export(ccm, there["certificate"]).certificate)
    for type in TEXTS:
        assert pem.belongs(pem.private_key(exported(state, type)["private_key"], password), leaf)
    for type, (field, content) in STORES.items():
        one = exported(state, type)
        secret = password or one["keystore_pass"]
        assert secret and bool(one["keystore_pass"]) != bool(password)
        key, certificate, _ = content(base64.b64decode(one[field]), secret, tmp_path)
        assert certificate == leaf and pem.belongs(key, leaf)
