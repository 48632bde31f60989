# A team: where its certificates are filed, who is in it, what it may do there.

variable "name" {
  type = string
}

variable "password" {
  type      = string
  sensitive = true
}

variable "description" {
  type    = string
  default = "Made by Terraform"
}

variable "actions" {
  type    = list(string)
  default = ["pca:ca:list", "pca:ca:get"]
}

variable "enabled" {
  type    = bool
  default = true
}

variable "account" {
  type = string
}

variable "project" {
  type = string
}

resource "huaweicloud_enterprise_project" "team" {
  name        = var.name
  description = var.description
  enable      = var.enabled
}

resource "huaweicloud_identity_group" "team" {
  name        = var.name
  description = var.description
}

resource "huaweicloud_identity_user" "alice" {
  name        = "${var.name}-alice"
  description = var.description
  password    = var.password
  email       = "alice@example.com"
  access_type = "default"
  pwd_reset   = false
  enabled     = var.enabled
}

resource "huaweicloud_identity_user" "program" {
  name        = "${var.name}-program"
  access_type = "programmatic"
}

resource "huaweicloud_identity_group_membership" "team" {
  group = huaweicloud_identity_group.team.id
  users = [huaweicloud_identity_user.alice.id, huaweicloud_identity_user.program.id]
}

resource "huaweicloud_identity_access_key" "program" {
  user_id     = huaweicloud_identity_user.program.id
  description = var.description
  secret_file = "key.csv"
}

resource "huaweicloud_identity_role" "readers" {
  name        = "${var.name}-readers"
  description = var.description
  type        = "AX"
  policy = jsonencode({
    Version   = "1.1"
    Statement = [{ Effect = "Allow", Action = var.actions }]
  })
}

data "huaweicloud_identity_role" "full" {
  display_name = "PCA FullAccess"
}

resource "huaweicloud_identity_group_role_assignment" "everywhere" {
  group_id  = huaweicloud_identity_group.team.id
  role_id   = huaweicloud_identity_role.readers.id
  domain_id = var.account
}

resource "huaweicloud_identity_group_role_assignment" "filed" {
  group_id              = huaweicloud_identity_group.team.id
  role_id               = data.huaweicloud_identity_role.full.id
  enterprise_project_id = huaweicloud_enterprise_project.team.id
}

resource "huaweicloud_identity_group_role_assignment" "project" {
  group_id   = huaweicloud_identity_group.team.id
  role_id    = data.huaweicloud_identity_role.full.id
  project_id = var.project
}

resource "huaweicloud_identity_group_role_assignment" "all_projects" {
  group_id   = huaweicloud_identity_group.team.id
  role_id    = huaweicloud_identity_role.readers.id
  project_id = "all"
}

data "huaweicloud_identity_users" "found" {
  name       = huaweicloud_identity_user.alice.name
  depends_on = [huaweicloud_identity_group_membership.team]
}

data "huaweicloud_identity_group" "found" {
  id         = huaweicloud_identity_group.team.id
  depends_on = [huaweicloud_identity_group_membership.team]
}

data "huaweicloud_identity_custom_role" "found" {
  id = huaweicloud_identity_role.readers.id
}

data "huaweicloud_identity_projects" "all" {}

data "huaweicloud_enterprise_project" "found" {
  name = huaweicloud_enterprise_project.team.name
}
