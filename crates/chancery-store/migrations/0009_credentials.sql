-- Credentials that end with what they were made with.

-- How often something ended all of a user's credentials but the permanent access keys: another
-- password, being disabled. Temporary access keys are not stored; they hold the number they were
-- made at.
ALTER TABLE users ADD COLUMN generation {INT} NOT NULL DEFAULT 0;

-- The access key, or the digest of the token, that a token was made with; empty for a password.
ALTER TABLE tokens ADD COLUMN parent {TEXT} NOT NULL DEFAULT '';
CREATE INDEX tokens_parent ON tokens (parent) WHERE parent <> '';

-- Tokens that were revoked, kept for as long as a temporary access key of one can last: so one that
-- was revoked can be told from one that has expired.
CREATE TABLE revoked_tokens (
    digest {TEXT} NOT NULL,
    kept_until {INT} NOT NULL,
    CONSTRAINT revoked_tokens_digest PRIMARY KEY (digest)
){TABLE};
