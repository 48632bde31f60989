-- Tags: what the owner of a resource files it under beside its enterprise project, and what
-- policies may ask for. `kind` is the type of the resource in a policy: ca, cert.

CREATE TABLE resource_tags (
    domain_id {TEXT} NOT NULL,
    kind {TEXT} NOT NULL,
    resource_id {TEXT} NOT NULL,
    key {TEXT} NOT NULL,
    value {TEXT} NOT NULL,
    CONSTRAINT resource_tags_domain_id_kind_resource_id_key
        PRIMARY KEY (domain_id, kind, resource_id, key)
){TABLE};

-- How many private certificates an account has: the quota is held without counting them anew for
-- each that is issued.
CREATE TABLE certificate_counts (
    domain_id {TEXT} NOT NULL,
    certificates {INT} NOT NULL,
    CONSTRAINT certificate_counts_domain_id PRIMARY KEY (domain_id)
){TABLE};
INSERT INTO certificate_counts (domain_id, certificates)
SELECT domain_id, count(*) FROM private_certificates GROUP BY domain_id;

-- What an account lets a service do in its name.
CREATE TABLE agencies (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    purpose {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT agencies_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX agencies_domain_id_purpose ON agencies (domain_id, purpose);
