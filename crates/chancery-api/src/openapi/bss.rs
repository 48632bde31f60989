//! Billing: orders and subscriptions.

use chancery_core::limits::{UUID, bss as limits, ccm, lists};

use super::shape::{Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const NULL_TEXT: Schema = Schema::Nullable(&TEXT);
const NULL_WHOLE: Schema = Schema::Nullable(&WHOLE);
/// What the desk has nothing to say of.
const NULL: Schema = Schema::Nullable(&Schema::Any);
const TIME: Schema = Schema::Nullable(&text(&limits::TIME));

const AMOUNTS: Schema = Schema::Object(&[
    req("discounts", Schema::List(&Schema::Any, None)),
    req("flexipurchase_coupon_amount", Schema::Decimal),
    req("coupon_amount", Schema::Decimal),
    req("stored_card_amount", Schema::Decimal),
    req("commission_amount", Schema::Decimal),
    req("consumed_amount", Schema::Decimal),
]);

const ORDER: Schema = Schema::Object(&[
    req("order_id", TEXT),
    req("customer_id", TEXT),
    req("service_type_code", text(&ccm::ORDERED_SERVICE)),
    req("service_type_name", TEXT),
    req("source_type", WHOLE),
    req("status", WHOLE),
    req("order_type", WHOLE),
    req("amount_after_discount", Schema::Decimal),
    req("official_amount", Schema::Decimal),
    req("measure_id", WHOLE),
    req("create_time", text(&limits::TIME)),
    req("payment_time", text(&limits::TIME)),
    req("currency", TEXT),
    req("contract_id", NULL_TEXT),
    req("amount_info", AMOUNTS),
    req("user_name", TEXT),
    req("pending_payment_end_time", TIME),
    req("sub_order_infos", NULL),
]);

const ITEM: Schema = Schema::Object(&[
    req("order_line_item_id", TEXT),
    req("service_type_code", text(&ccm::ORDERED_SERVICE)),
    req("service_type_name", TEXT),
    req("product_id", NULL_TEXT),
    req("product_spec_desc", TEXT),
    req("period_type", NULL_WHOLE),
    req("period_num", NULL_WHOLE),
    req("effective_time", text(&limits::TIME)),
    req("expire_time", TIME),
    req("subscription_num", WHOLE),
    req("amount_after_discount", Schema::Decimal),
    req("official_amount", Schema::Decimal),
    req("amount_info", AMOUNTS),
    req("currency", TEXT),
    req("category_code", NULL_TEXT),
    req("product_owner_service", text(&ccm::ORDERED_SERVICE)),
    req("commercial_resource", text(&ccm::ORDERED_RESOURCE)),
    req("base_product_info", NULL),
    req("order_id", TEXT),
]);

const SUBSCRIPTION: Schema = Schema::Object(&[
    req("id", text(&UUID)),
    req("resource_id", text(&UUID)),
    req("resource_name", TEXT),
    req("region_code", NULL_TEXT),
    req("service_type_code", text(&ccm::ORDERED_SERVICE)),
    req("resource_type_code", text(&ccm::ORDERED_RESOURCE)),
    req("resource_type_name", TEXT),
    req("service_type_name", TEXT),
    req("resource_spec_code", text(&ccm::ORDERED_SPEC)),
    req("project_id", NULL_TEXT),
    req("product_id", NULL_TEXT),
    req("parent_resource_id", NULL_TEXT),
    req("is_main_resource", WHOLE),
    req("status", Schema::Whole(Some(&limits::STATUS))),
    req("effective_time", text(&limits::TIME)),
    req("expire_time", TIME),
    req("expire_policy", WHOLE),
    req("product_spec_desc", TEXT),
    req("spec_size", Schema::Nullable(&Schema::Decimal)),
    req("spec_size_measure_id", NULL_WHOLE),
    req("update_time", TIME),
    req(
        "enterprise_project",
        Schema::Object(&[req("id", TEXT), req("name", NULL_TEXT)]),
    ),
]);

pub(super) const SHAPES: &[Shape] = &[
    Shape::new(
        "GET",
        "/v2/orders/customer-orders/details/{order_id}",
        "ShowCustomerOrderDetails",
        "shows an order",
    )
    .query(&[
        opt("limit", Schema::Whole(Some(&limits::PAGE))),
        opt("offset", Schema::Whole(Some(&lists::OFFSET))),
        opt("indirect_partner_id", TEXT),
    ])
    .answers(
        200,
        json_object![
            req("total_count", WHOLE),
            req("order_info", ORDER),
            req("order_line_items", Schema::List(&ITEM, None)),
        ],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v2/orders/suscriptions/resources/query",
        "ListPayPerUseCustomerResources",
        "lists what was bought for a period",
    )
    .body(&[
        opt(
            "resource_ids",
            Schema::Nullable(&Schema::List(&TEXT, Some(&limits::RESOURCE_IDS))),
        ),
        opt("order_id", Schema::Nullable(&text(&limits::ORDER_ID))),
        opt(
            "only_main_resource",
            Schema::Nullable(&Schema::LooseWhole(Some(&limits::ONLY_MAIN))),
        ),
        opt(
            "status_list",
            Schema::Nullable(&Schema::List(&Schema::Whole(Some(&limits::STATUS)), None)),
        ),
        opt(
            "offset",
            Schema::Nullable(&Schema::LooseWhole(Some(&lists::OFFSET))),
        ),
        opt(
            "limit",
            Schema::Nullable(&Schema::LooseWhole(Some(&limits::PAGE))),
        ),
        opt("expire_time_begin", TIME),
        opt("expire_time_end", TIME),
        opt(
            "service_type_code",
            Schema::Nullable(&text(&limits::SERVICE)),
        ),
        opt("customer_id", Schema::Nullable(&text(&limits::CUSTOMER))),
    ])
    .answers(
        200,
        json_object![
            req("data", Schema::List(&SUBSCRIPTION, None)),
            req("total_count", WHOLE),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "POST",
        "/v2/orders/subscriptions/resources/unsubscribe",
        "CancelResourcesSubscription",
        "gives up what was bought",
    )
    .body(&[
        req(
            "resource_ids",
            Schema::List(&TEXT, Some(&limits::UNSUBSCRIBED)),
        ),
        req(
            "unsubscribe_type",
            Schema::LooseWhole(Some(&limits::UNSUBSCRIBE_TYPE)),
        ),
        opt(
            "unsubscribe_reason_type",
            Schema::Nullable(&Schema::LooseWhole(Some(&limits::REASON_TYPE))),
        ),
        opt(
            "unsubscribe_reason",
            Schema::Nullable(&text(&limits::REASON)),
        ),
    ])
    .answers(
        200,
        json_object![
            req("order_ids", Schema::List(&TEXT, None)),
            req("fail_resource_infos", Schema::List(&Schema::Any, None)),
        ],
    )
    .refuses(&[400]),
];
