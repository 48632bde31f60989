# A root, an authority below it and a certificate, with everything a user may say of them.

variable "name" {
  type = string
}

variable "starts" {
  description = "Milliseconds since 1970."
  type        = string
}

variable "enterprise_project" {
  type = string
}

variable "tags" {
  type    = map(string)
  default = {}
}

variable "action" {
  type    = string
  default = null
}

resource "huaweicloud_ccm_private_ca" "root" {
  type                  = "ROOT"
  key_algorithm         = "EC384"
  signature_algorithm   = "SHA384"
  pending_days          = "7"
  path_length           = 7
  key_usages            = ["digitalSignature", "keyCertSign", "cRLSign"]
  enterprise_project_id = var.enterprise_project
  charging_mode         = "postPaid"
  tags                  = var.tags

  distinguished_name {
    common_name         = "${var.name} root"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }

  validity {
    type       = "YEAR"
    value      = 10
    started_at = var.starts
  }
}

resource "huaweicloud_ccm_private_ca" "issuer" {
  type                  = "SUBORDINATE"
  issuer_id             = huaweicloud_ccm_private_ca.root.id
  key_algorithm         = "RSA2048"
  signature_algorithm   = "SHA256"
  pending_days          = "30"
  path_length           = 1
  key_usages            = ["keyCertSign", "cRLSign"]
  enterprise_project_id = var.enterprise_project
  action                = var.action
  tags                  = var.tags

  distinguished_name {
    common_name         = "${var.name} issuer"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }

  validity {
    type       = "MONTH"
    value      = 60
    started_at = var.starts
  }
}

# Nothing but what must be said.
resource "huaweicloud_ccm_private_ca" "plain" {
  type                = "SUBORDINATE"
  issuer_id           = huaweicloud_ccm_private_ca.root.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"

  distinguished_name {
    common_name         = "${var.name} plain"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }

  validity {
    type  = "DAY"
    value = 90
  }
}

resource "huaweicloud_ccm_private_certificate" "server" {
  issuer_id             = huaweicloud_ccm_private_ca.issuer.id
  key_algorithm         = "RSA2048"
  signature_algorithm   = "SHA256"
  enterprise_project_id = var.enterprise_project
  tags                  = var.tags

  distinguished_name {
    common_name         = "${var.name}.example.com"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Servers"
  }

  validity {
    type     = "YEAR"
    value    = 1
    start_at = var.starts
  }

  key_usage        = ["digitalSignature", "keyEncipherment"]
  server_auth      = true
  client_auth      = true
  code_signing     = false
  email_protection = true
  time_stamping    = false

  object_identifier       = "1.3.6.1.4.1.55555.1"
  object_identifier_value = "from Terraform"
}

# Nothing but what must be said.
resource "huaweicloud_ccm_private_certificate" "plain" {
  issuer_id           = huaweicloud_ccm_private_ca.plain.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"

  distinguished_name {
    common_name = "${var.name}-plain.example.com"
  }

  validity {
    type  = "DAY"
    value = 30
  }
}
