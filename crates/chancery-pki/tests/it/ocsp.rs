//! OCSP: clients and judgements of OpenSSL, and hostile requests.

use chancery_crypto::random::SystemRandom;
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::crl::RevocationReason;
use chancery_pki::ocsp::{
    BasicResponse, CaHashes, CertId, CertIdHash, CertStatus, MAX_CERT_IDS, Nonce, OcspError,
    OcspRequest, OcspResponse, OcspTemplate, Responder, ResponderId, responder_template,
};
use chancery_pki::pem::LineEnding;
use chancery_pki::{Certificate, DistinguishedName, PkiError, SerialNumber, Validity};
use proptest::prelude::*;

use crate::crls::ca;
use crate::openssl::OpenSsl;
use crate::support::{NOW_MS, NOW_S, issue, key, server_template};

const DAY_MS: i64 = 24 * 3_600_000;
const REVOKED: CertStatus = CertStatus::Revoked {
    at_ms: NOW_MS - DAY_MS,
    reason: RevocationReason::KeyCompromise,
};

/// A responder of the CA, with a key of the same kind.
fn delegate(ca: &Certificate, ca_key: &PrivateKey) -> (Certificate, &'static PrivateKey) {
    let own = key(ca_key.algorithm(), 1);
    let validity = Validity {
        not_before_ms: NOW_MS - DAY_MS,
        not_after_ms: NOW_MS + 7 * DAY_MS,
    };
    let template = responder_template(
        DistinguishedName::common("OCSP").into(),
        own.public_key_der(),
        validity,
        SerialNumber::random(&SystemRandom),
    );
    let hash = ca_key.algorithm().default_hash();
    (issue(&template, ca, ca_key, hash), own)
}

fn serial(certificate: &Certificate) -> SerialNumber {
    SerialNumber::from_bytes(&hex::decode(certificate.serial_hex()).unwrap())
}

fn basic(der: &[u8]) -> BasicResponse {
    match OcspResponse::from_der(der).unwrap() {
        OcspResponse::Basic(basic) => *basic,
        OcspResponse::Error(error) => panic!("{error:?}"),
    }
}

/// Every status, direct and delegated, by name and by key, asked by OpenSSL and judged by it.
#[test]
fn openssl_asks_and_verifies() {
    let Some(openssl) = OpenSsl::new("OCSP") else {
        return;
    };
    for algorithm in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
    ] {
        let (root, root_key) = ca(algorithm);
        let hash = algorithm.default_hash();
        let leaf = || issue(&server_template(root_key), &root, root_key, hash);
        let (good, bad, unknown) = (leaf(), leaf(), leaf());
        for (name, certificate) in [
            ("root.pem", &root),
            ("good.pem", &good),
            ("bad.pem", &bad),
            ("unknown.pem", &unknown),
        ] {
            openssl.write(name, certificate.pem(LineEnding::Lf));
        }
        let hashes = CaHashes::of(&root).unwrap();
        let lookup = |id: &CertId| {
            let status = match id.serial() {
                _ if !hashes.issued(id) => CertStatus::Unknown,
                s if *s == serial(&good) => CertStatus::Good,
                s if *s == serial(&bad) => REVOKED,
                _ => CertStatus::Unknown,
            };
            (status, NOW_MS, Some(NOW_MS + DAY_MS))
        };
        let (delegated, delegated_key) = delegate(&root, root_key);
        assert!(delegated.is_ocsp_responder() && !root.is_ocsp_responder());
        for (digest, id) in [
            ("sha1", ResponderId::ByKey),
            ("sha256", ResponderId::ByName),
        ] {
            let ask = "-issuer root.pem";
            let certs = format!(
                "-{digest} -cert good.pem -{digest} -cert bad.pem -{digest} -cert unknown.pem"
            );
            openssl.run(&format!("ocsp {ask} {certs} -reqout request.der"));
            let request = OcspRequest::from_der(&openssl.read("request.der")).unwrap();
            assert_eq!(request.cert_ids().len(), 3);
            assert!(request.nonce().is_some());
            assert!(request.cert_ids().iter().all(|id| hashes.issued(id)));
            let template = OcspTemplate::answer(&request, NOW_MS, lookup);
            for (responder, signer) in [
                (Responder::direct(&root, id).unwrap(), root_key),
                (
                    Responder::delegated(&root, &delegated, id).unwrap(),
                    delegated_key,
                ),
            ] {
                let response = template.sign(&responder, hash, signer).unwrap();
                openssl.write("response.der", &response);
                let judge = |question: &str| {
                    let judged = openssl.try_run(&format!(
                        "ocsp {ask} {question} -respin response.der -CAfile root.pem \
                         -attime {NOW_S} -validity_period 1000000000"
                    ));
                    assert!(judged.status.success());
                    let said = [judged.stdout, judged.stderr].concat();
                    String::from_utf8_lossy(&said).into_owned()
                };
                // The request as it was asked, for the nonce; another one is told apart.
                let said = judge("-reqin request.der");
                assert_eq!(said.trim(), "Response verify OK");
                let said = judge(&format!("{certs} -no_nonce"));
                for expected in [
                    "Response verify OK",
                    "good.pem: good",
                    "bad.pem: revoked",
                    "Reason: keyCompromise",
                    "Revocation Time: May 27 20:26:40 2026 GMT",
                    "unknown.pem: unknown",
                    "Next Update: May 29 20:26:40 2026 GMT",
                ] {
                    assert!(said.contains(expected), "{expected} is not in {said}");
                }
                let other = openssl.try_run(&format!(
                    "ocsp {ask} {certs} -respin response.der -CAfile root.pem"
                ));
                let said = String::from_utf8_lossy(&other.stderr);
                assert!(said.contains("Nonce Verify error"), "{said}");
                assert_eq!(basic(&response).verify(&root), Ok(()));
            }
        }
    }
}

/// A signed request with the name of who asks, and the answer of OpenSSL's own responder.
#[test]
fn signed_requests_and_answers_of_openssl_are_read() {
    let Some(openssl) = OpenSsl::new("OCSP by openssl") else {
        return;
    };
    let (root, root_key) = ca(KeyAlgorithm::EcP256);
    openssl.write("root.pem", root.pem(LineEnding::Lf));
    openssl.write("key.der", root_key.pkcs8_der());
    openssl.run("pkey -inform DER -in key.der -out key.pem");
    openssl.write(
        "index.txt",
        "R\t300101000000Z\t260101000000Z,superseded\t0ABC\tunknown\t/CN=x\n\
         V\t300101000000Z\t\t0ABD\tunknown\t/CN=y\n",
    );
    openssl.run(
        "ocsp -issuer root.pem -serial 0x0ABC -serial 0x0ABD -serial 0x0ABE -signer root.pem \
         -signkey key.pem -reqout request.der",
    );
    let request = OcspRequest::from_der(&openssl.read("request.der")).unwrap();
    let hashes = CaHashes::of(&root).unwrap();
    assert!(request.cert_ids().iter().all(|id| hashes.issued(id)));
    openssl.run(
        "ocsp -index index.txt -CA root.pem -rsigner root.pem -rkey key.pem -reqin request.der \
         -respout response.der -ndays 1",
    );
    let response = basic(&openssl.read("response.der"));
    assert_eq!(response.verify(&root), Ok(()));
    assert_eq!(response.nonce(), request.nonce());
    let answers = response.responses().iter();
    assert!(answers.clone().map(|a| &a.cert_id).eq(request.cert_ids()));
    let superseded = CertStatus::Revoked {
        at_ms: 1_767_225_600_000,
        reason: RevocationReason::Superseded,
    };
    assert!(
        answers
            .map(|a| a.status)
            .eq([superseded, CertStatus::Good, CertStatus::Unknown])
    );
}

#[test]
fn openssl_shows_the_responder_certificate() {
    let Some(openssl) = OpenSsl::new("the responder's certificate") else {
        return;
    };
    let (root, root_key) = ca(KeyAlgorithm::EcP256);
    let (certificate, _) = delegate(&root, root_key);
    openssl.write("root.pem", root.pem(LineEnding::Lf));
    openssl.write("responder.pem", certificate.pem(LineEnding::Lf));
    let text = openssl.run("x509 -in responder.pem -noout -text");
    for expected in [
        "OCSP Signing",
        "OCSP No Check:",
        "Digital Signature",
        "CA:FALSE",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    openssl.run(&format!(
        "verify -x509_strict -purpose ocsphelper -attime {NOW_S} -CAfile root.pem responder.pem"
    ));
}

#[test]
fn openssl_reads_errors() {
    let Some(openssl) = OpenSsl::new("OCSP errors") else {
        return;
    };
    let names = [
        "malformedrequest",
        "internalerror",
        "trylater",
        "unauthorized",
    ];
    for (error, name) in OcspError::ALL.iter().zip(names) {
        let der = error.response_der();
        assert_eq!(
            OcspResponse::from_der(&der),
            Ok(OcspResponse::Error(*error))
        );
        openssl.write("error.der", der);
        let output = openssl.try_run("ocsp -respin error.der -resp_text -noverify");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(said.contains(name), "{name}: {said}");
    }
}

/// OpenSSL 3.0 reads SM2 answers; the signature, over the default user id, is judged here.
#[test]
fn sm2_answers() {
    let (root, root_key) = ca(KeyAlgorithm::Sm2);
    let (delegated, delegated_key) = delegate(&root, root_key);
    let id = CertId::new(CertIdHash::Sm3, &root, &SerialNumber::from_bytes(&[0x80])).unwrap();
    assert!(CaHashes::of(&root).unwrap().issued(&id));
    let request = OcspRequest::new(vec![id], Some(Nonce::new(&[7; 32]).unwrap()));
    let request = OcspRequest::from_der(&request.to_der().unwrap()).unwrap();
    assert_eq!(request.cert_ids()[0].hash(), Some(CertIdHash::Sm3));
    let template = OcspTemplate::answer(&request, NOW_MS, |_| (REVOKED, NOW_MS, None));
    let responder = Responder::delegated(&root, &delegated, ResponderId::ByKey).unwrap();
    let der = template
        .sign(&responder, HashAlgorithm::Sm3, delegated_key)
        .unwrap();
    let response = basic(&der);
    assert_eq!(response.verify(&root), Ok(()));
    assert_eq!(response.responses(), template.responses);
    assert_eq!(response.certificates(), [delegated]);
    if let Some(openssl) = OpenSsl::new("SM2 answers") {
        openssl.write("response.der", der);
        let text = openssl.run("ocsp -respin response.der -resp_text -noverify");
        assert!(text.contains("Signature Algorithm: SM2-with-SM3"), "{text}");
        assert!(text.contains("Cert Status: revoked"), "{text}");
    }
}

/// A name hash and a key hash must both be those of the CA, and a CA with the same name is not
/// the same.
#[test]
fn requests_find_their_ca() {
    let (root, _) = ca(KeyAlgorithm::EcP256);
    let (namesake, _) = ca(KeyAlgorithm::Rsa2048);
    assert_eq!(root.subject_der(), namesake.subject_der());
    let hashes = CaHashes::of(&root).unwrap();
    let one = SerialNumber::from_bytes(&[1]);
    for hash in CertIdHash::ALL {
        let id = |ca| CertId::new(*hash, ca, &one).unwrap();
        assert!(hashes.issued(&id(&root)) && !hashes.issued(&id(&namesake)));
        assert_eq!(id(&root).hash(), Some(*hash));
        let (name, key) = hashes.by(*hash).unwrap();
        assert_eq!(name.len(), key.len());
    }
    // The key hash of SHA-1 is the key identifier that the certificate shows.
    assert_eq!(Some(hashes.by(CertIdHash::Sha1).unwrap().1), root.ski());
}

#[test]
fn only_a_certified_responder_answers() {
    let (root, root_key) = ca(KeyAlgorithm::EcP256);
    let server = issue(
        &server_template(root_key),
        &root,
        root_key,
        HashAlgorithm::Sha256,
    );
    let by_key = ResponderId::ByKey;
    let refused = Responder::delegated(&root, &server, by_key).unwrap_err();
    assert!(matches!(refused, PkiError::NotAResponder(_)));
    let (other, other_key) = ca(KeyAlgorithm::Rsa2048);
    let (foreign, _) = delegate(&other, other_key);
    let refused = Responder::delegated(&root, &foreign, by_key).unwrap_err();
    assert_eq!(refused, PkiError::BadSignature);
    let refused = Responder::direct(&server, by_key).unwrap_err();
    assert!(matches!(refused, PkiError::NotAnAuthority(_)));
    let request = request(&root, Some(vec![1]));
    let template = OcspTemplate::answer(&request, NOW_MS, |_| (CertStatus::Good, NOW_MS, None));
    let direct = Responder::direct(&root, by_key).unwrap();
    let hash = HashAlgorithm::Sha256;
    let refused = template.sign(&direct, hash, other_key).unwrap_err();
    assert_eq!(refused, PkiError::WrongSigner);
    let response = basic(&template.sign(&direct, hash, root_key).unwrap());
    assert_eq!(response.verify(&root), Ok(()));
    assert!(response.verify(&other).is_err());
}

#[test]
fn answers_that_make_no_sense_are_not_signed() {
    let (root, root_key) = ca(KeyAlgorithm::EcP256);
    let responder = Responder::direct(&root, ResponderId::ByName).unwrap();
    let request = request(&root, None);
    let field = |change: fn(&mut OcspTemplate)| {
        let mut template =
            OcspTemplate::answer(&request, NOW_MS, |_| (CertStatus::Good, NOW_MS, None));
        change(&mut template);
        match template.sign(&responder, HashAlgorithm::Sha256, root_key) {
            Err(PkiError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(field(|t| t.responses.clear()), "responses");
    assert_eq!(field(|t| t.produced_at_ms = NOW_MS - 1000), "this_update");
    assert_eq!(
        field(|t| t.responses[0].next_update_ms = Some(NOW_MS)),
        "next_update"
    );
    assert_eq!(field(|t| t.produced_at_ms = i64::MAX), "produced_at");
}

fn request(ca: &Certificate, nonce: Option<Vec<u8>>) -> OcspRequest {
    let id = CertId::new(CertIdHash::Sha1, ca, &SerialNumber::from_bytes(&[0x80])).unwrap();
    OcspRequest::new(vec![id], nonce.map(|bytes| Nonce::new(&bytes).unwrap()))
}

/// A request with an extension of this content for a nonce, as a client may write it that knows no
/// limits.
fn with_nonce(der: &[u8], value: &[u8]) -> Vec<u8> {
    /// `content` behind its tag and length.
    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len().to_be_bytes();
        let length = match content.len() {
            ..0x80 => vec![length[7]],
            0x80..0x100 => vec![0x81, length[7]],
            _ => vec![0x82, length[6], length[7]],
        };
        [&[tag], &*length, content].concat()
    }
    // The request without a nonce: OCSPRequest { TBSRequest { requests } }.
    assert!(der[1] < 0x80 && der[3] < 0x80);
    let oid = b"\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x02";
    let extension = wrap(0x30, &[&oid[..], &wrap(0x04, value)].concat());
    let extensions = wrap(0xa2, &wrap(0x30, &extension));
    wrap(0x30, &wrap(0x30, &[&der[4..], &*extensions].concat()))
}

#[test]
fn limits_of_requests() {
    let (root, _) = ca(KeyAlgorithm::EcP256);
    let id = request(&root, None).cert_ids()[0].clone();
    let reads = |count: usize| {
        let request = OcspRequest::new(vec![id.clone(); count], None);
        request.to_der().and_then(|der| OcspRequest::from_der(&der))
    };
    assert!(reads(1).is_ok() && reads(MAX_CERT_IDS).is_ok());
    assert!(reads(0).is_err() && reads(MAX_CERT_IDS + 1).is_err());
    assert!(Nonce::new(&[1]).is_ok() && Nonce::new(&[1; 128]).is_ok());
    assert!(Nonce::new(&[]).is_err() && Nonce::new(&[1; 129]).is_err());
}

/// RFC 9654 section 2.1, and what clients of RFC 2560 write: the bytes alone.
#[test]
fn nonces_of_any_writing_are_repeated_as_they_came() {
    let (root, key) = ca(KeyAlgorithm::EcP256);
    let bare = request(&root, None).to_der().unwrap();
    let octets = |length: u8| [&[4, length], &*vec![7; usize::from(length)]].concat();
    for (value, nonce) in [
        (octets(1), Some(&[7][..])),
        (octets(16), Some(&[7; 16])),
        (vec![9; 16], Some(&[9; 16])),
        (vec![9], Some(&[9])),
        (vec![4], Some(&[4])),
        // No whole OCTET STRING, though it begins as one.
        (vec![4, 3, 1], Some(&[4, 3, 1])),
        (vec![4, 1, 1, 1], Some(&[4, 1, 1, 1])),
        (vec![9; 128], Some(&[9; 128])),
        (vec![9; 129], None),
        (vec![], None),
        (octets(0), None),
        ([&[4, 0x81, 129], &[7; 129][..]].concat(), None),
    ] {
        let read = OcspRequest::from_der(&with_nonce(&bare, &value));
        let Some(nonce) = nonce else {
            let error = read.unwrap_err().to_string();
            assert!(error.contains("nonce"), "{value:?}: {error}");
            continue;
        };
        let read = read.unwrap();
        assert_eq!(read.nonce().unwrap().as_bytes(), nonce);
        let template = OcspTemplate::answer(&read, NOW_MS, |_| (CertStatus::Good, NOW_MS, None));
        let responder = Responder::direct(&root, ResponderId::ByKey).unwrap();
        let answer = template
            .sign(&responder, HashAlgorithm::Sha256, key)
            .unwrap();
        assert!(answer.windows(value.len()).any(|part| part == value));
        assert_eq!(basic(&answer).nonce(), read.nonce());
    }
}

/// One certificate has few names: a hash has no parameters, or NULL.
#[test]
fn a_hash_has_no_parameters() {
    let (root, _) = ca(KeyAlgorithm::EcP256);
    let der = request(&root, None).to_der().unwrap();
    let null = b"\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00";
    let at = der.windows(11).position(|part| part == null).unwrap();
    let read = |parameters: &[u8]| {
        let mut der = der.clone();
        der.splice(at + 9..at + 11, parameters.iter().copied());
        // The lengths around it: request, TBS, SEQUENCE OF, Request, CertID, algorithm.
        for length in [1, 3, 5, 7, 9, at + 1] {
            assert!(der[length] < 0x70);
            der[length] = der[length] + u8::try_from(parameters.len()).unwrap() - 2;
        }
        OcspRequest::from_der(&der)
    };
    let hashes = CaHashes::of(&root).unwrap();
    for parameters in [&b"\x05\x00"[..], b""] {
        let request = read(parameters).unwrap();
        assert!(hashes.issued(&request.cert_ids()[0]));
        let (hash, name, key) = request.cert_ids()[0].issuer().unwrap();
        assert_eq!(hashes.by(hash), Some((name, key)));
    }
    for parameters in [&b"\x04\x00"[..], b"\x04\x01a", b"\x30\x00", b"\x02\x01\x07"] {
        assert!(read(parameters).is_err(), "{parameters:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn requests_are_read_as_written(
        serials in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 1..5),
        hash in 0..3usize,
        nonce in prop::option::of(prop::collection::vec(any::<u8>(), 1..=128)),
    ) {
        let (root, _) = &*ROOT;
        let id = |serial: &Vec<u8>| {
            let serial = SerialNumber::from_bytes(serial);
            CertId::new(CertIdHash::ALL[hash], root, &serial).unwrap()
        };
        let nonce = nonce.map(|bytes| Nonce::new(&bytes).unwrap());
        let request = OcspRequest::new(serials.iter().map(id).collect(), nonce);
        let der = request.to_der().unwrap();
        prop_assert_eq!(OcspRequest::from_der(&der).unwrap(), request);
    }

    #[test]
    fn damaged_requests(bit: prop::sample::Index, cut: prop::sample::Index) {
        let der = request(&ROOT.0, Some(vec![1; 16])).to_der().unwrap();
        prop_assert!(OcspRequest::from_der(&der[..cut.index(der.len())]).is_err());
        let bit = bit.index(der.len() * 8);
        let mut flipped = der.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(request) = OcspRequest::from_der(&flipped) {
            // What can be read can be answered.
            let template =
                OcspTemplate::answer(&request, NOW_MS, |_| (CertStatus::Good, NOW_MS, None));
            let responder = Responder::direct(&ROOT.0, ResponderId::ByKey).unwrap();
            let der = template.sign(&responder, HashAlgorithm::Sha256, ROOT.1).unwrap();
            let read = basic(&der);
            prop_assert_eq!(read.responses(), template.responses);
        }
    }

    #[test]
    fn arbitrary_bytes(der in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(OcspRequest::from_der(&der).is_err());
        let _ = OcspResponse::from_der(&der);
    }

    #[test]
    fn answers_are_read_as_written(
        seconds in 0..200_000_000_000i64,
        kind in 0..11usize,
        next: bool,
        by_name: bool,
        nonce in prop::option::of(prop::collection::vec(any::<u8>(), 1..=128)),
    ) {
        let (root, root_key) = (&ROOT.0, ROOT.1);
        let ms = seconds * 1000;
        let status = match kind {
            9 => CertStatus::Good,
            10 => CertStatus::Unknown,
            reason => CertStatus::Revoked { at_ms: ms, reason: RevocationReason::ALL[reason] },
        };
        let request = request(root, nonce);
        let answer = |_: &CertId| (status, ms, next.then_some(ms + 1000));
        let template = OcspTemplate::answer(&request, ms, answer);
        let id = if by_name { ResponderId::ByName } else { ResponderId::ByKey };
        let responder = Responder::direct(root, id).unwrap();
        let response = template.sign(&responder, HashAlgorithm::Sha256, root_key).unwrap();
        let response = basic(&response);
        prop_assert_eq!(response.verify(root), Ok(()));
        prop_assert_eq!(response.produced_at_ms(), ms);
        prop_assert_eq!(response.responses(), template.responses);
        prop_assert_eq!(response.nonce(), request.nonce());
    }
}

static ROOT: std::sync::LazyLock<(Certificate, &'static PrivateKey)> =
    std::sync::LazyLock::new(|| ca(KeyAlgorithm::EcP256));
