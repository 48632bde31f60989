# Certificates of others, kept in the certificate store, and read from it.

variable "name" {
  type = string
}

variable "enterprise_project" {
  type = string
}

variable "certificate" {
  type = string
}

variable "chain" {
  type = string
}

variable "private_key" {
  type      = string
  sensitive = true
}

resource "huaweicloud_ccm_certificate_import" "server" {
  name                  = var.name
  certificate           = var.certificate
  certificate_chain     = var.chain
  private_key           = var.private_key
  enterprise_project_id = var.enterprise_project
}

# Nothing but what must be said; the chain stands in the same text, as it often does.
resource "huaweicloud_ccm_certificate_import" "plain" {
  name        = "${var.name}-plain"
  certificate = "${var.certificate}${var.chain}"
  private_key = var.private_key
}

data "huaweicloud_ccm_certificates" "all" {
  depends_on = [huaweicloud_ccm_certificate_import.server, huaweicloud_ccm_certificate_import.plain]
}

data "huaweicloud_ccm_certificates" "found" {
  name                  = huaweicloud_ccm_certificate_import.server.name
  status                = "UPLOAD"
  enterprise_project_id = var.enterprise_project
}

data "huaweicloud_ccm_certificate_export" "server" {
  certificate_id = huaweicloud_ccm_certificate_import.server.id
}
