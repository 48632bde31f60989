//! The certificate of the HTTPS listener: the operator's, or one the desk issues itself.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chancery_core::Desk;
use chancery_crypto::PrivateKey;
use chancery_pki::{Certificate, SubjectAltName, pem};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A TLS configuration and the CA certificates (DER) that a client needs to trust it.
pub(crate) struct Identity {
    pub(crate) config: Arc<rustls::ServerConfig>,
    pub(crate) authorities: Vec<Vec<u8>>,
}

/// The identity of the operator's files.
pub(crate) fn from_files(certificate: &Path, key: &Path) -> Result<Identity> {
    let text =
        fs::read_to_string(certificate).with_context(|| certificate.display().to_string())?;
    let blocks = pem::parse(&text).with_context(|| certificate.display().to_string())?;
    let chain: Vec<Vec<u8>> = blocks
        .into_iter()
        .filter(|b| b.label == "CERTIFICATE")
        .map(|b| b.der)
        .collect();
    ensure!(
        !chain.is_empty(),
        "{}: has no certificate",
        certificate.display()
    );
    let text = zeroize::Zeroizing::new(
        fs::read_to_string(key).with_context(|| key.display().to_string())?,
    );
    let private = PrivateKey::from_pem(&text).with_context(|| key.display().to_string())?;
    // A certificate alone vouches for itself.
    let authorities = if chain.len() == 1 {
        chain.clone()
    } else {
        chain[1..].to_vec()
    };
    let config = server_config(&chain, &private)
        .with_context(|| format!("{} with {}", certificate.display(), key.display()))?;
    Ok(Identity {
        config,
        authorities,
    })
}

/// An identity from the desk's own listener CA, for the names the desk is reached by.
pub(crate) async fn issued(desk: &Desk, bound: SocketAddr, public_url: &str) -> Result<Identity> {
    let mut names = vec![
        SubjectAltName::Dns("localhost".to_owned()),
        SubjectAltName::Ip([127, 0, 0, 1].into()),
        SubjectAltName::Ip(std::net::Ipv6Addr::LOCALHOST.into()),
    ];
    let mut add = |name: SubjectAltName| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    if !bound.ip().is_unspecified() {
        add(SubjectAltName::Ip(bound.ip()));
    }
    let host = host_of(public_url);
    match host.parse() {
        Ok(address) => add(SubjectAltName::Ip(address)),
        Err(_) => add(SubjectAltName::Dns(host.to_owned())),
    }
    let identity = desk.listener_identity(&names).await?;
    let chain = [
        identity.certificate.der().to_vec(),
        identity.authority.der().to_vec(),
    ];
    Ok(Identity {
        config: server_config(&chain, &identity.key)?,
        authorities: vec![identity.authority.der().to_vec()],
    })
}

/// The host of a base URL, without brackets and port.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn server_config(chain: &[Vec<u8>], key: &PrivateKey) -> Result<Arc<rustls::ServerConfig>> {
    Certificate::from_der(&chain[0]).context("the listener's certificate")?;
    let chain = chain
        .iter()
        .map(|der| CertificateDer::from(der.clone()))
        .collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.pkcs8_der().to_vec()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (url, host) in [
            ("https://desk.example:8443", "desk.example"),
            ("https://desk.example/base", "desk.example"),
            ("https://[::1]:8443", "::1"),
            ("http://10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
