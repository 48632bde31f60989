-- Enterprise projects: what the resources of an account are filed under. The default one, 0, is
-- in every account and has no row.

CREATE TABLE enterprise_projects (
    id {TEXT} NOT NULL,
    domain_id {TEXT} NOT NULL REFERENCES domains (id),
    name {TEXT} NOT NULL,
    description {TEXT} NOT NULL,
    kind {TEXT} NOT NULL,
    enabled {INT} NOT NULL,
    created_at {INT} NOT NULL,
    updated_at {INT} NOT NULL,
    CONSTRAINT enterprise_projects_id PRIMARY KEY (id)
){TABLE};
CREATE UNIQUE INDEX enterprise_projects_domain_id_name ON enterprise_projects (domain_id, name);

-- Until now any id was taken. What is filed under one keeps its place, named by the id.
INSERT INTO enterprise_projects
    (id, domain_id, name, description, kind, enabled, created_at, updated_at)
SELECT enterprise_project_id, min(domain_id), enterprise_project_id, '', 'prod', 1,
    min(created_at), min(created_at)
FROM (
    SELECT enterprise_project_id, domain_id, created_at FROM authorities
    UNION ALL
    SELECT enterprise_project_id, domain_id, created_at FROM private_certificates
    UNION ALL
    SELECT enterprise_project_id, domain_id, created_at FROM store_certificates
) AS filed
WHERE enterprise_project_id <> '0' AND domain_id IN (SELECT id FROM domains)
GROUP BY enterprise_project_id;

-- An account that is disabled lets nobody in.
ALTER TABLE domains ADD COLUMN enabled {INT} NOT NULL DEFAULT 1;
