# Authorities that are bought for a period.

variable "name" {
  type = string
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "huaweicloud_ccm_private_ca" "root" {
  type                = "ROOT"
  key_algorithm       = "EC384"
  signature_algorithm = "SHA384"
  pending_days        = "7"
  charging_mode       = "prePaid"
  tags                = var.tags

  distinguished_name {
    common_name         = "${var.name} root"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }

  validity {
    type  = "YEAR"
    value = 2
  }
}

resource "huaweicloud_ccm_private_ca" "issuer" {
  type                = "SUBORDINATE"
  issuer_id           = huaweicloud_ccm_private_ca.root.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"
  charging_mode       = "prePaid"
  auto_renew          = true

  distinguished_name {
    common_name         = "${var.name} issuer"
    country             = "CN"
    state               = "Shanghai"
    locality            = "Pudong"
    organization        = "Chancery Tests"
    organizational_unit = "Desk"
  }

  validity {
    type  = "MONTH"
    value = 6
  }
}
