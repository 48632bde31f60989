//! Certificates, as DER and as PEM.
#![no_main]

use chancery_pki::described::Described;
use chancery_pki::{Certificate, Issuer, chain};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Described::from_der(bytes);
    let pem = std::str::from_utf8(bytes).ok();
    let read = [
        Certificate::from_der(bytes).ok(),
        pem.and_then(|text| Certificate::from_pem(text).ok()),
    ];
    for certificate in read.into_iter().flatten() {
        let _ = (
            certificate.subject(),
            certificate.issuer(),
            certificate.sans(),
        );
        let _ = (
            certificate.weakness(),
            certificate.is_self_signed(),
            certificate.serial_hex(),
        );
        let _ = (Issuer::of(&certificate), format!("{certificate:?}"));
        let _ = chain::order(&certificate, vec![certificate.clone()]);
        let _ = chain::check_names(&[certificate.clone(), certificate]);
    }
});
