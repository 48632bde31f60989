//! Finding private certificates by what is in them: every condition is a range of an index.

use std::net::IpAddr;

use chancery_crypto::digest;
use chancery_pki::{Certificate, SubjectAltName};
use chancery_store::{
    After, Direction, Page, PrivateCertificateFilter, PrivateCertificateRow,
    PrivateCertificateSort, StoreError, Transaction, WordField, WordFilter,
};

use super::PrivateCertificate;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::limits::own as limits;

/// How many certificates of earlier versions get their words in one transaction, and at most in one round of
/// jobs.
const AT_A_TIME: u32 = 200;
const BATCHES: usize = 50;
/// The longest word, in bytes; a longer one is found by how it begins.
const LONGEST: usize = 512;

/// What is looked for; all of it has to hold.
#[derive(Debug, Default)]
pub struct Search {
    /// How an alternative name begins, of a host at any of its labels.
    pub san: Option<String>,
    /// How the common name begins, letters of ASCII in either case.
    pub name: Option<String>,
    /// A serial number in hex, or at least 8 digits that it begins with.
    pub serial: Option<String>,
    /// A SHA-256 or SHA-1 fingerprint in hex, or at least 8 digits that it begins with.
    pub fingerprint: Option<String>,
    /// How the id begins: at least 4 characters.
    pub id_prefix: Option<String>,
    /// The CA that issued it.
    pub issuer_id: Option<String>,
    /// Valid until this time or longer; milliseconds since 1970 UTC.
    pub expires_after: Option<i64>,
    /// Valid until a time before this one; milliseconds since 1970 UTC.
    pub expires_before: Option<i64>,
    /// What ends first comes first; else the newest.
    pub by_end: bool,
    /// The most that are wanted.
    pub limit: u32,
    /// The place after which the page begins, as an earlier page gave it.
    pub marker: Option<String>,
}

/// What was found.
pub struct Found {
    /// The certificates, in order.
    pub certificates: Vec<PrivateCertificate>,
    /// The place after which the next page begins; none where there is none.
    pub marker: Option<String>,
}

impl Desk {
    /// Looks for private certificates, among those that a list shows the caller.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for a condition that nothing could meet, and a marker of no page.
    pub async fn find_private_certificates(&self, ctx: &Context, search: Search) -> Result<Found> {
        let (sort, direction) = match search.by_end {
            true => (PrivateCertificateSort::NotAfter, Direction::Ascending),
            false => (PrivateCertificateSort::CreatedAt, Direction::Descending),
        };
        let page = Page {
            sort,
            direction,
            // One more, to see whether there is another page.
            limit: search.limit + 1,
            offset: 0,
        };
        let filter = PrivateCertificateFilter {
            words: search.words()?,
            after: search.marker.as_deref().map(read_marker).transpose()?,
            issuer_id: search.issuer_id,
            not_after_from: search.expires_after,
            not_after_below: search.expires_before,
            without_total: true,
            ..PrivateCertificateFilter::default()
        };
        let found = self.private_certificates(ctx, filter, None, &page).await?;
        let mut certificates = found.rows;
        let more = certificates.len() > search.limit as usize;
        certificates.truncate(search.limit as usize);
        let last = certificates.last().filter(|_| more);
        let marker = last.map(|last| {
            let at = match search.by_end {
                true => last.row.not_after,
                false => last.row.created_at,
            };
            format!("{at}.{}", last.row.id)
        });
        Ok(Found {
            certificates,
            marker,
        })
    }

    /// Writes what certificates of earlier versions are found by, some of them; how many there were.
    ///
    /// # Errors
    /// When storage fails, or what is stored is no certificate.
    pub(crate) async fn write_certificate_words(&self) -> Result<usize> {
        let mut written = 0;
        for _ in 0..BATCHES {
            let waiting = self.store.certificates_without_words(AT_A_TIME).await?;
            if waiting.is_empty() {
                break;
            }
            for (row, half) in waiting {
                let certificate =
                    Certificate::from_der(&row.certificate).map_err(Error::internal)?;
                let words = words_of(&row, &certificate, half.as_deref());
                let mut tx = Transaction::new("private_certificate.words");
                tx.certificate_has_words(&row.id).insert_certificate_words(
                    &row.domain_id,
                    &row.id,
                    &words,
                );
                match self.store.commit(tx).await {
                    // Another node was first, or the certificate was deleted.
                    Ok(()) | Err(StoreError::Conflict(_)) => written += 1,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(written)
    }
}

impl Search {
    fn words(&self) -> Result<Vec<WordFilter>> {
        let mut words = Vec::new();
        if let Some(san) = &self.san {
            limits::SEARCHED_NAME.check("san", san)?;
            words.push((WordField::AlternativeName, folded(&address_of(san))));
        }
        if let Some(name) = &self.name {
            limits::SEARCHED_NAME.check("name", name)?;
            words.push((WordField::CommonName, folded(name)));
        }
        if let Some(serial) = &self.serial {
            let digits = hex_digits("serial", serial)?;
            let number = digits.trim_start_matches('0').to_ascii_uppercase();
            words.push((WordField::SerialNumber, number));
        }
        if let Some(fingerprint) = &self.fingerprint {
            let digits = hex_digits("fingerprint", fingerprint)?;
            words.push((WordField::Fingerprint, digits));
        }
        if let Some(prefix) = &self.id_prefix {
            limits::ID_PREFIX.check("id_prefix", prefix)?;
            words.push((WordField::Id, prefix.clone()));
        }
        let filters = words
            .into_iter()
            .map(|(field, prefix)| WordFilter { field, prefix });
        Ok(filters.collect())
    }
}

/// What a certificate is found by.
pub(super) fn words_of(
    row: &PrivateCertificateRow,
    certificate: &Certificate,
    encryption_half: Option<&[u8]>,
) -> Vec<(WordField, String)> {
    let mut words = Vec::new();
    let mut add = |field: WordField, word: String| {
        let word = (field, word);
        if !word.1.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    };
    add(WordField::Id, row.id.clone());
    add(WordField::CommonName, folded(&row.common_name));
    let serials = [Some(&row.serial_number), row.enc_serial_number.as_ref()];
    for serial in serials.into_iter().flatten() {
        let number = serial.trim_start_matches('0').to_ascii_uppercase();
        add(WordField::SerialNumber, number);
    }
    for der in [Some(certificate.der()), encryption_half]
        .into_iter()
        .flatten()
    {
        add(WordField::Fingerprint, hex::encode(digest::sha256(der)));
        add(WordField::Fingerprint, hex::encode(digest::sha1(der)));
    }
    let sans = certificate.sans();
    for san in sans {
        match san {
            SubjectAltName::Dns(host) => {
                for word in labels(host) {
                    add(WordField::AlternativeName, word);
                }
            }
            other => add(
                WordField::AlternativeName,
                folded(&address_of(&other.value())),
            ),
        }
    }
    if sans.is_empty() {
        for word in labels(&row.common_name) {
            add(WordField::AlternativeName, word);
        }
    }
    words
}

/// A host, and what follows each of its dots.
fn labels(host: &str) -> impl Iterator<Item = String> {
    let host = folded(host);
    let dots: Vec<usize> = host.match_indices('.').map(|(at, _)| at + 1).collect();
    let mut words = vec![host.clone()];
    words.extend(dots.into_iter().map(|at| host[at..].to_owned()));
    words.into_iter()
}

/// Letters of ASCII in lower case, and no more than an index takes.
fn folded(text: &str) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_ascii_lowercase()
}

/// An address as it is written in one way, or what is none as it is.
fn address_of(text: &str) -> String {
    match text.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => text.to_owned(),
    }
}

/// Digits in lower case, without the colons between octets.
fn hex_digits(field: &'static str, text: &str) -> Result<String> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    match is_hex && (8..=64).contains(&digits.len()) {
        true => Ok(digits.to_ascii_lowercase()),
        false => Err(Error::invalid(
            field,
            "must have 8 to 64 hexadecimal digits; colons between octets are passed over",
        )),
    }
}

fn read_marker(marker: &str) -> Result<After> {
    let read = marker
        .split_once('.')
        .and_then(|(value, id)| Some((value.parse().ok()?, id)));
    match read {
        Some((value, id)) if id.len() <= 64 => Ok(After {
            value,
            id: id.to_owned(),
        }),
        _ => Err(Error::invalid(
            "marker",
            "must be the next_marker of an earlier page",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hosts_are_found_at_every_label() {
        let words: Vec<_> = labels("*.Shop.example.COM").collect();
        assert_eq!(
            words,
            [
                "*.shop.example.com",
                "shop.example.com",
                "example.com",
                "com"
            ]
        );
        assert_eq!(labels("alice").collect::<Vec<_>>(), ["alice"]);
    }

    #[test]
    fn what_is_looked_for_is_written_in_one_way() {
        let search = Search {
            san: Some("2001:DB8:0:0::1".into()),
            serial: Some("00:ab:cd:ef:01:02".into()),
            fingerprint: Some("AB:CD:EF:01".into()),
            ..Search::default()
        };
        let words = search.words().unwrap();
        let prefixes: Vec<_> = words.iter().map(|word| word.prefix.as_str()).collect();
        assert_eq!(prefixes, ["2001:db8::1", "ABCDEF0102", "abcdef01"]);
    }

    #[test]
    fn what_nothing_could_meet_is_refused() {
        let refused = |search: Search| search.words().unwrap_err().public().to_owned();
        for serial in ["", "1234567", "xyz12345", "é2345678", &"1".repeat(65)] {
            let search = Search {
                serial: Some(serial.into()),
                ..Search::default()
            };
            assert!(
                refused(search).starts_with("serial must have 8 to 64"),
                "{serial}"
            );
        }
        let long = Search {
            san: Some("a".repeat(254)),
            ..Search::default()
        };
        assert!(refused(long).starts_with("san must have"), "san");
        let short = Search {
            id_prefix: Some("abc".into()),
            ..Search::default()
        };
        assert!(refused(short).starts_with("id_prefix must have"));
        for marker in ["", "x", "x.y", ".", &format!("1.{}", "a".repeat(65))] {
            assert!(read_marker(marker).is_err(), "{marker}");
        }
        assert_eq!(read_marker("-5.id").unwrap().value, -5);
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let name = "团".repeat(300);
        let word = folded(&name);
        assert!(word.len() <= LONGEST && name.starts_with(&word));
    }
}
