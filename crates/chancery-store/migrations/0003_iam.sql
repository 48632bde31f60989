-- What the API manages of users, groups, policies and projects.

-- The owner of an account is changed by nobody else. Before this, users came from the operator
-- only, and those with a policy were administrators.
ALTER TABLE users ADD COLUMN owner {INT} NOT NULL DEFAULT 0;
UPDATE users SET owner = 1 WHERE id IN (SELECT user_id FROM user_policies);
-- A document; empty for a user about whom nothing is known.
ALTER TABLE users ADD COLUMN profile {TEXT} NOT NULL DEFAULT '';

-- An empty kind stands for the operator's own policies, which the API neither shows nor changes.
ALTER TABLE policies ADD COLUMN kind {TEXT} NOT NULL DEFAULT '';
ALTER TABLE policies ADD COLUMN description {TEXT} NOT NULL DEFAULT '';
ALTER TABLE policies ADD COLUMN description_cn {TEXT} NOT NULL DEFAULT '';
ALTER TABLE policies ADD COLUMN updated_at {INT} NOT NULL DEFAULT 0;

ALTER TABLE projects ADD COLUMN description {TEXT} NOT NULL DEFAULT '';

CREATE TABLE user_groups (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL REFERENCES domains (id),
    name {TEXT} NOT NULL,
    description {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT user_groups_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX user_groups_domain_id_name ON user_groups (domain_id, name);

CREATE TABLE group_members (
    group_id {TEXT} NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    user_id {TEXT} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT group_members_group_id_user_id PRIMARY KEY (group_id, user_id)
){TABLE};
CREATE INDEX group_members_user_id ON group_members (user_id);

-- What members of a group may do, and where. A role is a policy of the account or one that is
-- built in; scope_id is the id of the project or enterprise project, or of the account.
CREATE TABLE group_grants (
    group_id {TEXT} NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    role_id {TEXT} NOT NULL,
    scope {TEXT} NOT NULL,
    scope_id {TEXT} NOT NULL,
    created_at {INT} NOT NULL,
    CONSTRAINT group_grants_group_id_role_id_scope_scope_id
        PRIMARY KEY (group_id, role_id, scope, scope_id)
){TABLE};
CREATE INDEX group_grants_role_id ON group_grants (role_id);
