//! How many of each an account may have of what IAM manages.

use serde::Deserialize;

/// The quotas of every account (IAM user guide, "Quotas": the defaults there).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Users of an account.
    pub users: u32,
    /// Groups of an account.
    pub groups: u32,
    /// Groups that one user may be in.
    pub groups_of_user: u32,
    /// Custom policies of an account.
    pub policies: u32,
    /// Roles that one group may have, each place counted.
    pub grants_of_group: u32,
    /// Projects of an account in one region beside the region's own.
    pub projects_of_region: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            users: 50,
            groups: 20,
            groups_of_user: 10,
            policies: 200,
            grants_of_group: 200,
            projects_of_region: 10,
        }
    }
}
