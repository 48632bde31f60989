//! IAM: what every client calls first, and who may do what.

mod access_keys;
mod authorization_messages;
mod domains;
mod grants;
mod groups;
mod projects;
mod roles;
mod security_tokens;
mod tokens;
mod users;

use chancery_core::Error;
use chancery_core::limits::Limit;
use chancery_core::limits::iam::PAGE;
use serde_json::{Value, json};

use crate::operation::{Access, Call, Operation, operations};
use crate::service::Service;

pub(crate) const V30_OPERATIONS: &[Operation] = operations![Service::IamV30;
    POST "/v3.0/OS-CREDENTIAL/securitytokens" Access::Identified("iam:credentials:createTemporaryAccessKey") => security_tokens::create,
    POST "/v3.0/OS-CREDENTIAL/credentials" Access::Identified("iam:credentials:createCredential") => access_keys::create,
    GET "/v3.0/OS-CREDENTIAL/credentials" Access::Identified("iam:credentials:listCredentials") => access_keys::list,
    GET "/v3.0/OS-CREDENTIAL/credentials/{access_key}" Access::Identified("iam:credentials:getCredential") => access_keys::show,
    PUT "/v3.0/OS-CREDENTIAL/credentials/{access_key}" Access::Identified("iam:credentials:updateCredential") => access_keys::update,
    DELETE "/v3.0/OS-CREDENTIAL/credentials/{access_key}" Access::Identified("iam:credentials:deleteCredential") => access_keys::delete,
    POST "/v3.0/OS-USER/users" Access::Resource("iam:users:createUser") => users::create_full,
    GET "/v3.0/OS-USER/users/{user_id}" Access::Identified("iam:users:getUser") => users::show_full,
    PUT "/v3.0/OS-USER/users/{user_id}" Access::Resource("iam:users:updateUser") => users::update_full,
    GET "/v3.0/OS-ROLE/roles" Access::Resource("iam:roles:listRoles") => roles::list_custom,
    POST "/v3.0/OS-ROLE/roles" Access::Resource("iam:roles:createRole") => roles::create,
    GET "/v3.0/OS-ROLE/roles/{role_id}" Access::Resource("iam:roles:getRole") => roles::show_custom,
    PATCH "/v3.0/OS-ROLE/roles/{role_id}" Access::Resource("iam:roles:updateRole") => roles::update,
    DELETE "/v3.0/OS-ROLE/roles/{role_id}" Access::Resource("iam:roles:deleteRole") => roles::delete,
    GET "/v3.0/OS-PERMISSION/enterprise-projects/{enterprise_project_id}/groups/{group_id}/roles"
        Access::Resource("iam:permissions:listRolesForGroupOnEnterpriseProject") => grants::list_in_enterprise_project,
    PUT "/v3.0/OS-PERMISSION/enterprise-projects/{enterprise_project_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:grantRoleToGroupOnEnterpriseProject") => grants::grant,
    DELETE "/v3.0/OS-PERMISSION/enterprise-projects/{enterprise_project_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:revokeRoleFromGroupOnEnterpriseProject") => grants::revoke,
    POST "/v5/decode-authorization-message" Access::Action("sts::decodeAuthorizationMessage") => authorization_messages::decode,
];

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Iam;
    POST "/v3/auth/tokens" Access::Public => tokens::create,
    GET "/v3/auth/tokens" Access::Identified("iam:tokens:validate") => tokens::show,
    DELETE "/v3/auth/tokens" Access::Identified("iam:tokens:revoke") => tokens::revoke,
    GET "/v3/auth/domains" Access::Identified("iam:domains:list") => domains::list,
    GET "/v3/auth/projects" Access::Identified("iam:projects:listForUser") => projects::list_mine,
    GET "/v3/projects" Access::Resource("iam:projects:listProjects") => projects::list,
    POST "/v3/projects" Access::Resource("iam:projects:createProject") => projects::create,
    GET "/v3/projects/{project_id}" Access::Resource("iam:projects:getProject") => projects::show,
    PATCH "/v3/projects/{project_id}" Access::Resource("iam:projects:updateProject") => projects::update,
    GET "/v3/users" Access::Resource("iam:users:listUsers") => users::list,
    POST "/v3/users" Access::Resource("iam:users:createUser") => users::create,
    GET "/v3/users/{user_id}" Access::Identified("iam:users:getUser") => users::show,
    PATCH "/v3/users/{user_id}" Access::Resource("iam:users:updateUser") => users::update,
    DELETE "/v3/users/{user_id}" Access::Resource("iam:users:deleteUser") => users::delete,
    POST "/v3/users/{user_id}/password" Access::Identified("iam:users:updateUserPassword") => users::change_password,
    GET "/v3/users/{user_id}/groups" Access::Identified("iam:groups:listGroupsForUser") => users::list_groups,
    GET "/v3/users/{user_id}/projects" Access::Identified("iam:projects:listProjectsForUser") => users::list_projects,
    GET "/v3/groups" Access::Resource("iam:groups:listGroups") => groups::list,
    POST "/v3/groups" Access::Resource("iam:groups:createGroup") => groups::create,
    GET "/v3/groups/{group_id}" Access::Resource("iam:groups:getGroup") => groups::show,
    PATCH "/v3/groups/{group_id}" Access::Resource("iam:groups:updateGroup") => groups::update,
    DELETE "/v3/groups/{group_id}" Access::Resource("iam:groups:deleteGroup") => groups::delete,
    GET "/v3/groups/{group_id}/users" Access::Resource("iam:users:listUsersForGroup") => groups::list_users,
    PUT "/v3/groups/{group_id}/users/{user_id}" Access::Resource("iam:permissions:addUserToGroup") => groups::add_user,
    HEAD "/v3/groups/{group_id}/users/{user_id}" Access::Resource("iam:permissions:checkUserInGroup") => groups::check_user,
    DELETE "/v3/groups/{group_id}/users/{user_id}" Access::Resource("iam:permissions:removeUserFromGroup") => groups::remove_user,
    GET "/v3/roles" Access::Resource("iam:roles:listRoles") => roles::list,
    GET "/v3/roles/{role_id}" Access::Resource("iam:roles:getRole") => roles::show,
    GET "/v3/domains/{domain_id}/groups/{group_id}/roles"
        Access::Resource("iam:permissions:listRolesForGroupOnDomain") => grants::list,
    PUT "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:grantRoleToGroupOnDomain") => grants::grant,
    HEAD "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:checkRoleForGroupOnDomain") => grants::check,
    DELETE "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:revokeRoleFromGroupOnDomain") => grants::revoke,
    GET "/v3/projects/{project_id}/groups/{group_id}/roles"
        Access::Resource("iam:permissions:listRolesForGroupOnProject") => grants::list,
    PUT "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:grantRoleToGroupOnProject") => grants::grant,
    HEAD "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:checkRoleForGroupOnProject") => grants::check,
    DELETE "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}"
        Access::Resource("iam:permissions:revokeRoleFromGroupOnProject") => grants::revoke,
    GET "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/inherited_to_projects"
        Access::Resource("iam:permissions:listRolesForGroup") => grants::list,
    PUT "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"
        Access::Resource("iam:permissions:grantRoleToGroup") => grants::grant,
    HEAD "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"
        Access::Resource("iam:permissions:checkRoleForGroup") => grants::check,
    DELETE "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects"
        Access::Resource("iam:permissions:revokeRoleFromGroup") => grants::revoke,
];

/// The links of a list, and of a thing that is shown as lists are.
fn list_links(call: &Call, path: &str) -> Value {
    let base = &call.desk.settings().public_url;
    json!({ "self": format!("{base}{path}"), "previous": null, "next": null })
}

/// The link of a thing of this kind.
fn self_link(call: &Call, kind: &str, id: &str) -> Value {
    let base = &call.desk.settings().public_url;
    json!({ "self": format!("{base}/v3/{kind}/{id}") })
}

/// The page of a list that `page` (1 is the first) and `per_page` name; without them, all of it.
fn page<T>(call: &Call, items: Vec<T>, length: &Limit) -> Result<Vec<T>, Error> {
    let number = call.query_number("page", &PAGE, 1)?;
    // Without `per_page`, there is one page, and it holds all.
    let length = call.query_number("per_page", length, u32::MAX)?;
    let skipped = usize::try_from(number - 1).unwrap_or(usize::MAX);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let skipped = skipped.saturating_mul(length);
    Ok(items.into_iter().skip(skipped).take(length).collect())
}
