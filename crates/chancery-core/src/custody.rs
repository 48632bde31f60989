//! Custody: the one home of private keys.
//!
//! A key is generated here, sealed here before it is stored, and opened here into memory that is
//! wiped. What is stored is AES-256-GCM under the master key, bound to its table, row and column,
//! so that a sealed key copied to another row does not open. Opened keys are kept parsed for at
//! most a minute. Heavy work (making RSA keys, signing with them, stretching passwords) runs on a
//! bounded number of threads, away from the threads that serve.

use std::sync::Arc;

use chancery_crypto::aead::SealingKey;
use chancery_crypto::random::Random;
use chancery_crypto::{KeyAlgorithm, KeyFamily, PrivateKey};
use chancery_pki::{Certificate, Linted};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use crate::cache::Cache;
use crate::clock::Clock;
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
    heavy: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    logins: Semaphore,
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
            heavy: Arc::new(Semaphore::new(cores)),
            answers: Arc::new(Semaphore::new((cores / 2).max(1))),
            logins: Semaphore::new(1),
        }
    }

    /// Makes a new private key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub async fn generate(&self, algorithm: KeyAlgorithm) -> Result<Arc<PrivateKey>> {
        let key = if is_heavy(algorithm) {
            self.heavy(move || PrivateKey::generate(algorithm)).await?
        } else {
            PrivateKey::generate(algorithm)
        };
        key.map(Arc::new).map_err(Error::internal)
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

    /// Signs a certificate that passed the lint.
    ///
    /// # Errors
    /// When the key cannot sign it.
    pub async fn sign(&self, certificate: Linted, key: Arc<PrivateKey>) -> Result<Certificate> {
        let signed = if is_heavy(key.algorithm()) {
            self.heavy(move || certificate.sign(key.as_ref())).await?
        } else {
            certificate.sign(key.as_ref())
        };
        signed.map_err(Error::internal)
    }

    /// Runs work that takes milliseconds of CPU on a thread of its own, at most one a core.
    ///
    /// # Errors
    /// When the work panicked.
    pub async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        bounded(&self.heavy, work).await
    }

    /// The same for what signs an answer to anyone who asks: on half of the cores at the most, and
    /// no turn is taken from those who issue and export.
    ///
    /// # Errors
    /// When the work panicked.
    pub(crate) async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        bounded(&self.answers, work).await
    }

    /// Waits for the turn of a login. Anyone can ask for a password to be stretched, so there is
    /// one turn at a time, and none is taken from those who issue and export.
    ///
    /// # Errors
    /// Never, as long as the custody lives.
    pub(crate) async fn login_turn(&self) -> Result<LoginTurn<'_>> {
        let permit = self.logins.acquire().await.map_err(Error::internal)?;
        Ok(LoginTurn { _permit: permit })
    }

    /// Forgets opened keys whose minute is over.
    pub fn expire(&self) {
        self.opened.expire(self.clock.now_ms());
    }
}

/// The turn of one login; the next begins when it is dropped.
pub(crate) struct LoginTurn<'a> {
    _permit: SemaphorePermit<'a>,
}

impl LoginTurn<'_> {
    /// Stretches a password on a thread of its own.
    ///
    /// # Errors
    /// When the work panicked.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        tokio::task::spawn_blocking(work)
            .await
            .map_err(Error::internal)
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
        let key = custody.generate(KeyAlgorithm::EcP256).await.unwrap();
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
