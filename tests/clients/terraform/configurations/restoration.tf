# An authority is saved that was to be deleted.

variable "ca" {
  type = string
}

resource "huaweicloud_ccm_private_ca_restore" "saved" {
  ca_id = var.ca
}
