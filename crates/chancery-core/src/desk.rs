//! The desk: what every core function works with.

use std::sync::Arc;

use chancery_crypto::random::Random;
use chancery_objects::ObjectStore;
use chancery_store::{Store, Transaction};
use tokio::sync::Mutex;

use crate::access_keys::OpenedKey;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::context::Caller;
use crate::crls::OutdatedLists;
use crate::custody::Custody;
use crate::error::{Error, Result};
use crate::health::Health;
use crate::high_water::HighWater;
use crate::objects::LinkKey;
use crate::ocsp::{KeptAnswers, OcspAuthority, OcspIndex};
use crate::quotas::Quotas;
use crate::steady::{Moment, Steady};
use crate::throttle::{Network, Throttle};
use crate::turns::Turns;
use crate::under_way::Calls;
use crate::workers::{Waiting, Workers};

/// What an operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The base of every URL the desk gives out, without a trailing slash:
    /// `https://desk.example:8443`.
    pub public_url: String,
    /// The base of the addresses of revocation lists, OCSP and issuers that go into certificates,
    /// without a trailing slash; none when they are to name none.
    pub pki_url: Option<String>,
    /// The regions, the default one first; each has one project in an account.
    pub regions: Vec<String>,
    /// PBKDF2 iterations of exported keys that get a password.
    pub export_iterations: u32,
    /// How long a token is valid, in milliseconds (24 hours in the cloud).
    pub token_lifetime_ms: i64,
    /// How long a download link is valid, in seconds.
    pub link_lifetime_s: i64,
    /// The domain below which instances have their host names:
    /// `redis-0123abcd.dcs.cn-north-4.{internal_domain}`. At most 150 characters.
    pub internal_domain: String,
    /// Whether MongoDB instances have material of the SM family beside the international: a CA,
    /// and a pair of certificates for TLCP.
    pub dds_national: bool,
    /// The projects whose migration tasks get SM2 material: ids of projects, or of regions, which
    /// stand for every project there. A task names its own.
    pub sms_sm2_projects: Vec<String>,
    /// How many of each an account may have of what IAM manages.
    pub quotas: Quotas,
    /// How many requests a second a client may make on average, counted by address, before
    /// anything else is known about them; four times as many at once. 0 is no limit.
    pub requests_per_address: u32,
    /// The same for a user, whichever their credentials are.
    pub requests_per_user: u32,
    /// How many wrong passwords or signatures in a row an address has for one name before it must
    /// wait, and ten times as many for all names together. 0 is no limit.
    pub wrong_tries: u32,
    /// The proxies that are believed when they name a client in `X-Forwarded-For`.
    pub trusted_proxies: Vec<Network>,
    /// How much work that takes long waits at the most.
    pub waiting: Waiting,
    /// How long a client waits for an answer at the most, in milliseconds; what was begun goes on.
    pub request_time_ms: u64,
    /// How many steps the rows of one list may take to be judged by the caller's policies; a thousand
    /// million are a second or two.
    pub judging_steps: u64,
}

impl Settings {
    /// The defaults for a desk that is reached at `public_url`.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            pki_url: None,
            regions: vec!["cn-north-4".to_owned()],
            export_iterations: 100_000,
            token_lifetime_ms: 24 * 60 * 60 * 1000,
            link_lifetime_s: 60 * 60,
            // `.internal` is reserved for private networks (ICANN resolution 2024.07.29.06).
            internal_domain: "chancery.internal".to_owned(),
            dds_national: false,
            sms_sm2_projects: Vec::new(),
            quotas: Quotas::default(),
            requests_per_address: 500,
            requests_per_user: 500,
            wrong_tries: 5,
            trusted_proxies: Vec::new(),
            waiting: Waiting::default(),
            request_time_ms: 120_000,
            judging_steps: 500_000_000,
        }
    }
}

/// What a desk is put together from.
pub struct Parts {
    /// Where rows are kept.
    pub store: Store,
    /// Where objects are kept.
    pub objects: Arc<dyn ObjectStore>,
    /// The home of private keys.
    pub custody: Custody,
    /// Who does the work that takes long.
    pub workers: Workers,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Serial numbers, identifiers, salts.
    pub random: Arc<dyn Random>,
    /// What is known beside the rows.
    pub high_water: HighWater,
    /// What the operator decided.
    pub settings: Settings,
}

/// One certificate desk.
pub struct Desk {
    pub(crate) store: Store,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) custody: Custody,
    pub(crate) workers: Workers,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) settings: Settings,
    pub(crate) access_keys: Cache<String, OpenedKey>,
    pub(crate) tokens: Cache<String, (i64, Caller)>,
    pub(crate) link_keys: Cache<&'static str, LinkKey>,
    pub(crate) throttle: Throttle,
    pub(crate) calls: Arc<Calls>,
    pub(crate) health: Health,
    /// Whether the clock is believed.
    pub(crate) steady: Steady,
    /// The revocation lists that are to be made after what this process has revoked.
    pub(crate) outdated_crls: OutdatedLists,
    /// What was published, as it is known beside the rows.
    pub(crate) high_water: HighWater,
    /// By CA, for who makes its revocation list.
    pub(crate) crl_turns: Turns,
    /// By place in a bucket, for who puts the copy of a list there or removes it; the later of two
    /// turns where both are taken.
    pub(crate) copy_turns: Turns,
    /// Held by who makes the key of a responder.
    pub(crate) ocsp_turn: Mutex<()>,
    pub(crate) ocsp_answers: KeptAnswers,
    pub(crate) ocsp_authorities: Cache<String, OcspAuthority>,
    pub(crate) ocsp_index: Cache<&'static str, OcspIndex>,
}

impl Desk {
    /// Puts a desk together.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            store,
            objects,
            custody,
            workers,
            clock,
            random,
            high_water,
            settings,
        } = parts;
        let throttle = Throttle::new(
            settings.requests_per_address,
            settings.requests_per_user,
            settings.wrong_tries,
        );
        let steady = Steady::new(Moment {
            now: clock.now_ms(),
            elapsed: clock.elapsed_ms(),
        });
        Self {
            store,
            objects,
            custody,
            workers,
            clock,
            random,
            settings,
            access_keys: Cache::new(),
            tokens: Cache::new(),
            link_keys: Cache::new(),
            throttle,
            calls: Arc::default(),
            health: Health::default(),
            steady,
            outdated_crls: OutdatedLists::new(),
            high_water,
            crl_turns: Turns::new(),
            copy_turns: Turns::new(),
            ocsp_turn: Mutex::new(()),
            ocsp_answers: KeptAnswers::new(),
            ocsp_authorities: Cache::new(),
            ocsp_index: Cache::new(),
        }
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The time, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// A fresh request id: 32 lower-case hex digits.
    pub fn new_request_id(&self) -> String {
        crate::ids::hex32(self.random.as_ref())
    }

    /// Something the desk was given to remember under a name.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.store.setting(name).await?)
    }

    /// Remembers something under a name; it must not be a secret.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn put_setting(&self, name: &str, value: &[u8]) -> Result<()> {
        let mut tx = Transaction::new("setting.put");
        tx.put_setting(name, value);
        Ok(self.store.commit(tx).await?)
    }

    /// Remembers something under a name that nothing is remembered under yet, and answers what is
    /// remembered then.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn put_setting_if_absent(&self, name: &str, value: &str) -> Result<String> {
        let mut tx = Transaction::new("setting.put_if_absent");
        tx.put_setting_if_absent(name, value.as_bytes());
        self.store.commit(tx).await?;
        let stored = self.store.setting(name).await?;
        let stored = stored.ok_or_else(|| Error::internal(format!("{name} is not stored")))?;
        String::from_utf8(stored).map_err(Error::internal)
    }

    /// Forgets opened secrets whose minute is over; the server calls it every few seconds.
    pub fn expire_opened(&self) {
        let now = self.now_ms();
        self.custody.expire();
        self.access_keys.expire(now);
        self.tokens.expire(now);
        self.link_keys.expire(now);
        self.ocsp_authorities.expire(now);
        self.ocsp_index.expire(now);
    }

    /// Forgets everything that was remembered about callers: called after a change to users, keys
    /// or policies, so that the change holds from the next call on.
    pub(crate) fn forget_callers(&self) {
        self.access_keys.clear();
        self.tokens.clear();
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
