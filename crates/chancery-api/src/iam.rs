//! IAM: what every client calls first.

mod access_keys;
mod authorization_messages;
mod domains;
mod projects;
mod security_tokens;
mod tokens;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const V30_OPERATIONS: &[Operation] = operations![Service::IamV30;
    POST "/v3.0/OS-CREDENTIAL/securitytokens" Access::Identified("iam:credentials:createTemporaryAccessKey") => security_tokens::create,
    POST "/v3.0/OS-CREDENTIAL/credentials" Access::Identified("iam:credentials:createCredential") => access_keys::create,
    GET "/v3.0/OS-CREDENTIAL/credentials" Access::Identified("iam:credentials:listCredentials") => access_keys::list,
    GET "/v3.0/OS-CREDENTIAL/credentials/{access_key}" Access::Identified("iam:credentials:getCredential") => access_keys::show,
    PUT "/v3.0/OS-CREDENTIAL/credentials/{access_key}" Access::Identified("iam:credentials:updateCredential") => access_keys::update,
    DELETE "/v3.0/OS-CREDENTIAL/credentials/{access_key}" Access::Identified("iam:credentials:deleteCredential") => access_keys::delete,
    POST "/v5/decode-authorization-message" Access::Action("sts::decodeAuthorizationMessage") => authorization_messages::decode,
];

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Iam;
    POST "/v3/auth/tokens" Access::Public => tokens::create,
    GET "/v3/auth/tokens" Access::Identified("iam:tokens:validate") => tokens::show,
    DELETE "/v3/auth/tokens" Access::Identified("iam:tokens:revoke") => tokens::revoke,
    GET "/v3/auth/domains" Access::Identified("iam:domains:list") => domains::list,
    GET "/v3/auth/projects" Access::Identified("iam:projects:listForUser") => projects::list_mine,
    GET "/v3/projects" Access::Action("iam:projects:listProjects") => projects::list,
];
