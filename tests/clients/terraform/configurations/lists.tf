# Revocation lists: from the start, switched on later, with a name and without.

variable "name" {
  type = string
}

variable "bucket" {
  type = string
}

variable "first" {
  type = bool
}

variable "second" {
  type = bool
}

resource "huaweicloud_ccm_private_ca" "first" {
  type                = "ROOT"
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"

  distinguished_name {
    common_name         = "${var.name} first"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }

  validity {
    type  = "YEAR"
    value = 10
  }

  crl_configuration {
    enabled         = var.first
    crl_name        = var.first ? var.name : null
    obs_bucket_name = var.first ? var.bucket : null
    valid_days      = var.first ? 8 : null
  }
}

resource "huaweicloud_ccm_private_ca" "second" {
  type                = "SUBORDINATE"
  issuer_id           = huaweicloud_ccm_private_ca.first.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"

  distinguished_name {
    common_name         = "${var.name} second"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }

  validity {
    type  = "YEAR"
    value = 5
  }

  crl_configuration {
    enabled         = var.second
    obs_bucket_name = var.second ? var.bucket : null
    valid_days      = var.second ? 30 : null
  }
}
