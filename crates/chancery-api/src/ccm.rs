//! CCM, the private CA service.

mod agencies;
mod authorities;
mod certificates;
mod console;
mod crls;
pub(crate) mod fields;
mod ocsp;
mod orders;
mod quotas;
mod tags;

use crate::operation::{Access, Operation, operations};
use crate::service::Service;

pub(crate) const OPERATIONS: &[Operation] = operations![Service::Ccm;
    POST "/v1/private-certificate-authorities"
        Access::Resource("pca:ca:create") => authorities::create,
    GET "/v1/private-certificate-authorities"
        Access::Resource("pca:ca:list") => authorities::list,
    GET "/v1/private-certificate-authorities/{ca_id}"
        Access::Resource("pca:ca:get") => authorities::show,
    DELETE "/v1/private-certificate-authorities/{ca_id}"
        Access::Resource("pca:ca:delete") => authorities::delete,
    GET "/v1/private-certificate-authorities/{ca_id}/csr"
        Access::Resource("pca:ca:getCsr") => authorities::csr,
    POST "/v1/private-certificate-authorities/{ca_id}/activate"
        Access::Resource("pca:ca:activate") => authorities::activate,
    POST "/v1/private-certificate-authorities/{ca_id}/import"
        Access::Resource("pca:ca:import") => authorities::import,
    POST "/v1/private-certificate-authorities/{ca_id}/export"
        Access::Resource("pca:ca:export") => authorities::export,
    POST "/v1/private-certificate-authorities/{ca_id}/enable"
        Access::Resource("pca:ca:enable") => authorities::enable,
    POST "/v1/private-certificate-authorities/{ca_id}/disable"
        Access::Resource("pca:ca:disable") => authorities::disable,
    POST "/v1/private-certificate-authorities/{ca_id}/restore"
        Access::Resource("pca:ca:restore") => authorities::restore,
    GET "/v1/private-certificate-authorities/agency"
        Access::Action("pca:ca:getAgency") => agencies::show,
    POST "/v1/private-certificate-authorities/agencies"
        Access::Action("pca:ca:createAgency") => agencies::create,
    GET "/v1/private-certificate-authorities/obs/agencies"
        Access::Action("pca:ca:getObsAgency") => agencies::show,
    POST "/v1/private-certificate-authorities/obs/agencies"
        Access::Action("pca:ca:createObsAgency") => agencies::create,
    GET "/v1/private-certificate-authorities/obs/buckets"
        Access::Action("pca:ca:listObsBuckets") => agencies::buckets,
    GET "/v1/pca/config/console"
        Access::Action("pca:ca:getConsoleConfig") => console::show,
    POST "/v1/private-certificate-authorities/order"
        Access::Resource("pca:ca:create") => orders::create,
    GET "/v1/private-certificate-authorities/quotas"
        Access::Action("pca:ca:getQuota") => quotas::authorities,
    GET "/v1/private-certificate-authorities/tags"
        Access::Resource("pca:ca:listDomainTags") => tags::of_domain,
    POST "/v1/private-certificate-authorities/resource-instances/filter"
        Access::Resource("pca:ca:listByTag") => tags::authorities,
    POST "/v1/private-certificate-authorities/resource-instances/count"
        Access::Resource("pca:ca:listByTag") => tags::count_authorities,
    GET "/v1/private-certificate-authorities/{ca_id}/tags"
        Access::Resource("pca:ca:listTags") => tags::list,
    POST "/v1/private-certificate-authorities/{ca_id}/tags"
        Access::Resource("pca:ca:createTag") => tags::add_one,
    POST "/v1/private-certificate-authorities/{ca_id}/tags/create"
        Access::Resource("pca:ca:createTag") => tags::add,
    DELETE "/v1/private-certificate-authorities/{ca_id}/tags/delete"
        Access::Resource("pca:ca:deleteTag") => tags::remove,
    POST "/v1/private-certificate-authorities/{ca_id}/revoke"
        Access::Resource("pca:ca:revoke") => authorities::revoke,
    POST "/v1/private-certificate-authorities/{ca_id}/crl/enable"
        Access::Resource("pca:ca:enableCrl") => crls::enable,
    POST "/v1/private-certificate-authorities/{ca_id}/crl/disable"
        Access::Resource("pca:ca:disableCrl") => crls::disable,
    POST "/v1/private-certificate-authorities/{ca_id}/ocsp/switch"
        Access::Resource("pca:ca:switchOcsp") => ocsp::switch,
    POST "/v1/private-certificates"
        Access::Resource("pca:cert:create") => certificates::create,
    POST "/v1/private-certificates/csr"
        Access::Resource("pca:cert:createByCsr") => certificates::create_by_csr,
    POST "/v1/private-certificates/csr/parse"
        Access::Action("pca:cert:parseCsr") => certificates::parse_csr,
    GET "/v1/private-certificates"
        Access::Resource("pca:cert:list") => certificates::list,
    GET "/v1/private-certificates/{certificate_id}"
        Access::Resource("pca:cert:get") => certificates::show,
    DELETE "/v1/private-certificates/{certificate_id}"
        Access::Resource("pca:cert:delete") => certificates::delete,
    POST "/v1/private-certificates/{certificate_id}/export"
        Access::Resource("pca:cert:export") => certificates::export,
    POST "/v1/private-certificates/{certificate_id}/revoke"
        Access::Resource("pca:cert:revoke") => certificates::revoke,
    GET "/v1/private-certificates/quotas"
        Access::Action("pca:cert:getQuota") => quotas::certificates,
    GET "/v1/private-certificates/tags"
        Access::Resource("pca:cert:listDomainTags") => tags::of_domain,
    POST "/v1/private-certificates/resource-instances/filter"
        Access::Resource("pca:cert:listByTag") => tags::certificates,
    POST "/v1/private-certificates/resource-instances/count"
        Access::Resource("pca:cert:listByTag") => tags::count_certificates,
    GET "/v1/private-certificates/{certificate_id}/tags"
        Access::Resource("pca:cert:listTags") => tags::list,
    POST "/v1/private-certificates/{certificate_id}/tags"
        Access::Resource("pca:cert:createTag") => tags::add_one,
    POST "/v1/private-certificates/{certificate_id}/tags/create"
        Access::Resource("pca:cert:createTag") => tags::add,
    DELETE "/v1/private-certificates/{certificate_id}/tags/delete"
        Access::Resource("pca:cert:deleteTag") => tags::remove,
];
