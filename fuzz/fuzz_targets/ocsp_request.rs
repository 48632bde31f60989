//! OCSP requests, and responses.
#![no_main]

use chancery_pki::ocsp::{OcspRequest, OcspResponse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = OcspRequest::from_der(bytes) {
        let der = request.to_der().expect("what was read can be written");
        assert_eq!(OcspRequest::from_der(&der), Ok(request));
    }
    let _ = OcspResponse::from_der(bytes);
});
