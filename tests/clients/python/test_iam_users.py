"""Users, groups, roles and projects: what it takes to give one team one CA, through the SDK."""

import uuid
from contextlib import contextmanager

import desk
import pytest
from huaweicloudsdkccm.v1 import ListCertificateAuthorityRequest
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.exceptions import exceptions
from huaweicloudsdkiam.v3 import (
    AssociateRoleToGroupOnEnterpriseProjectRequest,
    CreateCloudServiceCustomPolicyRequest,
    CreateCloudServiceCustomPolicyRequestBody,
    CreateCredentialOption,
    CreatePermanentAccessKeyRequest,
    CreatePermanentAccessKeyRequestBody,
    CreateUserOption,
    CreateUserRequest,
    CreateUserRequestBody,
    DeleteCustomPolicyRequest,
    DeleteDomainGroupInheritedRoleRequest,
    IamClient,
    KeystoneAddUserToGroupRequest,
    KeystoneAssociateGroupWithDomainPermissionRequest,
    KeystoneAssociateGroupWithProjectPermissionRequest,
    KeystoneCheckDomainPermissionForGroupRequest,
    KeystoneCheckProjectPermissionForGroupRequest,
    KeystoneCheckroleForGroupRequest,
    KeystoneCheckUserInGroupRequest,
    KeystoneCreateGroupOption,
    KeystoneCreateGroupRequest,
    KeystoneCreateGroupRequestBody,
    KeystoneCreateProjectOption,
    KeystoneCreateProjectRequest,
    KeystoneCreateProjectRequestBody,
    KeystoneCreateUserOption,
    KeystoneCreateUserRequest,
    KeystoneCreateUserRequestBody,
    KeystoneDeleteGroupRequest,
    KeystoneDeleteUserRequest,
    KeystoneListAllProjectPermissionsForGroupRequest,
    KeystoneListDomainPermissionsForGroupRequest,
    KeystoneListGroupsForUserRequest,
    KeystoneListGroupsRequest,
    KeystoneListPermissionsRequest,
    KeystoneListProjectPermissionsForGroupRequest,
    KeystoneListProjectsForUserRequest,
    KeystoneListProjectsRequest,
    KeystoneListUsersForGroupByAdminRequest,
    KeystoneListUsersRequest,
    KeystoneRemoveDomainPermissionFromGroupRequest,
    KeystoneRemoveProjectPermissionFromGroupRequest,
    KeystoneRemoveUserFromGroupRequest,
    KeystoneShowGroupRequest,
    KeystoneShowPermissionRequest,
    KeystoneShowProjectRequest,
    KeystoneShowUserRequest,
    KeystoneUpdateGroupOption,
    KeystoneUpdateGroupRequest,
    KeystoneUpdateGroupRequestBody,
    KeystoneUpdatePasswordOption,
    KeystoneUpdateProjectOption,
    KeystoneUpdateProjectRequest,
    KeystoneUpdateProjectRequestBody,
    KeystoneUpdateUserByAdminRequest,
    KeystoneUpdateUserByAdminRequestBody,
    KeystoneUpdateUserOption,
    KeystoneUpdateUserPasswordRequest,
    KeystoneUpdateUserPasswordRequestBody,
    ListCustomPoliciesRequest,
    ListRolesForGroupOnEnterpriseProjectRequest,
    RevokeRoleFromGroupOnEnterpriseProjectRequest,
    ServicePolicy,
    ServicePolicyRoleOption,
    ServiceStatement,
    ShowCustomPolicyRequest,
    ShowUserRequest,
    UpdateCloudServiceCustomPolicyRequest,
    UpdateCloudServiceCustomPolicyRequestBody,
    UpdateDomainGroupInheritRoleRequest,
    UpdateUserOption,
    UpdateUserRequest,
    UpdateUserRequestBody,
)
from huaweicloudsdkiam.v3.region.iam_region import IamRegion

PASSWORD = "Team-Pass-2026"


def create_user(iam, **fields):
    option = KeystoneCreateUserOption(
        **({"name": desk.unique("user"), "password": PASSWORD} | fields)
    )
    body = KeystoneCreateUserRequestBody(user=option)
    return iam.keystone_create_user(KeystoneCreateUserRequest(body=body)).user


def update_user(iam, user_id, **fields):
    body = KeystoneUpdateUserByAdminRequestBody(user=KeystoneUpdateUserOption(**fields))
    request = KeystoneUpdateUserByAdminRequest(user_id=user_id, body=body)
    return iam.keystone_update_user_by_admin(request).user


def create_key(iam, user_id):
    """The pair that the user's calls are signed with."""
    option = CreateCredentialOption(user_id=user_id)
    body = CreatePermanentAccessKeyRequestBody(credential=option)
    made = iam.create_permanent_access_key(CreatePermanentAccessKeyRequest(body=body)).credential
    return made.access, made.secret


@contextmanager
def absent():
    """The block's HEAD is answered with 404, which has no body to read a code from."""
    with pytest.raises(exceptions.ClientRequestException) as caught:
        yield
    assert caught.value.status_code == 404


def system_role(iam, display_name):
    request = KeystoneListPermissionsRequest(display_name=display_name)
    (role,) = iam.keystone_list_permissions(request).roles
    return role


@pytest.fixture
def user(iam):
    """A user without anything, deleted at the end."""
    user = create_user(iam)
    yield user
    iam.keystone_delete_user(KeystoneDeleteUserRequest(user_id=user.id))


@pytest.fixture
def group(iam):
    """An empty group, deleted at the end."""
    option = KeystoneCreateGroupOption(name=desk.unique("team"), description="of a test")
    body = KeystoneCreateGroupRequestBody(group=option)
    group = iam.keystone_create_group(KeystoneCreateGroupRequest(body=body)).group
    yield group
    iam.keystone_delete_group(KeystoneDeleteGroupRequest(group_id=group.id))


@pytest.fixture
def member(iam, user, group):
    """The signing pair of a user who is in the group."""
    iam.keystone_add_user_to_group(
        KeystoneAddUserToGroupRequest(group_id=group.id, user_id=user.id)
    )
    return create_key(iam, user.id)


@pytest.fixture
def custom_policy(iam):
    """Makes custom policies of statements, and deletes them at the end."""
    made = []

    def make(*statements):
        option = policy_option(*statements)
        body = CreateCloudServiceCustomPolicyRequestBody(role=option)
        request = CreateCloudServiceCustomPolicyRequest(body=body)
        role = iam.create_cloud_service_custom_policy(request).role
        made.append(role.id)
        return role

    yield make
    for role_id in made:
        iam.delete_custom_policy(DeleteCustomPolicyRequest(role_id=role_id))


def policy_option(*statements, name=None):
    return ServicePolicyRoleOption(
        display_name=name or desk.unique("policy"),
        type="AX",
        description="of a test",
        policy=ServicePolicy(version="1.1", statement=list(statements)),
    )


def test_a_user_is_made_changed_and_deleted(iam):
    name = desk.unique("user")
    made = create_user(iam, name=name, domain_id=desk.DOMAIN_ID, description="of a test")
    assert (made.name, made.domain_id, made.enabled) == (name, desk.DOMAIN_ID, True)
    shown = iam.keystone_show_user(KeystoneShowUserRequest(user_id=made.id)).user
    assert (shown.name, shown.description, shown.access_mode) == (name, "of a test", "default")
    (listed,) = iam.keystone_list_users(KeystoneListUsersRequest(name=name)).users
    assert listed.id == made.id
    assert update_user(iam, made.id, description="changed").description == "changed"
    projects = iam.keystone_list_projects_for_user(
        KeystoneListProjectsForUserRequest(user_id=made.id)
    ).projects
    assert desk.PROJECT_ID in [project.id for project in projects]

    key = create_key(iam, made.id)
    assert desk.iam_client(*key).get_credentials().domain_id == desk.DOMAIN_ID
    assert update_user(iam, made.id, enabled=False).enabled is False
    with desk.refused(401, "IAM."):
        show_user_as(key, made.id)
    update_user(iam, made.id, enabled=True)
    assert show_user_as(key, made.id).name == name
    delete = KeystoneDeleteUserRequest(user_id=made.id)
    assert iam.keystone_delete_user(delete).status_code == 204
    with desk.refused(401, "IAM."):
        show_user_as(key, made.id)
    with desk.refused(404, "IAM."):
        iam.keystone_show_user(KeystoneShowUserRequest(user_id=made.id))


def show_user_as(key, user_id):
    """The client has its account id, so it has nothing to ask before."""
    client = iam_client_of(key)
    return client.keystone_show_user(KeystoneShowUserRequest(user_id=user_id)).user


def iam_client_of(key):
    return (
        IamClient.new_builder()
        .with_credentials(GlobalCredentials(*key, desk.DOMAIN_ID))
        .with_region(IamRegion.value_of(desk.REGION))
        .build()
    )


def test_a_user_with_all_that_version_3_0_knows(iam):
    option = CreateUserOption(
        name=desk.unique("user"),
        domain_id=desk.DOMAIN_ID,
        email="a@team.example",
        areacode="0086",
        phone="13800000000",
        access_mode="programmatic",
        enabled=True,
    )
    made = iam.create_user(CreateUserRequest(body=CreateUserRequestBody(user=option))).user
    assert (made.email, made.phone, made.access_mode) == (
        "a@team.example",
        "13800000000",
        "programmatic",
    )
    assert made.is_domain_owner is False
    body = UpdateUserRequestBody(user=UpdateUserOption(email="b@team.example", password=PASSWORD))
    changed = iam.update_user(UpdateUserRequest(user_id=made.id, body=body)).user
    assert changed.email == "b@team.example"
    shown = iam.show_user(ShowUserRequest(user_id=made.id)).user
    assert (shown.email, shown.areacode) == ("b@team.example", "0086")
    assert shown.create_time.startswith("20")
    iam.keystone_delete_user(KeystoneDeleteUserRequest(user_id=made.id))


def test_a_user_changes_her_own_password(iam, user):
    client = iam_client_of(create_key(iam, user.id))

    def change(original, password):
        option = KeystoneUpdatePasswordOption(password=password, original_password=original)
        body = KeystoneUpdateUserPasswordRequestBody(user=option)
        request = KeystoneUpdateUserPasswordRequest(user_id=user.id, body=body)
        return client.keystone_update_user_password(request)

    with desk.refused(400, "IAM.", says="user.original_password"):
        change("Wrong-Pass-2026", "Next-Pass-2026")
    assert change(PASSWORD, "Next-Pass-2026").status_code == 204
    with desk.refused(400, "IAM.", says="user.original_password"):
        change(PASSWORD, "Third-Pass-2026")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "1st"}, "user.name must have 1 to 64"),
        ({"password": "lowercase"}, "user.password must have 8 to 32"),
    ],
)
def test_a_user_that_is_refused(iam, fields, says):
    with desk.refused(400, "IAM.0007", says=says):
        create_user(iam, **fields)


def test_a_group_and_its_members(iam, user, group):
    (listed,) = iam.keystone_list_groups(KeystoneListGroupsRequest(name=group.name)).groups
    assert (listed.id, listed.create_time) == (group.id, group.create_time)
    option = KeystoneUpdateGroupOption(description="changed")
    request = KeystoneUpdateGroupRequest(
        group_id=group.id, body=KeystoneUpdateGroupRequestBody(group=option)
    )
    assert iam.keystone_update_group(request).group.description == "changed"
    shown = iam.keystone_show_group(KeystoneShowGroupRequest(group_id=group.id)).group
    assert (shown.name, shown.description) == (group.name, "changed")

    both = {"group_id": group.id, "user_id": user.id}
    with absent():
        iam.keystone_check_user_in_group(KeystoneCheckUserInGroupRequest(**both))
    added = iam.keystone_add_user_to_group(KeystoneAddUserToGroupRequest(**both))
    assert added.status_code == 204
    check = iam.keystone_check_user_in_group(KeystoneCheckUserInGroupRequest(**both))
    assert check.status_code == 204
    request = KeystoneListUsersForGroupByAdminRequest(group_id=group.id)
    (found,) = iam.keystone_list_users_for_group_by_admin(request).users
    assert found.id == user.id
    request = KeystoneListGroupsForUserRequest(user_id=user.id)
    (found,) = iam.keystone_list_groups_for_user(request).groups
    assert found.id == group.id
    removed = iam.keystone_remove_user_from_group(KeystoneRemoveUserFromGroupRequest(**both))
    assert removed.status_code == 204


def test_roles_that_are_built_in(iam):
    listed = iam.keystone_list_permissions(KeystoneListPermissionsRequest())
    assert listed.total_number == len(listed.roles)
    role = system_role(iam, "PCA FullAccess")
    shown = iam.keystone_show_permission(KeystoneShowPermissionRequest(role_id=role.id)).role
    assert (shown.display_name, shown.catalog, shown.type) == ("PCA FullAccess", "PCA", "AX")
    assert shown.policy.statement[0].action == ["pca:*:*"]


def test_a_custom_policy_is_made_and_changed(iam, custom_policy):
    statement = ServiceStatement(
        action=["pca:ca:get"],
        effect="Allow",
        resource=["pca:*:*:ca:*"],
        condition={"StringEquals": {"g:UserName": ["alice"]}},
    )
    role = custom_policy(statement)
    shown = iam.show_custom_policy(ShowCustomPolicyRequest(role_id=role.id)).role
    assert (shown.display_name, shown.type, shown.references) == (role.display_name, "AX", 0)
    assert role.policy.statement[0].condition == {"StringEquals": {"g:UserName": ["alice"]}}
    listed = iam.list_custom_policies(ListCustomPoliciesRequest(page=1, per_page=300))
    assert role.id in [found.id for found in listed.roles]
    request = KeystoneListPermissionsRequest(
        domain_id=desk.DOMAIN_ID, display_name=role.display_name
    )
    (found,) = iam.keystone_list_permissions(request).roles
    assert found.id == role.id

    other = ServiceStatement(action=["scm:cert:list"], effect="Deny")
    option = policy_option(other, name=role.display_name)
    body = UpdateCloudServiceCustomPolicyRequestBody(role=option)
    request = UpdateCloudServiceCustomPolicyRequest(role_id=role.id, body=body)
    changed = iam.update_cloud_service_custom_policy(request).role
    assert changed.policy.statement[0].effect == "Deny"


def test_a_policy_outside_the_grammar_names_what_is_allowed(custom_policy):
    with desk.refused(400, "IAM.0007", says="an action reads service:type:operation"):
        custom_policy(ServiceStatement(action=["pca"], effect="Allow"))


def test_a_team_with_a_policy_on_its_ca(iam, ccm, group, member, custom_policy):
    ours, theirs = (desk.create_ca(ccm, name=desk.unique(name)) for name in ("ours", "theirs"))
    role = custom_policy(
        ServiceStatement(
            action=["pca:ca:get", "pca:cert:create"],
            effect="Allow",
            resource=[f"pca:*:*:ca:{ours}"],
        )
    )
    granted = {"domain_id": desk.DOMAIN_ID, "group_id": group.id, "role_id": role.id}
    team = desk.ccm_client(*member, desk.DOMAIN_ID)
    with desk.refused(403, "PCA."):
        desk.show_ca(team, ours)
    iam.keystone_associate_group_with_domain_permission(
        KeystoneAssociateGroupWithDomainPermissionRequest(**granted)
    )
    check = KeystoneCheckDomainPermissionForGroupRequest(**granted)
    assert iam.keystone_check_domain_permission_for_group(check).status_code == 204
    request = KeystoneListDomainPermissionsForGroupRequest(desk.DOMAIN_ID, group.id)
    (listed,) = iam.keystone_list_domain_permissions_for_group(request).roles
    assert listed.id == role.id

    assert desk.show_ca(team, ours).ca_id == ours
    assert desk.create_certificate(team, ours)
    with desk.refused(403, "PCA.", says="pca:ca:get"):
        desk.show_ca(team, theirs)
    with desk.refused(403, "PCA."):
        desk.create_certificate(team, theirs)
    with desk.refused(403, "PCA."):
        desk.create_ca(team)
    with desk.refused(403, "IAM.0003", says="iam:users:createUser"):
        create_user(iam_client_of(member))

    with desk.refused(409, "IAM."):
        iam.delete_custom_policy(DeleteCustomPolicyRequest(role_id=role.id))
    iam.keystone_remove_domain_permission_from_group(
        KeystoneRemoveDomainPermissionFromGroupRequest(**granted)
    )
    with desk.refused(403, "PCA."):
        desk.show_ca(team, ours)


def test_a_team_with_a_role_in_its_enterprise_project(iam, ccm, eps, group, member):
    project = desk.create_enterprise_project(eps).id
    ours = desk.create_ca(ccm, name=desk.unique("ours"), enterprise_project_id=project)
    theirs = desk.create_ca(ccm, name=desk.unique("theirs"))
    role = system_role(iam, "PCA FullAccess")
    place = {"enterprise_project_id": project, "group_id": group.id}
    request = AssociateRoleToGroupOnEnterpriseProjectRequest(**place, role_id=role.id)
    assert iam.associate_role_to_group_on_enterprise_project(request).status_code == 204
    request = ListRolesForGroupOnEnterpriseProjectRequest(**place)
    (listed,) = iam.list_roles_for_group_on_enterprise_project(request).roles
    assert listed.display_name == "PCA FullAccess"

    team = desk.ccm_client(*member, desk.DOMAIN_ID)
    (seen,) = team.list_certificate_authority(
        ListCertificateAuthorityRequest()
    ).certificate_authorities
    assert seen.ca_id == ours
    assert desk.create_certificate(team, ours, enterprise_project_id=project)
    with desk.refused(403, "PCA."):
        desk.show_ca(team, theirs)
    request = RevokeRoleFromGroupOnEnterpriseProjectRequest(**place, role_id=role.id)
    iam.revoke_role_from_group_on_enterprise_project(request)
    with desk.refused(403, "PCA."):
        desk.show_ca(team, ours)


def test_a_role_in_a_project_and_in_all(iam, group):
    role = system_role(iam, "DCS FullAccess")
    granted = {"project_id": desk.PROJECT_ID, "group_id": group.id, "role_id": role.id}
    iam.keystone_associate_group_with_project_permission(
        KeystoneAssociateGroupWithProjectPermissionRequest(**granted)
    )
    request = KeystoneCheckProjectPermissionForGroupRequest(**granted)
    assert iam.keystone_check_project_permission_for_group(request).status_code == 204
    request = KeystoneListProjectPermissionsForGroupRequest(desk.PROJECT_ID, group.id)
    (listed,) = iam.keystone_list_project_permissions_for_group(request).roles
    assert listed.id == role.id
    iam.keystone_remove_project_permission_from_group(
        KeystoneRemoveProjectPermissionFromGroupRequest(**granted)
    )

    granted = {"domain_id": desk.DOMAIN_ID, "group_id": group.id, "role_id": role.id}
    iam.update_domain_group_inherit_role(UpdateDomainGroupInheritRoleRequest(**granted))
    request = KeystoneCheckroleForGroupRequest(**granted)
    assert iam.keystone_checkrole_for_group(request).status_code == 204
    request = KeystoneListAllProjectPermissionsForGroupRequest(desk.DOMAIN_ID, group.id)
    (listed,) = iam.keystone_list_all_project_permissions_for_group(request).roles
    assert listed.id == role.id
    request = DeleteDomainGroupInheritedRoleRequest(**granted)
    assert iam.delete_domain_group_inherited_role(request).status_code == 204
    with absent():
        iam.keystone_checkrole_for_group(KeystoneCheckroleForGroupRequest(**granted))


def test_a_project_below_a_region(iam):
    name = f"{desk.REGION}_{uuid.uuid4().hex[:12]}"
    option = KeystoneCreateProjectOption(name=name, parent_id=desk.PROJECT_ID, description="a")
    body = KeystoneCreateProjectRequestBody(project=option)
    made = iam.keystone_create_project(KeystoneCreateProjectRequest(body=body)).project
    assert (made.name, made.parent_id, made.enabled) == (name, desk.PROJECT_ID, True)
    body = KeystoneUpdateProjectRequestBody(project=KeystoneUpdateProjectOption(description="b"))
    request = KeystoneUpdateProjectRequest(project_id=made.id, body=body)
    assert iam.keystone_update_project(request).project.description == "b"
    shown = iam.keystone_show_project(KeystoneShowProjectRequest(project_id=made.id)).project
    assert (shown.name, shown.description) == (name, "b")
    # The SDKs still find the region's own, and it alone.
    found = iam.keystone_list_projects(KeystoneListProjectsRequest(name=desk.REGION)).projects
    assert [project.id for project in found] == [desk.PROJECT_ID]
    assert desk.dcs_client(project_id=None).get_credentials().project_id == desk.PROJECT_ID
    with desk.refused(400, "IAM.0007", says=f"project.name must begin with {desk.REGION}_"):
        option = KeystoneCreateProjectOption(name="team", parent_id=desk.PROJECT_ID)
        body = KeystoneCreateProjectRequestBody(project=option)
        iam.keystone_create_project(KeystoneCreateProjectRequest(body=body))
