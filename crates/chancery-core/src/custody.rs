//! Custody: the one home of private keys.
//!
//! A key is generated here, sealed here before it is stored, and opened here into memory that is
//! wiped. What is stored is AES-256-GCM under the master key, bound to its table, row and column,
//! so that a sealed key copied to another row does not open. Opened keys are kept parsed for at
//! most a minute. RSA keys are made, and heavy ones sign, away from the threads that serve and in turns
//! (`core/workers`).

use std::sync::Arc;

use chancery_crypto::aead::SealingKey;
use chancery_crypto::random::Random;
use chancery_crypto::{KeyAlgorithm, KeyFamily, PrivateKey};
use chancery_pki::{Certificate, Linted};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::behalf::Behalf;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// Where a sealed value is stored. It does not open anywhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The row's identifier.
    pub row: &'a str,
    /// The column.
    pub column: &'static str,
}

impl Place<'_> {
    /// The additional authenticated data: table, row and column, each with its length first, so
    /// that no two places read the same.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        for part in [self.table, self.row, self.column] {
            out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(part.as_bytes());
        }
        out
    }
}

/// The custody of one server.
pub struct Custody {
    sealing: SealingKey,
    random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
    opened: Cache<Vec<u8>, PrivateKey>,
    answers: Arc<Semaphore>,
}

impl Custody {
    /// Custody under a master key (the key-encryption key, 32 bytes).
    pub fn new(
        master: &Zeroizing<[u8; 32]>,
        random: Arc<dyn Random>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            sealing: SealingKey::new(master),
            random,
            clock,
            opened: Cache::new(),
            answers: Arc::new(Semaphore::new((cores / 2).max(1))),
        }
    }

    /// Seals a private key for its place.
    pub fn seal_key(&self, place: Place<'_>, key: &PrivateKey) -> Vec<u8> {
        self.seal(place, key.pkcs8_der())
    }

    /// Opens a sealed private key.
    ///
    /// # Errors
    /// When it was sealed for another place or under another master key.
    pub fn open_key(&self, place: Place<'_>, sealed: &[u8]) -> Result<Arc<PrivateKey>> {
        let now = self.clock.now_ms();
        // With the place: a sealed key that was copied elsewhere is not found here.
        let name = [place.bytes().as_slice(), sealed].concat();
        if let Some(key) = self.opened.get(&name, now) {
            return Ok(key);
        }
        let since = self.opened.since();
        let der = self.open(place, sealed)?;
        let key = Arc::new(PrivateKey::from_pkcs8_der(&der).map_err(Error::internal)?);
        self.opened.put(name, Arc::clone(&key), now, since);
        Ok(key)
    }

    /// Seals other secrets: access keys, the material of a task.
    pub fn seal(&self, place: Place<'_>, secret: &[u8]) -> Vec<u8> {
        self.sealing
            .seal(self.random.as_ref(), &place.bytes(), secret)
    }

    /// Opens what [`Custody::seal`] sealed.
    ///
    /// # Errors
    /// When it was sealed for another place or under another master key.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.sealing.open(&place.bytes(), sealed).map_err(|error| {
            Error::internal(format!(
                "{}.{} of {}: {error}",
                place.table, place.column, place.row
            ))
        })
    }

    /// Signs an answer to anyone who asks: on half of the cores at the most, and no turn is taken from
    /// those who issue and export.
    ///
    /// # Errors
    /// When the work panicked.
    pub(crate) async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        bounded(&self.answers, work).await
    }

    /// Forgets opened keys whose minute is over.
    pub fn expire(&self) {
        self.opened.expire(self.clock.now_ms());
    }
}

impl Desk {
    /// Makes a new private key.
    ///
    /// # Errors
    /// As [`crate::workers`] has them; when the cryptographic library fails.
    pub(crate) async fn generate(
        &self,
        on: &Behalf,
        algorithm: KeyAlgorithm,
    ) -> Result<Arc<PrivateKey>> {
        let make = move || PrivateKey::generate(algorithm);
        let key = match algorithm.family() {
            KeyFamily::Rsa => self.workers.make(on, make).await?,
            KeyFamily::Sm2 => self.workers.short.run(on, make).await?,
            _ => make(),
        };
        key.map(Arc::new).map_err(Error::internal)
    }

    /// Signs a certificate that passed the lint.
    ///
    /// # Errors
    /// As [`crate::workers`] has them; when the key cannot sign it.
    pub(crate) async fn sign(
        &self,
        on: &Behalf,
        certificate: Linted,
        key: Arc<PrivateKey>,
    ) -> Result<Certificate> {
        let heavy = is_heavy(key.algorithm());
        let sign = move || certificate.sign(key.as_ref());
        let signed = match heavy {
            true => self.workers.short.run(on, sign).await?,
            false => sign(),
        };
        signed.map_err(Error::internal)
    }
}

/// Runs work on a thread of its own, as many at a time as there are permits.
async fn bounded<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let permit = Arc::clone(permits).acquire_owned().await;
    let permit = permit.map_err(Error::internal)?;
    let work = move || {
        // The work's, not the caller's, who may go away while it runs.
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)
}

impl std::fmt::Debug for Custody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Custody")
    }
}

/// Whether making or using a key of this kind takes long enough to be moved off the serving
/// threads: RSA takes 0.7 ms to sign and 80 ms and more to make, SM2 0.5 ms to sign and verify,
/// elliptic curves some 0.1 ms.
fn is_heavy(algorithm: KeyAlgorithm) -> bool {
    matches!(algorithm.family(), KeyFamily::Rsa | KeyFamily::Sm2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock::ManualClock;
    use chancery_crypto::random::SystemRandom;

    fn custody() -> Custody {
        let clock = Arc::new(ManualClock::new(0));
        Custody::new(&Zeroizing::new([7; 32]), Arc::new(SystemRandom), clock)
    }

    const PLACE: Place<'static> = Place {
        table: "authorities",
        row: "a",
        column: "sealed_key",
    };

    #[tokio::test]
    async fn a_key_comes_back_from_its_place_only() {
        let custody = custody();
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        let sealed = custody.seal_key(PLACE, &key);
        assert!(
            !sealed
                .windows(16)
                .any(|w| key.pkcs8_der().windows(16).any(|k| k == w))
        );
        let other = Place { row: "b", ..PLACE };
        assert!(custody.open_key(other, &sealed).is_err());
        let back = custody.open_key(PLACE, &sealed).unwrap();
        assert!(
            custody.open_key(other, &sealed).is_err(),
            "found in the cache"
        );
        assert_eq!(back.pkcs8_der(), key.pkcs8_der());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_turn() {
        let custody = custody();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let work = custody.answer(move || {
            begin.send(()).unwrap();
            ended.recv().ok();
        });
        let most = custody.answers.available_permits();
        tokio::select! {
            _ = work => panic!("it ended by itself"),
            begun = begun => begun.unwrap(),
        }
        // The future is gone, the work goes on.
        assert_eq!(custody.answers.available_permits(), most - 1);
        end.send(()).unwrap();
        let all = custody.answers.acquire_many(u32::try_from(most).unwrap());
        let patience = std::time::Duration::from_secs(30);
        assert!(tokio::time::timeout(patience, all).await.unwrap().is_ok());
    }

    #[test]
    fn places_that_run_together_differ() {
        let one = Place {
            table: "ab",
            row: "c",
            column: "d",
        };
        let two = Place {
            table: "a",
            row: "bc",
            column: "d",
        };
        assert_ne!(one.bytes(), two.bytes());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", custody()), "Custody");
    }
}
