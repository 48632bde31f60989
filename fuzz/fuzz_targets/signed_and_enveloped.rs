//! GM/T 0010 envelopes.
#![no_main]

use std::sync::LazyLock;

use chancery_crypto::{PrivateKey, sm2};
use chancery_pki::Certificate;
use chancery_pki::envelope::open_signed_and_enveloped;
use libfuzzer_sys::fuzz_target;

/// The recipient of the known answers, which are a good corpus to begin with.
static RECIPIENT: LazyLock<PrivateKey> = LazyLock::new(|| {
    let mut scalar: [u8; 32] = std::array::from_fn(|i| 0x40 + i as u8);
    scalar[31] = 2;
    sm2::key_from_scalar(&scalar).expect("the scalar is in range")
});

static CA: LazyLock<Certificate> = LazyLock::new(|| {
    let der = include_bytes!("../../crates/chancery-pki/tests/it/envelopes/ca.der");
    Certificate::from_der(der).expect("the certificate is one")
});

fuzz_target!(|der: &[u8]| {
    let _ = open_signed_and_enveloped(der, &RECIPIENT, &CA);
});
