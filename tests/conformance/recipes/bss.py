"""What was ordered, and what is given up."""

from recipe import simple


def order(world):
    return {"order_id": world.ordered()[0], "limit": 10, "offset": 0}


def narrowed(world):
    order_id, ca_id = world.ordered()
    return {"body": {
        "resource_ids": [ca_id], "order_id": order_id, "only_main_resource": 1, "status_list": [2],
        "offset": 0, "limit": 10, "expire_time_begin": "2020-01-01T00:00:00Z",
        "expire_time_end": "2099-12-31T23:59:59Z", "service_type_code": "hws.service.type.ccm",
        "customer_id": ""}}


def given_up(world):
    return {"body": {
        "resource_ids": [world.bought()], "unsubscribe_type": 1, "unsubscribe_reason_type": 5,
        "unsubscribe_reason": "of a test"}}


RECIPES = {
    "show_customer_order_details": simple(order),
    "list_pay_per_use_customer_resources": simple(narrowed),
    "cancel_resources_subscription": simple(given_up),
}
