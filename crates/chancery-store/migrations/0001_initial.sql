-- Times are milliseconds since 1970 UTC, truth values 0 or 1, documents JSON text.
-- Unique keys are named by the table and its columns (see src/label.rs).

CREATE TABLE domains (
    id {TEXT} NOT NULL,
    name {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT domains_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX domains_name ON domains (name);

CREATE TABLE projects (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL REFERENCES domains (id),
    name {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT projects_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX projects_domain_id_name ON projects (domain_id, name);

CREATE TABLE users (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL REFERENCES domains (id),
    name {TEXT} NOT NULL,
    password_hash {TEXT} NOT NULL,
    enabled {INT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT users_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX users_domain_id_name ON users (domain_id, name);

CREATE TABLE policies (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL REFERENCES domains (id),
    name {TEXT} NOT NULL,
    document {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT policies_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX policies_domain_id_name ON policies (domain_id, name);

CREATE TABLE user_policies (
    user_id {TEXT} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    policy_id {TEXT} NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
    CONSTRAINT user_policies_user_id_policy_id PRIMARY KEY (user_id, policy_id)
){TABLE};
CREATE INDEX user_policies_policy_id ON user_policies (policy_id);

CREATE TABLE access_keys (
    access_key {TEXT} NOT NULL,
    user_id {TEXT} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    domain_id {TEXT} NOT NULL,
    sealed_secret {BYTES} NOT NULL,
    status {TEXT} NOT NULL,
    description {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT access_keys_access_key PRIMARY KEY (access_key)
){TABLE};
CREATE INDEX access_keys_user_id ON access_keys (user_id);

CREATE TABLE tokens (
    digest {TEXT} NOT NULL,
    user_id {TEXT} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    domain_id {TEXT} NOT NULL,
    project_id {TEXT},
    methods {TEXT} NOT NULL,
    issued_at {INT} NOT NULL,
    expires_at {INT} NOT NULL,
    CONSTRAINT tokens_digest PRIMARY KEY (digest)
){TABLE};
CREATE INDEX tokens_user_id ON tokens (user_id);
CREATE INDEX tokens_expires_at ON tokens (expires_at);

CREATE TABLE authorities (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    kind {TEXT} NOT NULL,
    status {TEXT} NOT NULL,
    gen_mode {TEXT} NOT NULL,
    issuer_id {TEXT},
    issuer_name {TEXT},
    key_algorithm {TEXT} NOT NULL,
    signature_algorithm {TEXT},
    path_length {INT},
    serial_number {TEXT},
    common_name {TEXT} NOT NULL,
    subject {TEXT} NOT NULL,
    key_usages {TEXT} NOT NULL,
    not_before {INT},
    not_after {INT},
    created_at {INT} NOT NULL,
    delete_at {INT},
    listed {INT} NOT NULL,
    certificate {BYTES},
    external_chain {BYTES},
    csr {BYTES},
    sealed_key {BYTES},
    enterprise_project_id {TEXT} NOT NULL,
    crl {TEXT} NOT NULL,
    revoked_at {INT},
    revocation_reason {TEXT},
    CONSTRAINT authorities_id PRIMARY KEY (id)
){TABLE};
CREATE INDEX authorities_domain_id_created_at ON authorities (domain_id, created_at, id);
CREATE UNIQUE INDEX authorities_issuer_id_serial_number ON authorities (issuer_id, serial_number);
CREATE INDEX authorities_delete_at ON authorities (delete_at) WHERE delete_at IS NOT NULL;

CREATE TABLE private_certificates (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    status {TEXT} NOT NULL,
    gen_mode {TEXT} NOT NULL,
    issuer_id {TEXT} NOT NULL,
    issuer_name {TEXT} NOT NULL,
    key_algorithm {TEXT} NOT NULL,
    signature_algorithm {TEXT} NOT NULL,
    serial_number {TEXT} NOT NULL,
    common_name {TEXT} NOT NULL,
    subject {TEXT} NOT NULL,
    not_before {INT} NOT NULL,
    not_after {INT} NOT NULL,
    created_at {INT} NOT NULL,
    delete_at {INT},
    certificate {BYTES} NOT NULL,
    sealed_key {BYTES},
    enterprise_project_id {TEXT} NOT NULL,
    revoked_at {INT},
    revocation_reason {TEXT},
    CONSTRAINT private_certificates_id PRIMARY KEY (id)
){TABLE};
CREATE INDEX private_certificates_domain_id_created_at
    ON private_certificates (domain_id, created_at, id);
CREATE UNIQUE INDEX private_certificates_issuer_id_serial_number
    ON private_certificates (issuer_id, serial_number);

CREATE TABLE store_certificates (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    name {TEXT} NOT NULL,
    status {TEXT} NOT NULL,
    domain {TEXT} NOT NULL,
    sans {TEXT} NOT NULL,
    signature_algorithm {TEXT} NOT NULL,
    not_before {INT} NOT NULL,
    not_after {INT} NOT NULL,
    created_at {INT} NOT NULL,
    updated_at {INT} NOT NULL,
    fingerprint {TEXT} NOT NULL,
    certificate {BYTES} NOT NULL,
    chain {BYTES} NOT NULL,
    sealed_key {BYTES} NOT NULL,
    enc_certificate {BYTES},
    sealed_enc_key {BYTES},
    enterprise_project_id {TEXT} NOT NULL,
    CONSTRAINT store_certificates_id PRIMARY KEY (id)
){TABLE};
CREATE INDEX store_certificates_domain_id_created_at
    ON store_certificates (domain_id, created_at, id);
CREATE INDEX store_certificates_domain_id_fingerprint
    ON store_certificates (domain_id, fingerprint);

-- An empty project_id stands for none: unique keys take nulls as different.
CREATE TABLE service_authorities (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    project_id {TEXT} NOT NULL,
    service {TEXT} NOT NULL,
    certificate {BYTES} NOT NULL,
    sealed_key {BYTES} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT service_authorities_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX service_authorities_domain_id_project_id_service
    ON service_authorities (domain_id, project_id, service);

CREATE TABLE instances (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    project_id {TEXT} NOT NULL,
    service {TEXT} NOT NULL,
    name {TEXT} NOT NULL,
    status {TEXT} NOT NULL,
    ssl {INT} NOT NULL,
    created_at {INT} NOT NULL,
    updated_at {INT} NOT NULL,
    document {TEXT} NOT NULL,
    authority_id {TEXT} NOT NULL,
    certificate {BYTES} NOT NULL,
    sealed_key {BYTES} NOT NULL,
    CONSTRAINT instances_id PRIMARY KEY (id)
){TABLE};
CREATE INDEX instances_project_id_service_created_at
    ON instances (project_id, service, created_at, id);

CREATE TABLE jobs (
    id {TEXT} NOT NULL,
    project_id {TEXT} NOT NULL,
    instance_id {TEXT} NOT NULL,
    job_type {TEXT} NOT NULL,
    status {TEXT} NOT NULL,
    begin_at {INT} NOT NULL,
    end_at {INT},
    CONSTRAINT jobs_id PRIMARY KEY (id)
){TABLE};
CREATE INDEX jobs_project_id_instance_id ON jobs (project_id, instance_id);

CREATE TABLE migration_sources (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    name {TEXT} NOT NULL,
    state {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    document {TEXT} NOT NULL,
    CONSTRAINT migration_sources_id PRIMARY KEY (id)
){TABLE};
CREATE INDEX migration_sources_domain_id_created_at
    ON migration_sources (domain_id, created_at, id);

CREATE TABLE migration_tasks (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    source_id {TEXT} NOT NULL REFERENCES migration_sources (id),
    name {TEXT} NOT NULL,
    state {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    document {TEXT} NOT NULL,
    sealed_material {BYTES},
    CONSTRAINT migration_tasks_id PRIMARY KEY (id)
){TABLE};
CREATE INDEX migration_tasks_domain_id_created_at ON migration_tasks (domain_id, created_at, id);
CREATE INDEX migration_tasks_source_id ON migration_tasks (source_id);

CREATE TABLE buckets (
    name {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    public {INT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT buckets_name PRIMARY KEY (name)
){TABLE};
CREATE INDEX buckets_domain_id ON buckets (domain_id);

CREATE TABLE settings (
    name {TEXT} NOT NULL,
    value {BYTES} NOT NULL,
    CONSTRAINT settings_name PRIMARY KEY (name)
){TABLE};

CREATE TABLE audit (
    writer {TEXT} NOT NULL,
    seq {INT} NOT NULL,
    at {INT} NOT NULL,
    request_id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL,
    actor {TEXT} NOT NULL,
    action {TEXT} NOT NULL,
    resource {TEXT} NOT NULL,
    outcome {TEXT} NOT NULL,
    detail {TEXT} NOT NULL,
    prev_hash {BYTES} NOT NULL,
    hash {BYTES} NOT NULL,
    CONSTRAINT audit_writer_seq PRIMARY KEY (writer, seq)
){TABLE};
CREATE INDEX audit_domain_id_at ON audit (domain_id, at);
