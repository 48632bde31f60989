//! SM2 certificates and keys that OpenSSL made, and what OpenSSL says of an export.

use serde_json::{Value, json};

use super::import::{PATH, count};
use super::material::bring;
use crate::openssl::OpenSsl;
use crate::support::Api;

/// A family of algorithms, in the words of OpenSSL.
struct Family {
    new_key: &'static str,
    /// What signs certificates and requests.
    sign: &'static str,
    /// What verifies requests, after a space.
    verify: &'static str,
}

const SM2: Family = Family {
    new_key: "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2",
    // Untold, OpenSSL leaves the user id empty.
    sign: "-sm3 -sigopt distid:1234567812345678",
    verify: " -vfyopt distid:1234567812345678",
};
const RSA: Family = Family {
    new_key: "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
    sign: "-sha256",
    verify: "",
};

const SIGNS: &str = "keyUsage=critical,digitalSignature,nonRepudiation";
const ENCRYPTS: &str = "keyUsage=critical,keyEncipherment,dataEncipherment,keyAgreement";

/// Writes `root` and `sub` below it.
fn authorities(openssl: &OpenSsl, family: &Family) {
    let Family {
        new_key,
        sign,
        verify,
    } = family;
    for name in ["root", "sub"] {
        openssl.run(&format!("{new_key} -out {name}.key"));
    }
    openssl.run(&format!(
        "req -x509 -new -key root.key -out root.pem -days 3650 -subj /CN=Foreign-Root {sign}"
    ));
    openssl.run(&format!(
        "req -new -key sub.key -out sub.csr -subj /CN=Foreign-Sub {sign}"
    ));
    openssl.write(
        "ca.ext",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n",
    );
    openssl.run(&format!(
        "x509 -req -in sub.csr -CA root.pem -CAkey root.key -CAcreateserial -out sub.pem \
         -days 2000 -extfile ca.ext {sign}{verify}"
    ));
}

/// Writes `name.key` and `name.pem`, a key of the family that `sub` certified with `sign`.
fn leaf(openssl: &OpenSsl, name: &str, family: &Family, usage: &str, sign: &str) {
    openssl.run(&format!("{} -out {name}.key", family.new_key));
    openssl.run(&format!(
        "req -new -key {name}.key -out {name}.csr -subj /CN=www.example.com {}",
        family.sign
    ));
    let names = "subjectAltName=DNS:www.example.com";
    openssl.write(&format!("{name}.ext"), format!("{usage}\n{names}\n"));
    openssl.run(&format!(
        "x509 -req -in {name}.csr -CA sub.pem -CAkey sub.key -CAcreateserial -out {name}.pem \
         -days 365 -extfile {name}.ext {sign}{}",
        family.verify
    ));
}

/// Writes `sign` and `enc` with their keys, and a whole chain above them.
fn pair(openssl: &OpenSsl) {
    authorities(openssl, &SM2);
    leaf(openssl, "sign", &SM2, SIGNS, SM2.sign);
    leaf(openssl, "enc", &SM2, ENCRYPTS, SM2.sign);
}

/// The body that brings files of the folder as a pair.
fn body(openssl: &OpenSsl, chain: &[&str], (sign_key, enc_key): (&str, &str)) -> Value {
    let chain: String = chain.iter().map(|name| openssl.text(name)).collect();
    json!({
        "name": "foreign-pair",
        "certificate": openssl.text("sign.pem"),
        "certificate_chain": chain,
        "private_key": openssl.text(sign_key),
        "enc_certificate": openssl.text("enc.pem"),
        "enc_private_key": openssl.text(enc_key),
    })
}

/// Writes an export to files and lets OpenSSL judge: both certificates hold, link by link (its
/// option for the user id reaches the first signature alone), and each key is its certificate's.
async fn judge(api: &Api, openssl: &OpenSsl, id: &str) {
    let path = format!("/v3/scm/certificates/{id}/export");
    let exported = api.succeed("POST", &path, None).await;
    let fields = [
        "certificate",
        "private_key",
        "enc_certificate",
        "enc_private_key",
    ];
    for field in fields {
        openssl.write(field, exported[field].as_str().unwrap());
    }
    let issuers = exported["certificate_chain"].as_str().unwrap();
    let expected = openssl.text("sub.pem") + &openssl.text("root.pem");
    assert_eq!(issuers, expected.trim_end());
    for field in ["certificate", "enc_certificate"] {
        let verified = openssl.run(&format!(
            "verify -no_check_time -partial_chain -trusted sub.pem{} {field}",
            SM2.verify
        ));
        assert_eq!(verified.trim(), format!("{field}: OK"));
    }
    for (certificate, key) in [(fields[0], fields[1]), (fields[2], fields[3])] {
        openssl.run(&format!("pkey -in {key} -check -noout"));
        assert_eq!(
            openssl.run(&format!("pkey -in {key} -pubout")),
            openssl.run(&format!("x509 -in {certificate} -pubkey -noout"))
        );
    }
    // What is encrypted to the certificate, the key decrypts.
    openssl.write("secret", "premaster");
    openssl.run("pkeyutl -encrypt -certin -inkey enc_certificate -in secret -out cipher");
    let opened = openssl.run("pkeyutl -decrypt -inkey enc_private_key -in cipher");
    assert_eq!(opened, "premaster");
}

#[tokio::test]
async fn pairs_with_keys_in_every_form_are_taken() {
    let Some(openssl) = OpenSsl::new("importing foreign SM2 pairs") else {
        return;
    };
    let api = Api::start().await;
    pair(&openssl);
    let parameters = openssl.run("ecparam -name SM2");
    for name in ["sign", "enc"] {
        openssl.run(&format!("ec -in {name}.key -out {name}.sm2"));
        let sm2 = openssl.text(&format!("{name}.sm2"));
        assert!(sm2.starts_with("-----BEGIN SM2 PRIVATE KEY-----"));
        // As OpenSSL 1.1.1 and other programs label it.
        openssl.write(&format!("{name}.ec"), sm2.replace("SM2 PRIV", "EC PRIV"));
        openssl.write(&format!("{name}.both"), parameters.clone() + &sm2);
    }
    for form in ["key", "sm2", "ec", "both"] {
        let keys = (format!("sign.{form}"), format!("enc.{form}"));
        let chain = ["root.pem", "sub.pem"];
        let id = bring(&api, body(&openssl, &chain, (&keys.0, &keys.1))).await;
        judge(&api, &openssl, &id).await;
    }
}

#[tokio::test]
async fn certificates_that_name_no_usage_are_not_restricted() {
    let Some(openssl) = OpenSsl::new("importing SM2 pairs without usages") else {
        return;
    };
    let api = Api::start().await;
    pair(&openssl);
    let chain = ["sub.pem", "root.pem"];
    let keys = ("sign.key", "enc.key");
    let none = "basicConstraints=CA:FALSE";
    leaf(&openssl, "enc", &SM2, none, SM2.sign);
    bring(&api, body(&openssl, &chain, keys)).await;
    leaf(&openssl, "sign", &SM2, none, SM2.sign);
    bring(&api, body(&openssl, &chain, keys)).await;
}

#[tokio::test]
async fn self_signed_pairs_and_single_certificates_are_taken() {
    let Some(openssl) = OpenSsl::new("importing self-signed SM2 certificates") else {
        return;
    };
    let api = Api::start().await;
    let Family {
        new_key,
        sign,
        verify,
    } = SM2;
    for name in ["sign", "enc"] {
        openssl.run(&format!("{new_key} -out {name}.key"));
        openssl.run(&format!(
            "req -x509 -new -key {name}.key -out {name}.pem -days 90 -subj /CN=localhost {sign}"
        ));
    }
    let keys = ("sign.key", "enc.key");
    let own = body(&openssl, &[], keys);
    bring(&api, own.clone()).await;
    let mut single = own.clone();
    single["enc_certificate"] = Value::Null;
    single["enc_private_key"] = Value::Null;
    bring(&api, single).await;

    // The signing certificate may be an authority, and the other's.
    openssl.run(&format!(
        "req -new -key enc.key -out enc.csr -subj /CN=localhost {sign}"
    ));
    let certify = "x509 -req -in enc.csr -out enc.pem -CA sign.pem -CAkey sign.key \
                   -CAcreateserial -days 90";
    openssl.run(&format!("{certify} {sign}{verify}"));
    bring(&api, body(&openssl, &[], keys)).await;

    // Neither: signed with the empty user id, as OpenSSL does untold.
    openssl.run(&format!("{certify} -sm3{verify}"));
    let text = "enc_certificate was not issued by the issuer of certificate, \"CN=localhost\": \
                signature does not verify; SM2 certificates are signed with the user id";
    let bad = body(&openssl, &[], keys);
    api.refused(("POST", PATH), Some(bad), (400, "SCM.0079"), text)
        .await;
    assert_eq!(count(&api).await, 3);
}

#[tokio::test]
async fn encrypted_keys_are_refused() {
    let Some(openssl) = OpenSsl::new("refusing encrypted SM2 keys") else {
        return;
    };
    let api = Api::start().await;
    pair(&openssl);
    for cipher in ["aes256", "sm4-cbc"] {
        let password = "-passout pass:secret";
        openssl.run(&format!(
            "pkcs8 -topk8 -in enc.key -out enc.{cipher} {password} -v2 {cipher}"
        ));
        let body = body(
            &openssl,
            &["sub.pem"],
            ("sign.key", &format!("enc.{cipher}")),
        );
        let text = "enc_private_key is encrypted: it must be given without a password";
        api.refused(("POST", PATH), Some(body), (400, "SCM.0012"), text)
            .await;
    }
    openssl.run("ec -in enc.key -out enc.old -aes128 -passout pass:secret");
    let body = body(&openssl, &["sub.pem"], ("sign.key", "enc.old"));
    let text = "enc_private_key is encrypted: it must be given without a password";
    api.refused(("POST", PATH), Some(body), (400, "SCM.0012"), text)
        .await;
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn chains_signed_with_the_empty_user_id_are_refused() {
    let Some(openssl) = OpenSsl::new("refusing SM2 certificates without the user id") else {
        return;
    };
    let api = Api::start().await;
    authorities(&openssl, &SM2);
    leaf(&openssl, "sign", &SM2, SIGNS, "-sm3");
    leaf(&openssl, "enc", &SM2, ENCRYPTS, SM2.sign);
    let body = body(&openssl, &["sub.pem", "root.pem"], ("sign.key", "enc.key"));
    let text = "certificate_chain is not the certificate's: \"CN=www.example.com\" was not issued \
                by the given \"CN=Foreign-Sub\": signature does not verify; SM2 certificates are \
                signed with the user id 1234567812345678";
    api.refused(("POST", PATH), Some(body), (400, "SCM.0079"), text)
        .await;
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn families_are_not_mixed() {
    let Some(openssl) = OpenSsl::new("refusing mixed families") else {
        return;
    };
    let api = Api::start().await;
    let refuse = async |body: Value, code: &str, text: &str| {
        api.refused(("POST", PATH), Some(body), (400, code), text)
            .await;
    };
    // An RSA authority that certifies SM2 keys.
    authorities(&openssl, &RSA);
    for (name, usage) in [("sign", SIGNS), ("enc", ENCRYPTS)] {
        leaf(&openssl, name, &SM2, usage, RSA.sign);
    }
    let chains: [&[&str]; 2] = [&["sub.pem", "root.pem"], &[]];
    let keys = ("sign.key", "enc.key");
    for chain in chains {
        let pair = body(&openssl, chain, keys);
        let text = "enc_certificate must have an SM2 key and be signed with SM2";
        refuse(pair.clone(), "SCM.0005", text).await;
        let mut single = pair;
        single["enc_certificate"] = "".into();
        single["enc_private_key"] = "".into();
        let text = "certificate: \"CN=www.example.com\" mixes SM2 with other algorithms: \
                    a certificate with an SM2 key and all above it must have SM2 keys and \
                    SM2 signatures, others must have neither";
        refuse(single, "SCM.0079", text).await;
    }
    // Weakness is named first.
    leaf(&openssl, "enc", &SM2, ENCRYPTS, "-sha1");
    let text = "enc_certificate is too weak: signature algorithm SHA1withRSA";
    refuse(body(&openssl, &["sub.pem"], keys), "SCM.0031", text).await;

    // An SM2 authority that certifies RSA keys.
    authorities(&openssl, &SM2);
    leaf(&openssl, "sign", &RSA, SIGNS, SM2.sign);
    for chain in chains {
        let mut single = body(&openssl, chain, keys);
        single["enc_certificate"] = "".into();
        single["enc_private_key"] = "".into();
        let text = "certificate: \"CN=www.example.com\" mixes SM2 with other algorithms";
        refuse(single, "SCM.0079", text).await;
    }
    // The encryption half with an RSA key.
    leaf(&openssl, "sign", &SM2, SIGNS, SM2.sign);
    leaf(&openssl, "enc", &RSA, ENCRYPTS, SM2.sign);
    let text = "enc_certificate must have an SM2 key and be signed with SM2";
    refuse(body(&openssl, &["sub.pem"], keys), "SCM.0005", text).await;
    assert_eq!(count(&api).await, 0);
}
