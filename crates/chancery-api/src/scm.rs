//! SCM, the store of certificates that users bring.

mod certificates;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Scm;
    POST "/v3/scm/certificates/import"
        Access::Resource("scm:cert:upload") => certificates::import,
    GET "/v3/scm/certificates"
        Access::Resource("scm:cert:list") => certificates::list,
    GET "/v3/scm/certificates/{certificate_id}"
        Access::Resource("scm:cert:get") => certificates::show,
    DELETE "/v3/scm/certificates/{certificate_id}"
        Access::Resource("scm:cert:delete") => certificates::delete,
    POST "/v3/scm/certificates/{certificate_id}/export"
        Access::Resource("scm:cert:export") => certificates::export,
];
