//! Which group has which role, and where.

use super::roles::{FLAT_ROLES, ROLES};
use crate::openapi::shape::Shape;

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "GET",
        "/v3/domains/{domain_id}/groups/{group_id}/roles",
        "KeystoneListDomainPermissionsForGroup",
        "lists the roles that a group has in the account",
    )
    .answers(200, ROLES)
    .refuses(&[404]),
    Shape::new(
        "PUT",
        "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}",
        "KeystoneAssociateGroupWithDomainPermission",
        "grants a group a role in the account",
    )
    .refuses(&[404, 409]),
    Shape::new(
        "HEAD",
        "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}",
        "KeystoneCheckDomainPermissionForGroup",
        "finds a role that a group has in the account",
    )
    .refuses(&[404]),
    Shape::new(
        "DELETE",
        "/v3/domains/{domain_id}/groups/{group_id}/roles/{role_id}",
        "KeystoneRemoveDomainPermissionFromGroup",
        "takes a role in the account from a group",
    )
    .refuses(&[404]),
    Shape::new(
        "GET",
        "/v3/projects/{project_id}/groups/{group_id}/roles",
        "KeystoneListProjectPermissionsForGroup",
        "lists the roles that a group has in a project",
    )
    .answers(200, ROLES)
    .refuses(&[404]),
    Shape::new(
        "PUT",
        "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}",
        "KeystoneAssociateGroupWithProjectPermission",
        "grants a group a role in a project",
    )
    .refuses(&[404, 409]),
    Shape::new(
        "HEAD",
        "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}",
        "KeystoneCheckProjectPermissionForGroup",
        "finds a role that a group has in a project",
    )
    .refuses(&[404]),
    Shape::new(
        "DELETE",
        "/v3/projects/{project_id}/groups/{group_id}/roles/{role_id}",
        "KeystoneRemoveProjectPermissionFromGroup",
        "takes a role in a project from a group",
    )
    .refuses(&[404]),
    Shape::new(
        "GET",
        "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/inherited_to_projects",
        "KeystoneListAllProjectPermissionsForGroup",
        "lists the roles that a group has in all projects",
    )
    .answers(200, ROLES)
    .refuses(&[404]),
    Shape::new(
        "PUT",
        "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects",
        "UpdateDomainGroupInheritRole",
        "grants a group a role in all projects",
    )
    .refuses(&[404, 409]),
    Shape::new(
        "HEAD",
        "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects",
        "KeystoneCheckroleForGroup",
        "finds a role that a group has in all projects",
    )
    .refuses(&[404]),
    Shape::new(
        "DELETE",
        "/v3/OS-INHERIT/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects",
        "DeleteDomainGroupInheritedRole",
        "takes a role in all projects from a group",
    )
    .refuses(&[404]),
    Shape::new(
        "GET",
        "/v3.0/OS-PERMISSION/enterprise-projects/{enterprise_project_id}/groups/{group_id}/roles",
        "ListRolesForGroupOnEnterpriseProject",
        "lists the roles that a group has in an enterprise project",
    )
    .answers(200, FLAT_ROLES)
    .refuses(&[404]),
    Shape::new(
        "PUT",
        "/v3.0/OS-PERMISSION/enterprise-projects/{enterprise_project_id}/groups/{group_id}/roles/{role_id}",
        "AssociateRoleToGroupOnEnterpriseProject",
        "grants a group a role in an enterprise project",
    )
    .refuses(&[404, 409]),
    Shape::new(
        "DELETE",
        "/v3.0/OS-PERMISSION/enterprise-projects/{enterprise_project_id}/groups/{group_id}/roles/{role_id}",
        "RevokeRoleFromGroupOnEnterpriseProject",
        "takes a role in an enterprise project from a group",
    )
    .refuses(&[404]),
];
