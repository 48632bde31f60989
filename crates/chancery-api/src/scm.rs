//! SCM, the store of certificates that users bring.

mod certificates;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Scm;
    POST "/v3/scm/certificates/import"
        Access::Action("scm:cert:upload") => certificates::import,
    GET "/v3/scm/certificates"
        Access::Action("scm:cert:list") => certificates::list,
    GET "/v3/scm/certificates/{certificate_id}"
        Access::Action("scm:cert:get") => certificates::show,
    DELETE "/v3/scm/certificates/{certificate_id}"
        Access::Action("scm:cert:delete") => certificates::delete,
    POST "/v3/scm/certificates/{certificate_id}/export"
        Access::Action("scm:cert:export") => certificates::export,
];
