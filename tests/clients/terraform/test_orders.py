"""Private authorities that are bought for a period: the provider follows the order, and gives them up
again instead of deleting them."""

import time

import desk
from huaweicloudsdkbss.v2 import (
    ListPayPerUseCustomerResourcesRequest,
    QueryResourcesReq,
)

DAY = 24 * 60 * 60 * 1000
ROOT, ISSUER = (f"huaweicloud_ccm_private_ca.{name}" for name in ("root", "issuer"))


def bought(bss, *ids):
    body = QueryResourcesReq(resource_ids=list(ids))
    answer = bss.list_pay_per_use_customer_resources(ListPayPerUseCustomerResourcesRequest(body=body))
    return {one.resource_id: one for one in answer.data}


def test_what_is_bought_lives_and_is_given_up(bss, ccm, workspace):
    ordered = workspace("ordered")
    name = desk.unique("tf")
    made = ordered.apply(name=name, tags={"team": "desk"})
    assert ordered.plan() == {}
    root, issuer = (desk.show_ca(ccm, made[one]["id"]) for one in (ROOT, ISSUER))
    for shown, values in ((root, made[ROOT]), (issuer, made[ISSUER])):
        assert (shown.status, shown.charging_mode) == ("ACTIVED", 0)
        assert (values["status"], values["charging_mode"]) == ("ACTIVED", "prePaid")
        assert values["distinguished_name"] == [shown.distinguished_name.to_dict()]
    assert (issuer.issuer_id, issuer.key_algorithm) == (root.ca_id, "EC256")
    subscriptions = bought(bss, root.ca_id, issuer.ca_id)
    assert {one.resource_name for one in subscriptions.values()} == {f"{name} root", f"{name} issuer"}
    assert {one.status for one in subscriptions.values()} == {2}
    policies = {one: subscriptions[one].expire_policy for one in (root.ca_id, issuer.ca_id)}
    assert policies == {root.ca_id: 0, issuer.ca_id: 3}

    ordered.destroy()
    for one in (root, issuer):
        gone = desk.show_ca(ccm, one.ca_id)
        assert gone.status == "DELETED"
        assert abs(gone.delete_time - time.time() * 1000 - 7 * DAY) < DAY
    assert {one.status for one in bought(bss, root.ca_id, issuer.ca_id).values()} == {3}
    assert ordered.asked() == {desk.ENDPOINT}
