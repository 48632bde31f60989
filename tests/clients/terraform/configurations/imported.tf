# An authority and a certificate that others made.

variable "name" {
  type = string
}

resource "huaweicloud_ccm_private_ca" "root" {
  type                = "ROOT"
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"

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
    value = 10
  }

  lifecycle {
    ignore_changes = [validity, pending_days]
  }
}

resource "huaweicloud_ccm_private_certificate" "server" {
  issuer_id           = huaweicloud_ccm_private_ca.root.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"

  distinguished_name {
    common_name = "${var.name}.example.com"
  }

  validity {
    type  = "YEAR"
    value = 1
  }

  lifecycle {
    ignore_changes = [validity]
  }
}
