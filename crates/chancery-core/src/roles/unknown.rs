//! What a policy names and the desk does not have. A policy may be written before the thing is there,
//! so it is taken; but a name that was misspelt grants nothing, or denies nothing, and nobody would
//! learn of it.

use std::collections::BTreeSet;

use crate::context::Context;
use crate::crls::CREATE_BUCKET;
use crate::desk::Desk;
use crate::enterprise_projects::{DISABLE, ENABLE};
use crate::error::Result;
use crate::policy::{Policies, ResourceParts, names_action};

/// Actions that calls ask for beside the one they begin with.
const INNER_ACTIONS: [&str; 3] = [CREATE_BUCKET, ENABLE, DISABLE];

/// What policies can name by an id.
#[derive(Clone, Copy)]
enum Resource {
    Authority,
    PrivateCertificate,
    StoreCertificate,
    Instance,
    User,
    Group,
    Role,
    Project,
    EnterpriseProject,
}

/// The service and the type in a resource's URN. What other services have cannot be named.
const RESOURCES: [(&str, &str, Resource); 11] = [
    ("pca", "ca", Resource::Authority),
    ("pca", "cert", Resource::PrivateCertificate),
    ("scm", "cert", Resource::StoreCertificate),
    ("dcs", "instance", Resource::Instance),
    ("dds", "instance", Resource::Instance),
    ("chancery", "instance", Resource::Instance),
    ("iam", "user", Resource::User),
    ("iam", "group", Resource::Group),
    ("iam", "role", Resource::Role),
    ("iam", "project", Resource::Project),
    ("eps", "enterpriseProject", Resource::EnterpriseProject),
];

impl Desk {
    /// One sentence for each pattern of a policy that stands for nothing there is: no action of
    /// `actions`, which are those of the calls, or no resource of the account.
    pub(super) async fn unknown_names(
        &self,
        ctx: &Context,
        policies: &Policies,
        actions: &[&str],
    ) -> Result<Vec<String>> {
        let mut said = BTreeSet::new();
        let mut warnings = Vec::new();
        for named in policies.actions() {
            let mut known = actions.iter().chain(&INNER_ACTIONS);
            if !known.any(|action| names_action(named.pattern, action)) {
                let text = format!(
                    "{} {} is no action of this desk",
                    named.field, named.pattern
                );
                warnings.extend(said.insert(text.clone()).then_some(text));
            }
        }
        for named in policies.resources() {
            if let Some(why) = self.unknown_resource(ctx, named.pattern).await? {
                let text = format!("{} {} {why}", named.field, named.pattern);
                warnings.extend(said.insert(text.clone()).then_some(text));
            }
        }
        Ok(warnings)
    }

    /// Why a pattern of resources stands for nothing; none when it stands for something.
    async fn unknown_resource(&self, ctx: &Context, pattern: &str) -> Result<Option<&'static str>> {
        let Some(parts) = ResourceParts::of(pattern) else {
            return Ok(None);
        };
        if !parts.names_account(ctx.domain_id()) {
            return Ok(Some("is of another account"));
        }
        let named = |(service, kind, _): &&(&str, &str, Resource)| parts.names_kind(service, kind);
        let kinds: Vec<_> = RESOURCES.iter().filter(named).collect();
        if kinds.is_empty() {
            return Ok(Some(
                "is of a service or a type that this desk has no resources of",
            ));
        }
        let Some(id) = parts.id() else {
            return Ok(None);
        };
        for (service, _, resource) in kinds {
            if self.has_resource(ctx, service, *resource, &id).await? {
                return Ok(None);
            }
        }
        Ok(Some("is nothing that the account has"))
    }

    /// Whether the account has a resource with this id.
    async fn has_resource(
        &self,
        ctx: &Context,
        service: &str,
        resource: Resource,
        id: &str,
    ) -> Result<bool> {
        let (store, domain) = (&self.store, ctx.domain_id());
        Ok(match resource {
            Resource::Authority => store.authority(domain, id).await?.is_some(),
            Resource::PrivateCertificate => store.private_certificate(domain, id).await?.is_some(),
            Resource::StoreCertificate => store.store_certificate(domain, id).await?.is_some(),
            Resource::Instance => {
                let found = store.instance_of_domain(domain, id).await?;
                found.is_some_and(|row| service == "chancery" || row.service == service)
            }
            Resource::User => store.user(domain, id).await?.is_some(),
            Resource::Group => store.group(domain, id).await?.is_some(),
            Resource::Role => {
                super::built_in(id).is_some() || store.policy(domain, id).await?.is_some()
            }
            Resource::Project => store.project(domain, id).await?.is_some(),
            Resource::EnterpriseProject => {
                id == "0" || store.enterprise_project(domain, id).await?.is_some()
            }
        })
    }
}
