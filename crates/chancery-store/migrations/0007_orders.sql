-- Orders, and what was bought with them.

CREATE TABLE orders (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL REFERENCES domains (id),
    kind {TEXT} NOT NULL,
    user_name {TEXT} NOT NULL,
    resources {INT} NOT NULL,
    period_type {INT},
    period_num {INT},
    auto_renew {INT} NOT NULL,
    created_at {INT} NOT NULL,
    expires_at {INT},
    CONSTRAINT orders_id PRIMARY KEY (id)
){TABLE};

-- The order that an authority was bought with. Until its buyer says what it is to be, its kind and
-- key algorithm are empty.
ALTER TABLE authorities ADD COLUMN order_id {TEXT};
