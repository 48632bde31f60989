CREATE TABLE instance_pairs (
    instance_id {TEXT} NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    authority_id {TEXT} NOT NULL,
    certificate {BYTES} NOT NULL,
    sealed_key {BYTES} NOT NULL,
    enc_certificate {BYTES} NOT NULL,
    sealed_enc_key {BYTES} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT instance_pairs_instance_id PRIMARY KEY (instance_id)
){TABLE};
