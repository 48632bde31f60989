//! CRLs.
#![no_main]

use chancery_pki::crl::Crl;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(crl) = Crl::from_der(bytes) {
        let _ = (crl.number(), crl.revoked(), format!("{crl:?}"));
        let _ = (crl.distribution_point(), crl.aki(), crl.next_update_ms());
    }
});
