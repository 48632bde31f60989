-- SM2 certificates are pairs: one for signing, one for encryption.

ALTER TABLE private_certificates ADD COLUMN enc_serial_number {TEXT};
CREATE UNIQUE INDEX private_certificates_issuer_id_enc_serial_number
    ON private_certificates (issuer_id, enc_serial_number);

-- The second half of a private certificate. Lists do not read it.
CREATE TABLE encryption_halves (
    certificate_id {TEXT} NOT NULL REFERENCES private_certificates (id) ON DELETE CASCADE,
    certificate {BYTES} NOT NULL,
    sealed_key {BYTES} NOT NULL,
    enveloped_key {BYTES} NOT NULL,
    signed_and_enveloped {BYTES} NOT NULL,
    CONSTRAINT encryption_halves_certificate_id PRIMARY KEY (certificate_id)
){TABLE};

-- What an instance has beside its international certificate.
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
