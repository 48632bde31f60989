# What the provider reads of Redis, MongoDB and migrations. Its instances and tasks as resources ask
# for networks, disks and much else that no certificate desk has.

variable "dcs_instance" {
  type = string
}

variable "dds_instance" {
  type = string
}

variable "sms_source" {
  type = string
}

variable "sms_task" {
  type = string
}

data "huaweicloud_dcs_instances" "all" {}

data "huaweicloud_dds_instances" "all" {}

data "huaweicloud_dds_ssl_cert_download_links" "links" {
  instance_id = var.dds_instance
}

data "huaweicloud_sms_source_servers" "found" {
  id = var.sms_source
}

data "huaweicloud_sms_tasks" "found" {
  task_id = var.sms_task
}

data "huaweicloud_sms_task_ssl_certificate_and_private_key" "task" {
  task_id        = var.sms_task
  enable_ca_cert = true
}

data "huaweicloud_sms_task_ssl_certificate_and_private_key" "without_authority" {
  task_id = var.sms_task
}
