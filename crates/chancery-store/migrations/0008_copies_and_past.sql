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
