//go:build program

// Package program keeps Terraform among the requirements of this module, which has no code of its own.
package program

import _ "github.com/hashicorp/terraform"
