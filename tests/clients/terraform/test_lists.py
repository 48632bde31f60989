"""Revocation lists of authorities that Terraform makes."""

import desk
import pem
import requests
from cryptography import x509

FIRST, SECOND = (f"huaweicloud_ccm_private_ca.{name}" for name in ("first", "second"))


def configuration(state, address):
    (only,) = state[address]["crl_configuration"]
    return only


def test_lists_are_switched(ccm, workspace):
    lists = workspace("lists")
    variables = {"name": desk.unique("tf"), "bucket": desk.unique("tf-lists")}
    state = lists.apply(**variables, first=True, second=False)
    ids = {address: state[address]["id"] for address in (FIRST, SECOND)}
    check(ccm, lists, state, first=8, second=None)
    assert configuration(state, FIRST)["crl_name"] == variables["name"]

    for first, second in ((True, True), (False, True), (True, False), (False, False)):
        state = lists.apply(**variables, first=first, second=second)
        assert {address: state[address]["id"] for address in ids} == ids
        check(ccm, lists, state, first=8 if first else None, second=30 if second else None)
    lists.destroy()


def check(ccm, lists, state, **days):
    """The lists are valid for so many days, by what Terraform and the SDK say and by themselves."""
    assert lists.plan() == {}
    for address, valid in zip((FIRST, SECOND), days.values()):
        told = configuration(state, address)
        shown = desk.show_ca(ccm, state[address]["id"]).crl_configuration
        assert told["enabled"] == shown.enabled == (valid is not None)
        if valid is None:
            continue
        assert (told["valid_days"], told["crl_name"], told["obs_bucket_name"]) == (
            shown.valid_days, shown.crl_name, shown.obs_bucket_name)
        answer = requests.get(told["crl_dis_point"], timeout=desk.SECONDS)
        assert answer.status_code == 200
        crl = x509.load_der_x509_crl(answer.content)
        issuer = pem.certificate(desk.export_ca(ccm, state[address]["id"]).certificate)
        assert crl.is_signature_valid(issuer.public_key())
        assert (crl.next_update_utc - crl.last_update_utc).days == valid
