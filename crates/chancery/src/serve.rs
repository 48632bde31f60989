//! `chancery serve` and `chancery demo`: puts the desk together and serves it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use chancery_core::custody::Custody;
use chancery_core::{Clock, Desk, HighWater, Parts, Settings, SystemClock, Workers};
use chancery_crypto::random::{Random, SystemRandom};
use chancery_objects::FolderStore;
use chancery_store::{Store, StoreError};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use crate::client_env::{self, ClientEnv, Password};
use crate::config::Config;
use crate::data::{self, DataFolder};
use crate::demo::{Sample, Told};

use crate::identity::{self, InDatabase, InFolder};
use crate::listener::{Limits, Listener};
use crate::signals::Signals;
use crate::{demo, descriptors, first_steps, tls};

/// How often opened secrets whose time is over are looked for.
const TIDY: Duration = Duration::from_secs(10);

/// The part of a stop in which connections are still accepted, and clients told that theirs will be
/// closed.
const NOTICE: u32 = 8;

/// How many of the calls that a stop cuts off are named in the log.
const NAMED: usize = 20;

/// How often it is looked whether storage is there.
const LOOK: Duration = Duration::from_secs(1);

/// How often it is looked for what is due.
const JOBS: Duration = Duration::from_secs(60);

/// How often it is looked whether the data folder is where it was.
const FOLDER: Duration = Duration::from_secs(1);

/// How often it is looked whether the database is to be looked through.
const CHECKS: Duration = Duration::from_secs(60 * 60);

/// What is served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// What is in the data folder.
    Plain,
    /// The same, with sample resources.
    Demo,
}

/// Serves until the process is told to stop (SIGINT, SIGTERM), which it may be while it starts. SIGHUP
/// has the operator's certificate read again.
pub(crate) async fn serve(config: Config, mode: Mode) -> Result<()> {
    let mut signals = Signals::catch()?;
    let running = tokio::select! {
        biased;
        started = Running::start(config, mode) => started?,
        () = signals.asked_to_stop(|| tracing::info!("SIGHUP: the server is still starting")) => {
            tracing::info!("stopping before the start was done");
            return Ok(());
        }
    };
    running.until_stopped(signals).await
}

/// A server that answers.
struct Running {
    desk: Arc<Desk>,
    /// Locked for as long as this server runs.
    data: DataFolder,
    public_url: String,
    /// Where the certificate of the listener is from, if it is the operator's.
    files: Option<tls::OperatorFiles>,
    listeners: JoinSet<()>,
    /// True from when the listeners are to end.
    stop: watch::Sender<bool>,
    /// How long that may take.
    drain: Duration,
    background: JoinSet<()>,
}

impl Running {
    /// Puts the desk together, listens, and says that it is ready. What a start that is dropped has
    /// begun is stored whole or not at all; the next one goes on.
    async fn start(config: Config, mode: Mode) -> Result<Self> {
        let others = [config.listen_http, config.listen_pki];
        let listeners = 1 + others.iter().flatten().count() as u64;
        let connections = descriptors::provide(listeners, Limits::default().connections)?;
        let data = DataFolder::open(&config.data)?;
        // What the operator has to change is said before anything is made: the password of a new desk is
        // known to its first start alone.
        let listener = Listener::bind_for("--listen", config.listen).await?;
        let plain = match config.listen_http {
            Some(address) => Some(Listener::bind_for("--listen-http", address).await?),
            None => None,
        };
        let pki = match config.listen_pki {
            Some(address) => Some(Listener::bind_for("--listen-pki", address).await?),
            None => None,
        };
        let bound = listener.local_addr()?;
        let public_url = config.public_url(bound);
        let given = match &config.tls {
            Some((certificate, key)) => {
                let now_ms = SystemClock.now_ms();
                Some(tls::from_files(certificate, key, &public_url, now_ms)?)
            }
            None => None,
        };

        let desk = Arc::new(open(&config, &data, &public_url, mode).await?);
        ensure!(
            desk.master_key_fits().await?,
            "this database was made with another master.key than {}: copy the one of its first node there, \
             or the one that was kept with the backup (mode 600). Nothing was changed",
            data.master_key_path().display()
        );
        let administrator = desk.bootstrap().await.context("cannot open the desk")?;
        let password = Password::find(&desk, &data, &administrator).await?;
        if matches!(password, Password::Changed) {
            tracing::warn!(
                "the password in {} is no longer the administrator's, and is left out there",
                client_env::NAME
            );
        }
        if mode == Mode::Demo {
            demo::mark(&desk).await?;
        }
        identity::settle(&desk, &data, &SystemRandom).await?;
        let identity = match given {
            Some(identity) => identity,
            None => tls::issued(&desk, bound, &public_url).await?,
        };
        let mut samples = demo::known(&desk).await?;
        let write_env = |samples: &[Sample]| {
            let env = ClientEnv {
                data: &data,
                administrator: &administrator,
                password: &password,
                regions: &config.regions,
                public_url: &public_url,
                authorities: &identity.authorities,
                samples,
                random: &SystemRandom,
                now_ms: desk.now_ms(),
            };
            env.write()
        };
        // Before the samples, which take their time: a start that is cut off would leave a password that
        // nobody knows.
        let env_path = write_env(&samples)?;
        if mode == Mode::Demo {
            samples = demo::prepare(&desk, &administrator).await?;
            write_env(&samples)?;
        }
        tracing::info!("HTTPS on {bound}, reached as {public_url}");
        tracing::info!(
            "credentials, endpoints and trust are in {}",
            env_path.display()
        );
        let rest = match mode {
            Mode::Demo => Told {
                url: &public_url,
                env: &env_path,
                account: &administrator.domain_name,
                user: &administrator.user_name,
                has_password: matches!(password, Password::Known(_)),
                samples: &samples,
            }
            .text(),
            Mode::Plain if administrator.password.is_some() => first_steps::text(&env_path),
            Mode::Plain => String::new(),
        };
        drop((administrator, password));

        let router = chancery_api::router(Arc::clone(&desk));
        let limits = Limits {
            connections,
            connections_per_address: config.connections_per_address,
            notice: config.drain / NOTICE,
            drain: config.drain,
            ..Limits::default()
        };
        let (stop, stopped) = watch::channel(false);
        let mut listeners = JoinSet::new();
        listeners.spawn(listener.serve(
            router.clone(),
            Some(identity.config),
            limits,
            config.trusted_proxies.clone(),
            stopped.clone(),
        ));
        if let Some(plain) = plain {
            tracing::info!("plain HTTP on http://{}", plain.local_addr()?);
            let proxies = config.trusted_proxies.clone();
            listeners.spawn(plain.serve(router, None, limits, proxies, stopped.clone()));
        }
        if let Some(pki) = pki {
            tracing::info!("revocation lists and OCSP on http://{}", pki.local_addr()?);
            let router = chancery_api::pki_router(Arc::clone(&desk));
            listeners.spawn(pki.serve(router, None, limits, config.trusted_proxies, stopped));
        }
        desk.look_at_storage().await;
        let mut background = JoinSet::new();
        background.spawn(look(Arc::clone(&desk)));
        background.spawn(tidy(Arc::clone(&desk)));
        background.spawn(jobs(Arc::clone(&desk)));
        background.spawn(lists(Arc::clone(&desk)));
        background.spawn(checks(Arc::clone(&desk)));

        first_steps::say(&mut std::io::stdout(), &public_url, &rest)?;

        Ok(Self {
            desk,
            data,
            public_url,
            files: identity.files,
            listeners,
            stop,
            drain: config.drain,
            background,
        })
    }

    /// Serves until it is asked to stop, or until a part of it has died.
    async fn until_stopped(mut self, mut signals: Signals) -> Result<()> {
        let reread = || reread(self.files.as_ref(), &self.public_url, self.desk.now_ms());
        let ended = tokio::select! {
            () = signals.asked_to_stop(reread) => Ok(()),
            reason = death(&mut self.listeners, &mut self.background, self.desk.storage_died()) => {
                Err(reason)
            }
            reason = moved(&self.data) => Err(reason),
        };
        tracing::info!("stopping");
        let again = || tracing::info!("SIGHUP: the server is stopping");
        tokio::select! {
            () = self.ends() => {
                if ended.is_ok() && let Err(error) = self.desk.settle() {
                    tracing::warn!("numbers of revocation lists are going to be skipped: {error}");
                }
                ended
            }
            () = signals.asked_to_stop(again) => {
                self.name_cut_off();
                Err(anyhow!("asked again to stop: ended at once"))
            }
        }
    }

    /// Ends what is under way, or says what was not waited for.
    async fn ends(&mut self) {
        let until = Instant::now() + self.drain;
        self.desk.begin_stop();
        self.stop.send_replace(true);
        while self.listeners.join_next().await.is_some() {}
        // Calls go on when their clients have gone.
        if timeout_at(until, self.desk.calls_ended()).await.is_err() {
            self.name_cut_off();
        }
        // What a job has begun is stored whole or not at all; the next start, or another node, goes
        // on. So it does with the lists that revocations have outdated.
        self.background.shutdown().await;
    }

    /// Says which calls are not waited for. Each is stored whole or not at all.
    fn name_cut_off(&self) {
        let calls = self.desk.calls_under_way();
        if !calls.is_empty() {
            tracing::warn!("{} calls cut off by the stop", calls.len());
        }
        for call in calls.iter().take(NAMED) {
            tracing::warn!(route = call.route, request_id = call.request_id, "cut off");
        }
    }
}

/// Waits until a part of the server has died, and answers which, and why. None of them ends by itself: a
/// desk that only looks alive helps nobody.
async fn death(
    listeners: &mut JoinSet<()>,
    jobs: &mut JoinSet<()>,
    storage: impl Future<Output = String>,
) -> anyhow::Error {
    tokio::select! {
        Some(ended) = listeners.join_next() => died("a listener", ended),
        Some(ended) = jobs.join_next() => died("a job", ended),
        what = storage => anyhow!("{what}"),
    }
}

/// Why the process ends when a task of its has ended.
fn died(what: &str, ended: std::result::Result<(), JoinError>) -> anyhow::Error {
    match ended {
        Ok(()) => anyhow!("{what} has ended"),
        Err(error) => anyhow!("{what} has died: {error}"),
    }
}

/// Waits until the data folder is not where it was, and answers what has become of it.
async fn moved(data: &DataFolder) -> anyhow::Error {
    let mut tick = tokio::time::interval(FOLDER);
    loop {
        tick.tick().await;
        if let Err(reason) = data.check_place() {
            return reason;
        }
    }
}

/// What SIGHUP asks for.
fn reread(files: Option<&tls::OperatorFiles>, public_url: &str, now_ms: i64) {
    match files.map(|files| files.reread(public_url, now_ms)) {
        None => tracing::info!("SIGHUP: there is no --tls-cert to be read again"),
        Some(Ok(())) => tracing::info!("SIGHUP: the files of --tls-cert were read again"),
        Some(Err(error)) => {
            tracing::error!("SIGHUP: the certificate stays as it was: {error:#}");
        }
    }
}

/// Puts the desk together, if its folder and its database belong together.
async fn open(config: &Config, data: &DataFolder, public_url: &str, mode: Mode) -> Result<Desk> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let id = data.desk_id()?;
    let folder = InFolder {
        id: id.as_deref(),
        key: data.has_master_key(),
        begun: data.has_begun(),
    };
    let path = data.join(data::DATABASE);
    let (store, database) = match &config.database {
        Some(url) => {
            let known = ["postgres://", "postgresql://", "host="];
            ensure!(
                known.iter().any(|start| url.starts_with(start)),
                "--database: must start with postgres://"
            );
            // Every start writes an audit chain of its own.
            let mut name = [0; 8];
            random.fill(&mut name);
            let store = Store::open_postgres(url, &hex::encode(name)).await;
            let store = store.map_err(|error| match error {
                StoreError::Unavailable(why) => {
                    anyhow!("--database: {why}")
                }
                other => anyhow!("--database: {other}"),
            })?;
            (store, "the PostgreSQL database".to_owned())
        }
        None => {
            let database = path.display().to_string();
            if !path.exists() {
                // To open it would make it.
                identity::check(folder, &InDatabase::Nothing, &database)?;
            }
            let opened = match config.accept_incomplete {
                true => Store::open_incomplete_sqlite(&path).await,
                false => Store::open_sqlite(&path).await,
            };
            let opened = opened.map_err(|error| match error {
                StoreError::Unavailable(why) if why.contains(&database) => anyhow!("{why}"),
                StoreError::Unavailable(why) => anyhow!("{database}: {why}"),
                other => anyhow!("{database}: {other}"),
            });
            (opened?, database)
        }
    };
    let found = InDatabase::of(&store).await?;
    identity::check(folder, &found, &database)?;
    if mode == Mode::Demo {
        demo::check(&store, &found).await?;
    }
    let master = data.master_key(random.as_ref())?;
    let mut settings = Settings::new(public_url);
    settings.pki_url.clone_from(&config.pki_url);
    settings.regions.clone_from(&config.regions);
    settings.export_iterations = config.export_iterations;
    settings.dds_national = config.dds_national;
    settings.quotas = config.quotas;
    settings.requests_per_address = config.requests_per_address;
    settings.requests_per_user = config.requests_per_user;
    settings.wrong_tries = config.wrong_tries;
    settings.trusted_proxies.clone_from(&config.trusted_proxies);
    settings
        .sms_sm2_projects
        .clone_from(&config.sms_sm2_projects);
    let objects = data.join("objects");
    Ok(Desk::new(Parts {
        store,
        objects: Arc::new(
            FolderStore::open(&objects)
                .map_err(|error| data::refused(objects.display(), &error.source))?,
        ),
        custody: Custody::new(&master, Arc::clone(&random), Arc::clone(&clock)),
        workers: Workers::start(settings.waiting)?,
        clock,
        random,
        high_water: HighWater::open(data.high_water())
            .map_err(|error| data::refused(data::HIGH_WATER, &error))?,
        settings,
    }))
}

/// Keeps what `/readyz` answers up to date.
async fn look(desk: Arc<Desk>) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        desk.look_at_storage().await;
    }
}

async fn tidy(desk: Arc<Desk>) {
    let mut tick = tokio::time::interval(TIDY);
    loop {
        tick.tick().await;
        desk.expire_opened();
    }
}

/// Makes the revocation lists that what was revoked here has outdated.
async fn lists(desk: Arc<Desk>) {
    loop {
        desk.crls_outdated().await;
        desk.make_outdated_crls(tokio::time::sleep).await;
    }
}

/// Looks through the database once a day, and at a start that follows no clean stop.
async fn checks(desk: Arc<Desk>) {
    let mut tick = tokio::time::interval(CHECKS);
    let mut anyway = desk.was_cut_off();
    loop {
        tick.tick().await;
        let looked = desk.check_storage(anyway).await;
        anyway = looked.is_err();
        if let Err(error) = looked {
            tracing::error!(
                "the database was looked through: {}",
                error.for_log().unwrap_or_default()
            );
        }
    }
}

/// Does what is due: at the start, and every minute.
async fn jobs(desk: Arc<Desk>) {
    let mut tick = tokio::time::interval(JOBS);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let round = desk.run_due(desk.now_ms()).await;
        let made = round.crls + round.ended + round.responders + round.answers;
        let done = made + round.copies + round.words;
        if done > 0 {
            tracing::info!(
                crls = round.crls,
                ended = round.ended,
                responders = round.responders,
                answers = round.answers,
                words = round.words,
                copies = round.copies,
                "jobs done"
            );
        }
        for failure in round.failures {
            tracing::error!(
                rounds = round.failed_rounds,
                "a job failed, and is tried again in the next round: {failure}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    /// Tasks that go on: one that does not end, and one more.
    fn living(more: impl Future<Output = ()> + Send + 'static) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(pending());
        tasks.spawn(more);
        tasks
    }

    #[tokio::test]
    async fn whoever_dies_ends_the_server_with_the_reason() {
        let dies = async || panic!("as the test wants it");
        for (mut listeners, mut jobs, expected) in [
            (living(ready(())), living(pending()), "a listener has ended"),
            (living(dies()), living(pending()), "a listener has died: "),
            (living(pending()), living(ready(())), "a job has ended"),
            (living(pending()), living(dies()), "a job has died: "),
        ] {
            let said = death(&mut listeners, &mut jobs, pending()).await;
            assert!(said.to_string().starts_with(expected), "{said}");
        }
        let storage = ready("the writer of the database has died".to_owned());
        let said = death(&mut living(pending()), &mut living(pending()), storage).await;
        assert_eq!(said.to_string(), "the writer of the database has died");
    }
}
