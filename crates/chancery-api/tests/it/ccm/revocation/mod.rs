//! Revocation: of CAs, in lists, by OCSP, and what is due without a call.

mod authorities;
mod bundles;
mod clock;
mod copies;
mod crls;
mod from_the_start;
mod jobs;
mod ocsp;
mod own_buckets;
mod responders;

use std::sync::Mutex;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use chancery_pki::Certificate;
use chancery_pki::crl::Crl;
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{CAS, CERTIFICATES, certificate, root, subordinate, text, with};
use crate::support::Api;

/// Where the operator says that relying parties reach the desk.
const PKI_URL: &str = "http://pki.example:8080";

/// A desk that names its addresses in certificates.
async fn named_desk() -> Api {
    let named =
        |settings: &mut chancery_core::Settings| settings.pki_url = Some(PKI_URL.to_owned());
    Api::start_with(named).await
}

/// The body that switches revocation lists on.
fn lists(bucket: &str) -> Value {
    json!({ "obs_bucket_name": bucket, "valid_days": 8 })
}

impl Api {
    /// A root with its list in the bucket `lists`, and a certificate of it.
    async fn listing_root(&self) -> (String, String) {
        let id = self.new_ca(root("root")).await;
        self.enable_crl(&id, lists("lists")).await;
        let certificate = certificate("a.example.com", &id);
        let certificate = self.new_certificate(certificate).await;
        (id, certificate)
    }

    async fn enable_crl(&self, id: &str, body: Value) {
        let path = format!("{CAS}/{id}/crl/enable");
        self.succeed("POST", &path, Some(body)).await;
    }

    async fn switch_ocsp(&self, id: &str, on: bool) {
        let path = format!("{CAS}/{id}/ocsp/switch");
        let body = json!({ "ocsp_switch": on });
        self.succeed("POST", &path, Some(body)).await;
    }

    async fn revoke_certificate(&self, certificate: &str, reason: &str) {
        let path = format!("{CERTIFICATES}/{certificate}/revoke");
        let body = json!({ "reason": reason });
        self.succeed("POST", &path, Some(body)).await;
    }

    async fn revoke_ca(&self, id: &str) {
        let path = format!("{CAS}/{id}/revoke");
        self.succeed("POST", &path, Some(json!({}))).await;
    }

    /// The certificate of a CA, also of one that cannot be exported.
    async fn certificate_of_ca(&self, id: &str) -> Certificate {
        let row = self.store.public_authority(id).await.unwrap().unwrap();
        Certificate::from_der(&row.certificate.unwrap()).unwrap()
    }

    async fn certificate_of(&self, id: &str) -> Certificate {
        let row = self.store.private_certificate(&self.domain_id, id).await;
        Certificate::from_der(&row.unwrap().unwrap().certificate).unwrap()
    }

    /// Asks the listener for relying parties.
    async fn fetch(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
        let router = chancery_api::pki_router(std::sync::Arc::clone(&self.desk));
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, body.to_vec())
    }

    /// Has the lists made that revocations have outdated, as the server does. Returns how long it
    /// waited each time; the clock shows nothing of that.
    async fn lists_made(&self) -> Vec<u64> {
        let waited = Mutex::new(Vec::new());
        let wait = |time: Duration| {
            let ms = u64::try_from(time.as_millis()).unwrap();
            waited.lock().unwrap().push(ms);
            self.clock.pass_ms(ms.try_into().unwrap());
            std::future::ready(())
        };
        self.desk.make_outdated_crls(wait).await;
        waited.into_inner().unwrap()
    }

    /// The list that a CA publishes once it tells all that was revoked here.
    async fn newest_crl(&self, id: &str) -> Crl {
        self.lists_made().await;
        self.crl(id).await
    }

    /// The list that a CA publishes, which the CA must have signed.
    async fn crl(&self, id: &str) -> Crl {
        let request = Request::get(format!("/crl/{id}.crl")).body(Body::empty());
        let (status, headers, body) = self.fetch(request.unwrap()).await;
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "application/pkix-crl");
        let crl = Crl::from_der(&body).unwrap();
        crl.verify_signed_by(&self.certificate_of_ca(id).await)
            .unwrap();
        crl
    }
}

/// The serial numbers on a list, in hex.
fn serials(crl: &Crl) -> Vec<String> {
    crl.revoked()
        .iter()
        .map(|entry| entry.serial.hex())
        .collect()
}
