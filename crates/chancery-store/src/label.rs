//! What [`crate::StoreError::Duplicate`] and [`crate::StoreError::Conflict`] name.
//!
//! The label of a unique key is the name of its constraint or index, which is always the table's
//! name and its columns, joined by underscores. SQLite reports columns instead of names; so the
//! name can be put together from them.

/// Declares labels and the list of all of them.
macro_rules! labels {
    ($(#[$meta:meta])* $list:ident: $($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        $($(#[$doc])* pub const $name: &str = $text;)+
        $(#[$meta])*
        pub(crate) const $list: &[&str] = &[$($name),+];
    };
}

labels! {
    /// Every unique key of the schema.
    UNIQUE_KEYS:
    /// An access key.
    ACCESS_KEYS_KEY = "access_keys_access_key",
    /// The id of an agency.
    AGENCIES_ID = "agencies_id",
    /// The agency that an account has for a purpose already.
    AGENCIES_PURPOSE = "agencies_domain_id_purpose",
    /// A place in an audit chain: two processes write with one writer's name.
    AUDIT_PLACE = "audit_writer_seq",
    /// The id of an authority.
    AUTHORITIES_ID = "authorities_id",
    /// The serial number of an authority's certificate, below its issuer.
    AUTHORITIES_SERIAL = "authorities_issuer_id_serial_number",
    /// The name of a bucket.
    BUCKETS_NAME = "buckets_name",
    /// The number of certificates of an account.
    CERTIFICATE_COUNTS = "certificate_counts_domain_id",
    /// A word that a certificate is found by.
    CERTIFICATE_WORDS_WORD = "certificate_words_domain_id_field_word_certificate_id",
    /// A certificate that has no words yet.
    CERTIFICATES_WITHOUT_WORDS_ID = "certificates_without_words_certificate_id",
    /// The revocation list that an authority has already.
    CRLS_AUTHORITY = "crls_authority_id",
    /// The place of the copy of a revocation list.
    CRLS_NAME = "crls_bucket_name",
    /// The id of an account.
    DOMAINS_ID = "domains_id",
    /// The name of an account.
    DOMAINS_NAME = "domains_name",
    /// The second half that a private certificate has already.
    ENCRYPTION_HALF = "encryption_halves_certificate_id",
    /// The id of an enterprise project.
    ENTERPRISE_PROJECTS_ID = "enterprise_projects_id",
    /// The name of an enterprise project in its account.
    ENTERPRISE_PROJECTS_NAME = "enterprise_projects_domain_id_name",
    /// A role that a group has already, there.
    GROUP_GRANTS_KEY = "group_grants_group_id_role_id_scope_scope_id",
    /// A group that a user is in already.
    GROUP_MEMBERS_PAIR = "group_members_group_id_user_id",
    /// The id of an instance.
    INSTANCES_ID = "instances_id",
    /// The SM2 pair that an instance has already.
    INSTANCE_PAIR = "instance_pairs_instance_id",
    /// The id of a job.
    JOBS_ID = "jobs_id",
    /// The id of a migration source.
    MIGRATION_SOURCES_ID = "migration_sources_id",
    /// The id of a migration task.
    MIGRATION_TASKS_ID = "migration_tasks_id",
    /// The responder that an authority has already.
    OCSP_RESPONDERS_AUTHORITY = "ocsp_responders_authority_id",
    /// A certificate whose row went, below its issuer.
    PAST_CERTIFICATES_SERIAL = "past_certificates_issuer_id_serial_number",
    /// The number of an order.
    ORDERS_ID = "orders_id",
    /// The id of a policy.
    POLICIES_ID = "policies_id",
    /// The name of a policy in its account.
    POLICIES_NAME = "policies_domain_id_name",
    /// The id of a private certificate.
    PRIVATE_CERTIFICATES_ID = "private_certificates_id",
    /// The serial number of a private certificate, below its issuer.
    PRIVATE_CERTIFICATES_SERIAL = "private_certificates_issuer_id_serial_number",
    /// The serial number of an encryption certificate, below its issuer.
    PRIVATE_CERTIFICATES_ENC_SERIAL = "private_certificates_issuer_id_enc_serial_number",
    /// The id of a project.
    PROJECTS_ID = "projects_id",
    /// The name of a project in its account.
    PROJECTS_NAME = "projects_domain_id_name",
    /// The key of a tag on its resource.
    RESOURCE_TAGS_KEY = "resource_tags_domain_id_kind_resource_id_key",
    /// A token that was revoked already.
    REVOKED_TOKENS_DIGEST = "revoked_tokens_digest",
    /// The id of a service authority.
    SERVICE_AUTHORITIES_ID = "service_authorities_id",
    /// The authority of a service in a project.
    SERVICE_AUTHORITIES_SERVICE = "service_authorities_domain_id_project_id_service",
    /// The name of a setting.
    SETTINGS_NAME = "settings_name",
    /// The id of a stored certificate.
    STORE_CERTIFICATES_ID = "store_certificates_id",
    /// The digest of a token.
    TOKENS_DIGEST = "tokens_digest",
    /// The id of a user.
    USERS_ID = "users_id",
    /// The name of a user in its account.
    USERS_NAME = "users_domain_id_name",
    /// The id of a group.
    USER_GROUPS_ID = "user_groups_id",
    /// The name of a group in its account.
    USER_GROUPS_NAME = "user_groups_domain_id_name",
    /// A policy that a user has already.
    USER_POLICIES_PAIR = "user_policies_user_id_policy_id",
}

/// No such access key of the account, or it is in another state.
pub const ACCESS_KEY: &str = "access key";
/// No such authority of the account, or it is in another state.
pub const AUTHORITY: &str = "authority";
/// No such bucket of the account.
pub const BUCKET: &str = "bucket";
/// The revocation list of the authority is another one, or no further one is to be made.
pub const CRL: &str = "revocation list";
/// No such account.
pub const DOMAIN: &str = "domain";
/// No such enterprise project of the account, or it is in another state.
pub const ENTERPRISE_PROJECT: &str = "enterprise project";
/// The account has a certificate with this fingerprint already.
pub const FINGERPRINT: &str = "fingerprint";
/// The group does not have this role there, or may not get it: there is no such policy, or it has
/// as many as it may have.
pub const GRANT: &str = "grant";
/// No such group of the account, or it is not as it was read.
pub const GROUP: &str = "group";
/// The authority that issues is not in the state that the transaction requires.
pub const ISSUER: &str = "issuer";
/// No such instance of the project, or it is in another state.
pub const INSTANCE: &str = "instance";
/// No such job of the project.
pub const JOB: &str = "job";
/// The task has its material already, or there is no such task of the account.
pub const MATERIAL: &str = "material";
/// The user is not in the group, or may not be put into it: there is no such group or user, or they
/// are in as many as they may be in.
pub const MEMBER: &str = "member";
/// No such migration source of the account, or it is in another state.
pub const MIGRATION_SOURCE: &str = "migration source";
/// No such migration task of the account, or it is in another state.
pub const MIGRATION_TASK: &str = "migration task";
/// The authority has no responder, or another one.
pub const OCSP_RESPONDER: &str = "responder";
/// What a token is made with is not there any more.
pub const PARENT: &str = "parent";
/// No such policy of the account, or it is not as it was read, or the user does not have it.
pub const POLICY: &str = "policy";
/// A user would have more policies than one may have.
pub const POLICIES_OF_USER: &str = "policies of a user";
/// No such certificate of the account, or it is in another state.
pub const PRIVATE_CERTIFICATE: &str = "private certificate";
/// No such project of the account, or it is not as it was read.
pub const PROJECT: &str = "project";
/// The account has as many of these as it may have.
pub const QUOTA: &str = "quota";
/// A row that another row names does not exist, or is named by one when it is to be deleted.
pub const REFERENCE: &str = "reference";
/// No such stored certificate of the account, or it is in another state.
pub const STORE_CERTIFICATE: &str = "stored certificate";
/// No such user of the account, or they are not as they were read.
pub const USER: &str = "user";

/// The label with this name, or that of a key which this program does not know.
pub(crate) fn unique_key(name: &str) -> &'static str {
    UNIQUE_KEYS
        .iter()
        .find(|known| **known == name)
        .copied()
        .unwrap_or("unknown key")
}
