//go:build program

// Package program keeps the provider among the requirements of this module, which has no code of its
// own: what is built is the provider's own main package, as its releases are.
package program

import _ "github.com/huaweicloud/terraform-provider-huaweicloud"
