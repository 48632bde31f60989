# What ends before its time.

variable "name" {
  type = string
}

locals {
  distinguished_name = {
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }
}

resource "huaweicloud_ccm_private_ca" "root" {
  type                = "ROOT"
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"

  distinguished_name {
    common_name         = "${var.name} root"
    country             = local.distinguished_name.country
    state               = local.distinguished_name.state
    locality            = local.distinguished_name.locality
    organization        = local.distinguished_name.organization
    organizational_unit = local.distinguished_name.organizational_unit
  }

  validity {
    type  = "YEAR"
    value = 10
  }
}

resource "huaweicloud_ccm_private_ca" "issuer" {
  count = 2

  type                = "SUBORDINATE"
  issuer_id           = huaweicloud_ccm_private_ca.root.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"

  distinguished_name {
    common_name         = "${var.name} issuer ${count.index}"
    country             = local.distinguished_name.country
    state               = local.distinguished_name.state
    locality            = local.distinguished_name.locality
    organization        = local.distinguished_name.organization
    organizational_unit = local.distinguished_name.organizational_unit
  }

  validity {
    type  = "YEAR"
    value = 5
  }
}

resource "huaweicloud_ccm_private_certificate" "server" {
  count = 2

  issuer_id           = huaweicloud_ccm_private_ca.root.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"

  distinguished_name {
    common_name = "${var.name}-${count.index}.example.com"
  }

  validity {
    type  = "YEAR"
    value = 1
  }
}

resource "huaweicloud_ccm_private_ca_revoke" "with_reason" {
  ca_id  = huaweicloud_ccm_private_ca.issuer[0].id
  reason = "CERTIFICATE_AUTHORITY_COMPROMISE"
}

resource "huaweicloud_ccm_private_ca_revoke" "plain" {
  ca_id = huaweicloud_ccm_private_ca.issuer[1].id
}

resource "huaweicloud_ccm_private_certificate_revoke" "with_reason" {
  certificate_id = huaweicloud_ccm_private_certificate.server[0].id
  reason         = "KEY_COMPROMISE"
}

resource "huaweicloud_ccm_private_certificate_revoke" "plain" {
  certificate_id = huaweicloud_ccm_private_certificate.server[1].id
}
