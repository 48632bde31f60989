-- Copies of revocation lists that go, and certificates whose rows went.

-- Places in buckets where the copy of a list is left that no authority has there any more.
CREATE TABLE crl_copies_to_remove (
    bucket {TEXT} NOT NULL,
    name {TEXT} NOT NULL,
    CONSTRAINT crl_copies_to_remove_bucket_name PRIMARY KEY (bucket, name)
){TABLE};

-- Of all that an authority has issued, its list reads what was revoked.
CREATE INDEX private_certificates_revoked
    ON private_certificates (issuer_id, serial_number) WHERE revoked_at IS NOT NULL;
CREATE INDEX private_certificates_enc_revoked
    ON private_certificates (issuer_id, enc_serial_number)
    WHERE revoked_at IS NOT NULL AND enc_serial_number IS NOT NULL;

-- Certificates whose rows went: one that was revoked stays so, another stays good until it ends.
-- Of what was revoked before this table there was, nobody knows when it ends.
CREATE TABLE past_certificates (
    issuer_id {TEXT} NOT NULL,
    serial_number {TEXT} NOT NULL,
    not_after {INT},
    revoked_at {INT},
    revocation_reason {TEXT},
    CONSTRAINT past_certificates_issuer_id_serial_number PRIMARY KEY (issuer_id, serial_number)
){TABLE};
INSERT INTO past_certificates (issuer_id, serial_number, revoked_at, revocation_reason)
    SELECT issuer_id, serial_number, revoked_at, revocation_reason FROM past_revocations;
DROP TABLE past_revocations;
CREATE INDEX past_certificates_revoked
    ON past_certificates (issuer_id, serial_number) WHERE revoked_at IS NOT NULL;
CREATE INDEX past_certificates_good ON past_certificates (not_after) WHERE revoked_at IS NULL;
