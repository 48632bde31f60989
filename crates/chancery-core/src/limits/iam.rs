//! Limits of identities. Sources name the calls of the IAM API reference.

use super::{Class, LINE, Limit};

/// What a name of one line begins with, so that none is blank.
const NO_SPACE: Class = Class {
    set: "^ \0-\u{1f}\u{7f}-\u{9f}",
    says: "no space",
};
const DIGITS: Class = Class {
    set: "0-9",
    says: "digits",
};

/// The name of a user.
pub const USER_NAME: Limit = Limit::text(
    1,
    64,
    Class {
        set: "A-Za-z0-9 _.-",
        says: "ASCII letters, digits, spaces and . - _",
    },
    "CreateUser, name",
)
.beginning_with(Class {
    set: "A-Za-z_.-",
    says: "neither a digit nor a space",
});
/// The password of a user: the cloud's default policy asks for 8 characters, and takes 32.
pub const PASSWORD: Limit = Limit::text(
    8,
    32,
    Class {
        set: LINE.set,
        says: "of at least two kinds (lower-case letters, upper-case letters, digits, others), no \
               control characters",
    },
    "CreateUser, password; ShowDomainPasswordPolicy, minimum_password_length",
);
/// The words that describe a user.
pub const USER_DESCRIPTION: Limit = Limit::text(0, 255, LINE, "CreateUser, description");
/// The e-mail address of a user.
pub const EMAIL: Limit = Limit::text(
    0,
    255,
    Class {
        set: "^\0-\u{20}\u{7f}-\u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}",
        says: "an e-mail address without spaces",
    },
    "CreateUser, email",
);
/// The country code of a user's mobile number.
pub const AREA_CODE: Limit = Limit::text(0, 32, DIGITS, "CreateUser, areacode");
/// The mobile number of a user.
pub const PHONE: Limit = Limit::text(0, 32, DIGITS, "CreateUser, phone");
/// The type of what a user is in another system.
pub const EXTERNAL_TYPE: Limit = Limit::text(0, 64, LINE, "CreateUser, xuser_type");
/// The id of what a user is in another system.
pub const EXTERNAL_ID: Limit = Limit::text(0, 128, LINE, "CreateUser, xuser_id");
/// How a user gets in; `console` is not among it, since there is none to keep them to.
pub const ACCESS_MODE: Limit =
    Limit::one_of(&["default", "programmatic"], "CreateUser, access_mode");

/// The name of a group.
pub const GROUP_NAME: Limit =
    Limit::text(1, 128, LINE, "KeystoneCreateGroup, name").beginning_with(NO_SPACE);
/// The words that describe a group.
pub const GROUP_DESCRIPTION: Limit = Limit::text(0, 255, LINE, "KeystoneCreateGroup, description");

/// What people call a custom policy.
pub const POLICY_NAME: Limit =
    Limit::text(1, 128, LINE, "CreateCloudServiceCustomPolicy, display_name")
        .beginning_with(NO_SPACE);
/// Where a custom policy is meant to be granted: in an account, in a project.
pub const POLICY_TYPE: Limit = Limit::one_of(&["AX", "XA"], "CreateCloudServiceCustomPolicy, type");
/// The words that describe a custom policy, in either language.
pub const POLICY_DESCRIPTION: Limit =
    Limit::text(0, 256, LINE, "CreateCloudServiceCustomPolicy, description");
/// A policy document, as text.
pub const POLICY_DOCUMENT: Limit = Limit::text(
    1,
    6_144,
    super::ANY,
    "IAM user guide, policy syntax; error IAM.1000",
);
/// The documents of all policies that a user has, those of all groups together, each counted once
/// wherever it is granted.
pub const POLICIES_OF_USER: Limit = Limit::text(
    0,
    20 * 6_144,
    super::ANY,
    "ours: the IAM user guide, \"Quotas\", bounds the groups of a user and the policies of a group",
);
/// The grammar of a policy document: that of identity policies is 5.0.
pub const POLICY_VERSION: Limit = Limit::one_of(&["1.1", "5.0"], "ServicePolicy, Version");
/// What a statement does.
pub const POLICY_EFFECT: Limit = Limit::one_of(&["Allow", "Deny"], "ServiceStatement, Effect");
/// How many statements a document has.
pub const STATEMENTS: Limit = Limit::count(1, 8, "ServicePolicy, Statement");
/// How many actions all statements of a document have.
pub const ACTIONS: Limit = Limit::count(1, 100, "ServiceStatement, Action");
/// How many resources a statement has.
pub const RESOURCES: Limit = Limit::count(1, 10, "ServiceStatement, Resource");
/// How many conditions a statement has.
pub const CONDITIONS: Limit = Limit::count(0, 10, "ServiceStatement, Condition");
/// Where a role that a list asks for is meant to be granted.
pub const ROLE_PLACE: Limit = Limit::one_of(
    &["domain", "project", "all"],
    "KeystoneListPermissions, type",
);
/// What the cloud calls a role that a list asks for.
pub const PERMISSION_TYPE: Limit = Limit::one_of(
    &["policy", "role"],
    "KeystoneListPermissions, permission_type",
);

/// The name of a project: that of its region, an underscore, and its own.
pub const PROJECT_NAME: Limit = Limit::text(
    1,
    64,
    Class {
        set: "A-Za-z0-9_-",
        says: "ASCII letters, digits, - and _",
    },
    "KeystoneCreateProject, name",
);
/// The words that describe a project.
pub const PROJECT_DESCRIPTION: Limit =
    Limit::text(0, 255, LINE, "KeystoneCreateProject, description");

/// Which page of a list is shown; 1 is the first.
pub const PAGE: Limit = Limit::number(1, u32::MAX as i64, "KeystoneListProjects, page");
/// How many projects a page has.
pub const PROJECTS_PER_PAGE: Limit = Limit::number(1, 5_000, "KeystoneListProjects, per_page");
/// How many roles a page has.
pub const ROLES_PER_PAGE: Limit = Limit::number(1, 300, "KeystoneListPermissions, per_page");

/// The words that describe an access key.
pub const DESCRIPTION: Limit = Limit::text(
    0,
    255,
    Class {
        set: "^@#%&<>\\$^*\0-\u{1f}\u{7f}-\u{9f}",
        says: "none of @ # % & < > \\ $ ^ * and no control characters",
    },
    "CreatePermanentAccessKey, description",
);
/// The longest that a temporary access key lasts, in seconds.
pub const LONGEST_TEMPORARY_KEY_S: i64 = 86_400;
/// How long a temporary access key lasts, in seconds.
pub const DURATION: Limit = Limit::number(
    900,
    LONGEST_TEMPORARY_KEY_S,
    "CreateTemporaryAccessKeyByToken, duration_seconds",
);
/// Whether requests may be signed with an access key.
pub const KEY_STATUS: Limit =
    Limit::one_of(&["active", "inactive"], "UpdatePermanentAccessKey, status");
