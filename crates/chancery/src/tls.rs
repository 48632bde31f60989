//! The certificate of the HTTPS listener: the operator's, or one the desk issues itself.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result, anyhow, bail, ensure};
use chancery_core::Desk;
use chancery_crypto::{KeyError, PrivateKey};
use chancery_pki::{Certificate, SubjectAltName, pem};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use crate::data::refused;

/// How long before its end a certificate of the operator is said to end.
const SOON_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// A TLS configuration and the CA certificates (DER) that a client needs to trust it.
pub(crate) struct Identity {
    pub(crate) config: Arc<rustls::ServerConfig>,
    pub(crate) authorities: Vec<Vec<u8>>,
    /// The operator's files, which may be read again; none for what the desk issued itself.
    pub(crate) files: Option<OperatorFiles>,
}

/// A certificate and its key in files of the operator, and the listener that serves with them.
pub(crate) struct OperatorFiles {
    certificate: PathBuf,
    key: PathBuf,
    served: Arc<Served>,
}

/// What every handshake is answered with.
#[derive(Debug)]
struct Served(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let served = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&served))
    }
}

/// The identity of the operator's files, for a desk that is reached at `public_url`.
///
/// # Errors
/// When they cannot be served with at `now_ms`.
pub(crate) fn from_files(
    certificate: &Path,
    key: &Path,
    public_url: &str,
    now_ms: i64,
) -> Result<Identity> {
    let (chain, certified) = read(certificate, key, public_url, now_ms)?;
    // A certificate alone vouches for itself.
    let authorities = match chain.as_slice() {
        [alone] => vec![alone.clone()],
        [_, above @ ..] => above.to_vec(),
        [] => Vec::new(),
    };
    let served = Arc::new(Served(RwLock::new(certified)));
    Ok(Identity {
        config: server_config(Arc::clone(&served))?,
        authorities,
        files: Some(OperatorFiles {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            served,
        }),
    })
}

impl OperatorFiles {
    /// Reads the files again: every handshake from now on has what is in them. What cannot be served
    /// with leaves everything as it is.
    ///
    /// # Errors
    /// As [`from_files`].
    pub(crate) fn reread(&self, public_url: &str, now_ms: i64) -> Result<()> {
        let (_, certified) = read(&self.certificate, &self.key, public_url, now_ms)?;
        *self
            .served
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner) = certified;
        Ok(())
    }
}

/// The chain (DER) of a certificate that is valid, with its key.
fn read(
    certificate_file: &Path,
    key: &Path,
    public_url: &str,
    now_ms: i64,
) -> Result<(Vec<Vec<u8>>, Arc<CertifiedKey>)> {
    let certificate = format!("--tls-cert {}", certificate_file.display());
    let key_named = format!("--tls-key {}", key.display());
    let text = text_of(&certificate, certificate_file)?;
    let blocks = pem::parse(&text).with_context(|| certificate.clone())?;
    let is_key = blocks.iter().any(|b| b.label.ends_with("PRIVATE KEY"));
    let chain: Vec<Vec<u8>> = blocks
        .into_iter()
        .filter(|b| b.label == "CERTIFICATE")
        .map(|b| b.der)
        .collect();
    if chain.is_empty() {
        bail!(
            "{certificate}: has no certificate{}",
            match is_key {
                true => ", but a private key: are --tls-cert and --tls-key the wrong way round?",
                false => ": PEM is wanted, -----BEGIN CERTIFICATE-----",
            }
        );
    }
    check(&chain[0], public_url, now_ms).with_context(|| certificate.clone())?;
    let text = text_of(&key_named, key)?;
    if text.contains("-----BEGIN CERTIFICATE") && !text.contains("PRIVATE KEY-----") {
        bail!("{key_named}: has a certificate and no private key");
    }
    let mode = fs::metadata(key)
        .map_err(|error| refused(&key_named, &error))?
        .permissions()
        .mode();
    ensure!(
        mode & 0o007 == 0,
        "{key_named}: everyone can read this private key (chmod o=)"
    );
    let private = PrivateKey::from_pem(&text).map_err(|error| match error {
        KeyError::Encrypted => anyhow!(
            "{key_named}: is encrypted with a password, and nobody types one at a start: write it without \
             (openssl pkey -in FILE -out NEW)"
        ),
        other => anyhow!("{key_named}: {other}"),
    })?;
    let certified = certified(&chain, &private).map_err(|error| {
        let pair = format!("{certificate} with {}", key.display());
        match error.downcast_ref() {
            Some(rustls::Error::InconsistentKeys(_)) => anyhow!(
                "{pair}: the key is not this certificate's; a server's certificate comes first in its \
                 file, before those of CAs"
            ),
            _ => error.context(pair),
        }
    })?;
    Ok((chain, certified))
}

/// The text of a file that an option names.
fn text_of(named: &str, path: &Path) -> Result<Zeroizing<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) if error.kind() == ErrorKind::InvalidData => bail!(
            "{named}: is not PEM; what is DER or PKCS#12 (.der, .pfx) has to be converted, such as with \
             openssl"
        ),
        Err(error) => Err(refused(named, &error)),
    }
}

/// That a certificate is valid now; says what else clients will object to, or soon will.
fn check(der: &[u8], public_url: &str, now_ms: i64) -> Result<()> {
    let certificate = Certificate::from_der(der)?;
    let validity = certificate.validity();
    ensure!(
        validity.not_after_ms >= now_ms,
        "the certificate has expired"
    );
    ensure!(
        validity.not_before_ms <= now_ms,
        "the certificate is not valid yet"
    );
    let days = (validity.not_after_ms - now_ms) / (24 * 60 * 60 * 1000);
    if validity.not_after_ms - now_ms < SOON_MS {
        tracing::warn!("the certificate of --tls-cert ends in {days} days");
    }
    if certificate.is_ca() {
        tracing::warn!("the certificate of --tls-cert is a CA's: some clients refuse such servers");
    }
    let host = host_of(public_url);
    if !names(&certificate, host) {
        tracing::warn!(
            "the certificate of --tls-cert does not name {host}, which --public-url does: clients \
             will refuse it"
        );
    }
    Ok(())
}

/// Whether a certificate names a host as clients compare (RFC 9525): a wildcard stands for one label.
fn names(certificate: &Certificate, host: &str) -> bool {
    certificate.sans().iter().any(|name| match name {
        SubjectAltName::Ip(address) => host.parse().is_ok_and(|host: IpAddr| host == *address),
        SubjectAltName::Dns(name) => {
            let wildcard = || {
                let (_, parent) = host.split_once('.')?;
                let of = name.strip_prefix("*.")?;
                Some(of.eq_ignore_ascii_case(parent))
            };
            name.eq_ignore_ascii_case(host) || wildcard() == Some(true)
        }
        _ => false,
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
    let certified = certified(&chain, &identity.key)?;
    Ok(Identity {
        config: server_config(Arc::new(Served(RwLock::new(certified))))?,
        authorities: vec![identity.authority.der().to_vec()],
        files: None,
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

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A chain with the key of its first certificate.
fn certified(chain: &[Vec<u8>], key: &PrivateKey) -> Result<Arc<CertifiedKey>> {
    Certificate::from_der(&chain[0]).context("the listener's certificate")?;
    let chain = chain.iter().map(|der| CertificateDer::from(der.clone()));
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.pkcs8_der().to_vec()));
    let certified = CertifiedKey::from_der(chain.collect(), key, &provider())?;
    Ok(Arc::new(certified))
}

fn server_config(served: Arc<Served>) -> Result<Arc<rustls::ServerConfig>> {
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(served);
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
