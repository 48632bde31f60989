//! What went wrong with a connection, in words that say what helps.

use std::error::Error as _;
use std::io;

use rustls::{CertificateError, InvalidMessage};

use super::address::Address;

/// Why there is no connection.
pub(super) fn connecting(error: &io::Error, address: &Address) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!(
            "nothing listens there: is the desk running, and is this, from {}, its address?",
            address.by
        ),
        _ => error.to_string(),
    }
}

/// Why TLS does not begin.
pub(super) fn tls(error: &io::Error, address: &Address) -> String {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let certificate = match inner {
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            return format!(
                "this port speaks plain HTTP, and {} says https://",
                address.by
            );
        }
        Some(rustls::Error::InvalidCertificate(certificate)) => certificate,
        _ => return error.to_string(),
    };
    let host = &address.host;
    match certificate {
        UnknownIssuer => {
            "its certificate is of a CA that is not trusted here: give --ca-file, or set SSL_CERT_FILE \
             to, the ca.pem of the desk's data folder"
                .into()
        }
        NotValidForName | NotValidForNameContext { .. } => format!(
            "its certificate is not for {host}: have {} name a host that it is for, or start the desk \
             with --public-url https://{host}",
            address.by
        ),
        Expired | ExpiredContext { .. } => {
            "its certificate has expired, or the clock of this machine is ahead".into()
        }
        NotValidYet | NotValidYetContext { .. } => {
            "its certificate is not valid yet, or the clock of this machine is behind".into()
        }
        other => {
            let is_authority = format!("{other:?}").contains("CaUsedAsEndEntity");
            match is_authority {
                true => "its certificate is a CA's, which no server may have".into(),
                false => error.to_string(),
            }
        }
    }
}

/// Why a call over a connection failed.
pub(super) fn calling(error: &hyper::Error, address: &Address) -> String {
    if error.is_parse() {
        let by = &address.by;
        return format!(
            "what answers there speaks no HTTP: does the URL from {by} lack its https://?"
        );
    }
    match error.source() {
        Some(source) => format!("the connection broke: {error}: {source}"),
        None => format!("the connection broke: {error}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::settings::Given;
    use super::*;

    #[test]
    fn what_helps_is_said() {
        let given = Given::new("https://desk.example:8443".to_owned(), "--endpoint");
        let address = Address::parse(&given).unwrap();
        let said = |error: CertificateError| {
            let error = io::Error::other(rustls::Error::InvalidCertificate(error));
            tls(&error, &address)
        };
        for (error, text) in [
            (
                CertificateError::UnknownIssuer,
                "give --ca-file, or set SSL_CERT_FILE",
            ),
            (
                CertificateError::NotValidForName,
                "start the desk with --public-url https://desk.example",
            ),
            (CertificateError::Expired, "its certificate has expired"),
            (CertificateError::NotValidYet, "is not valid yet"),
            (CertificateError::BadSignature, "BadSignature"),
        ] {
            let said = said(error);
            assert!(said.contains(text), "{text}: {said}");
        }
        let plain = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let said = tls(&io::Error::other(plain), &address);
        assert!(said.contains("speaks plain HTTP"), "{said}");
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(tls(&broken, &address), broken.to_string());
        assert_eq!(connecting(&broken, &address), broken.to_string());
    }
}
