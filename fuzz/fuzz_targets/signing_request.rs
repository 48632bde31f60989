//! Signing requests, as DER and as PEM.
#![no_main]

use chancery_pki::SigningRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let pem = std::str::from_utf8(bytes).ok();
    let read = [
        SigningRequest::parse_der(bytes).ok(),
        pem.and_then(|text| SigningRequest::parse_pem(text).ok()),
    ];
    for request in read.into_iter().flatten() {
        let _ = (request.subject(), request.sans(), request.key_usages());
        let _ = (request.extended_key_usages(), format!("{request:?}"));
        let _ = (
            request.signature_algorithm_jca(),
            request.name_constraints(),
        );
    }
});
