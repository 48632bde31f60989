-- Revocation lists, OCSP responders, and what was revoked before its row went.

-- Whether the status of what an authority issued can be asked for.
ALTER TABLE authorities ADD COLUMN ocsp {INT} NOT NULL DEFAULT 0;

-- The revocation list of an authority. Without a bucket there will be no further one; the numbers
-- go on when there is one again.
CREATE TABLE crls (
    authority_id {TEXT} NOT NULL REFERENCES authorities (id) ON DELETE CASCADE,
    domain_id {TEXT} NOT NULL,
    bucket {TEXT},
    name {TEXT},
    valid_days {INT},
    revision {INT} NOT NULL,
    published_revision {INT} NOT NULL,
    number {INT} NOT NULL,
    this_update {INT},
    next_update {INT},
    copied {INT} NOT NULL,
    list {BYTES},
    CONSTRAINT crls_authority_id PRIMARY KEY (authority_id)
){TABLE};
CREATE UNIQUE INDEX crls_bucket_name ON crls (bucket, name);

CREATE TABLE ocsp_responders (
    authority_id {TEXT} NOT NULL REFERENCES authorities (id) ON DELETE CASCADE,
    certificate {BYTES} NOT NULL,
    sealed_key {BYTES} NOT NULL,
    not_after {INT} NOT NULL,
    CONSTRAINT ocsp_responders_authority_id PRIMARY KEY (authority_id)
){TABLE};

-- A certificate that was revoked stays so when its row is deleted.
CREATE TABLE past_revocations (
    issuer_id {TEXT} NOT NULL,
    serial_number {TEXT} NOT NULL,
    revoked_at {INT} NOT NULL,
    revocation_reason {TEXT},
    CONSTRAINT past_revocations_issuer_id_serial_number PRIMARY KEY (issuer_id, serial_number)
){TABLE};
