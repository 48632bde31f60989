-- The order that an authority was bought with. Until its buyer says what it is to be, its kind and
-- key algorithm are empty.
ALTER TABLE authorities ADD COLUMN order_id {TEXT};
