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

