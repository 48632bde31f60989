# What the provider reads of authorities and certificates that are there.

variable "ca" {
  type = string
}

variable "ca_name" {
  type = string
}

variable "certificate" {
  type = string
}

variable "national_certificate" {
  type = string
}

variable "certificate_name" {
  type = string
}

variable "password" {
  type      = string
  default   = null
  sensitive = true
}

data "huaweicloud_ccm_private_cas" "all" {}

data "huaweicloud_ccm_private_cas" "found" {
  name     = var.ca_name
  status   = "ACTIVED"
  type     = "SUBORDINATE"
  sort_key = "create_time"
  sort_dir = "DESC"
}

data "huaweicloud_ccm_private_ca_export" "ca" {
  ca_id = var.ca
}

data "huaweicloud_ccm_private_certificates" "found" {
  name     = var.certificate_name
  status   = "ISSUED"
  sort_key = "create_time"
  sort_dir = "ASC"
}

data "huaweicloud_ccm_private_certificate_export" "server" {
  for_each = toset(["APACHE", "NGINX", "OTHER", "IIS", "TOMCAT"])

  certificate_id = var.certificate
  type           = each.key
  password       = var.password
}

data "huaweicloud_ccm_private_certificate_export" "national" {
  certificate_id = var.national_certificate
  type           = "OTHER"
  sm_standard    = "true"
}
