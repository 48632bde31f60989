//! Certificates, decoded: all that one holds as JSON.

use chancery_core::Error;
use chancery_core::described::WithChain;
use chancery_pki::described::{
    Described, DescribedExtension, DescribedName, GeneralText, NamedOid, Value as Decoded,
};
use chancery_pki::pem::{self, LineEnding};
use serde_json::{Value, json};

use crate::wire::stamp;

/// RFC 3339 in UTC, whole seconds.
const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";

/// A time in milliseconds since 1970 UTC, as it is shown here.
pub(super) fn time(ms: i64) -> String {
    stamp(ms, TIME)
}

/// A thing with its certificate: what the desk knows of it (`own`, an object), and what is in it.
pub(super) fn shown<T>(of: &WithChain<T>, mut own: Value) -> Result<Value, Error> {
    let decoded = |der: &Option<Vec<u8>>| der.as_deref().map(certificate).transpose();
    own["certificate"] = decoded(&of.certificate)?.into();
    own["encryption_certificate"] = decoded(&of.encryption)?.into();
    own["chain_pem"] = pem::encode_chain(&of.chain, LineEnding::Lf).into();
    Ok(own)
}

fn certificate(der: &[u8]) -> Result<Value, Error> {
    let read = Described::from_der(der).map_err(Error::internal)?;
    let key = &read.public_key;
    let extensions: Vec<_> = read.extensions.iter().map(extension).collect();
    Ok(json!({
        "pem": pem::encode(pem::CERTIFICATE, der, LineEnding::Lf),
        "version": read.version,
        "serial_number": read.serial_number,
        "signature_algorithm": named(&read.signature_algorithm),
        "issuer": name(&read.issuer),
        "subject": name(&read.subject),
        "not_before": time(read.validity.not_before_ms),
        "not_after": time(read.validity.not_after_ms),
        "public_key": {
            "oid": key.oid,
            "algorithm": key.algorithm,
            "bits": key.bits,
            "curve": key.curve,
            "spki_sha256": key.spki_sha256,
        },
        "fingerprint_sha1": read.fingerprint_sha1,
        "fingerprint_sha256": read.fingerprint_sha256,
        "extensions": extensions,
    }))
}

fn named(named: &NamedOid) -> Value {
    json!({ "oid": named.oid, "name": named.name })
}

fn name(name: &DescribedName) -> Value {
    let attributes = name.attributes.iter();
    let attributes: Vec<_> = attributes
        .map(|one| json!({ "oid": one.kind.oid, "name": one.kind.name, "value": one.value }))
        .collect();
    json!({ "text": name.text, "attributes": attributes })
}

/// Its value in the form that goes with its name, or else its bytes in hex.
fn extension(extension: &DescribedExtension) -> Value {
    let (value, hex) = match &extension.value {
        Decoded::Bytes(hex) => (Value::Null, Some(hex)),
        known => (value(known), None),
    };
    json!({
        "oid": extension.kind.oid,
        "name": extension.kind.name,
        "critical": extension.critical,
        "value": value,
        "hex": hex,
    })
}

fn value(value: &Decoded) -> Value {
    match value {
        Decoded::KeyUsages(usages) => usages.iter().map(|usage| usage.name()).collect(),
        Decoded::Purposes(purposes) => purposes.iter().map(named).collect(),
        Decoded::Names(names) => general_names(names),
        Decoded::BasicConstraints { ca, path_length } => {
            json!({ "ca": ca, "path_length": path_length })
        }
        Decoded::KeyId(id) => json!(id),
        Decoded::AuthorityKeyId {
            key_id,
            issuer,
            serial_number,
        } => json!({
            "key_id": key_id, "issuer": general_names(issuer), "serial_number": serial_number,
        }),
        Decoded::DistributionPoints(points) => points
            .iter()
            .map(|point| {
                json!({
                    "names": general_names(&point.names),
                    "crl_issuer": general_names(&point.crl_issuer),
                })
            })
            .collect(),
        Decoded::Access(places) => places
            .iter()
            .map(|(method, place)| {
                json!({ "method": method, "type": place.kind, "value": place.value })
            })
            .collect(),
        Decoded::Policies(policies) => policies
            .iter()
            .map(|policy| {
                json!({
                    "oid": policy.policy.oid, "name": policy.policy.name,
                    "cps": policy.cps, "notices": policy.notices,
                })
            })
            .collect(),
        Decoded::NameConstraints {
            permitted,
            excluded,
        } => json!({ "permitted": general_names(permitted), "excluded": general_names(excluded) }),
        Decoded::PolicyConstraints {
            require_explicit_policy,
            inhibit_policy_mapping,
        } => json!({
            "require_explicit_policy": require_explicit_policy,
            "inhibit_policy_mapping": inhibit_policy_mapping,
        }),
        Decoded::Number(number) => json!(number),
        Decoded::Features(features) => json!(features),
        Decoded::Present => json!(true),
        Decoded::Bytes(hex) => json!(hex),
    }
}

fn general_names(names: &[GeneralText]) -> Value {
    let names = names.iter();
    names
        .map(|name| json!({ "type": name.kind, "value": name.value }))
        .collect()
}
