//! Wrong tries at secrets: passwords, signatures, tokens.
//!
//! Who keeps guessing waits, later and later; nobody else does. So tries are counted by where they
//! come from: by (client, whose secret), and all those of a client together. The owner of a name or
//! of a key is never locked out by a stranger, since the stranger has another address; and what
//! was right from an address before goes through although others guess from the same address.
//!
//! Tokens have no entries: each login makes another one, so right ones would be names without end,
//! and wrong ones are. They are too long to be guessed; a right one always goes through, and the
//! client waits for the wrong ones.

use super::client::Client;
use super::table::{Entry, Table, Weight};
use crate::error::{Error, Kind, Result};

/// How long wrong tries are remembered after the last of them, and right ones, in milliseconds.
const MEMORY_MS: i64 = 15 * 60_000;
const GOOD_MS: i64 = 24 * 60 * 60_000;
/// The longest wait for one name, and how long an access key is locked: five minutes, as the
/// gateway has it.
const LONGEST_MS: i64 = 5 * 60_000;
/// The longest wait of a client who tries many names.
const CLIENT_LONGEST_MS: i64 = 60_000;
/// How many times as many wrong tries a client has for all names together.
const CLIENT_TRIES: u32 = 10;

/// What is guessed at.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Secret<'a> {
    /// The password of a user: the account's name and theirs.
    Password(&'a str, &'a str),
    /// The secret of an access key.
    AccessKey(&'a str),
}

/// Wrong tries, and names that were right before.
pub(crate) struct Guesses {
    table: Table<Tries>,
    /// How many wrong tries for one name cost nothing; 0 counts none at all.
    free: u32,
}

#[derive(Clone, Default)]
struct Tries {
    wrong: u32,
    last_ms: i64,
    /// No try is looked at before.
    wait_until_ms: i64,
    good_until_ms: i64,
}

impl Entry for Tries {
    fn ends_ms(&self) -> i64 {
        let wrong = match self.wrong {
            0 => 0,
            _ => self.last_ms.saturating_add(MEMORY_MS),
        };
        wrong.max(self.good_until_ms).max(self.wait_until_ms)
    }

    fn weight(&self, now_ms: i64) -> Weight {
        match (self.wait_until_ms > now_ms, self.wrong) {
            (true, _) => Weight::Lock,
            (false, 0) => Weight::Favour,
            (false, _) => Weight::Count,
        }
    }
}

impl Guesses {
    pub(super) fn new(free: u32) -> Self {
        Self {
            table: Table::new(),
            free,
        }
    }

    /// Whether a try may be looked at now.
    ///
    /// # Errors
    /// As [`Guesses::check_own`], and [`Kind::TooMany`] for a client who guesses at many names.
    pub(crate) fn check(&self, client: Client, secret: Secret<'_>, now_ms: i64) -> Result<()> {
        match self.check_own(client, secret, now_ms)? {
            true => Ok(()),
            false => self.check_client(client, now_ms),
        }
    }

    /// Whether a try may be looked at as far as this secret goes: for callers who have shown who
    /// they are, and whom other people's tries from their address do not concern. True when it was
    /// right from there before.
    ///
    /// # Errors
    /// [`Kind::Signature`] for an access key that is locked for this client, [`Kind::TooMany`]
    /// otherwise; both say when to come again.
    pub(crate) fn check_own(
        &self,
        client: Client,
        secret: Secret<'_>,
        now_ms: i64,
    ) -> Result<bool> {
        if self.free == 0 {
            return Ok(true);
        }
        let own = self.table.get((client.unit(), secret)).unwrap_or_default();
        let wait_ms = own.wait_ms(now_ms, LONGEST_MS);
        if wait_ms == 0 {
            return Ok(own.good_until_ms > now_ms);
        }
        let locked = match secret {
            Secret::AccessKey(_) => Error::new(
                Kind::Signature,
                "Incorrect IAM authentication information: \
                 AK access failed to reach the limit,forbidden",
            ),
            Secret::Password(..) => too_many(),
        };
        Err(locked.retry_after_ms(wait_ms))
    }

    /// Whether a client may try names at all.
    ///
    /// # Errors
    /// [`Kind::TooMany`]; it says when to come again.
    pub(crate) fn check_client(&self, client: Client, now_ms: i64) -> Result<()> {
        if self.free == 0 {
            return Ok(());
        }
        let all = self.table.get(client.unit()).unwrap_or_default();
        match all.wait_ms(now_ms, CLIENT_LONGEST_MS) {
            0 => Ok(()),
            wait_ms => Err(too_many().retry_after_ms(wait_ms)),
        }
    }

    /// Remembers a wrong try.
    pub(crate) fn wrong(&self, client: Client, secret: Secret<'_>, now_ms: i64) {
        self.wrong_own(client, secret, now_ms);
        self.wrong_name(client, now_ms);
    }

    /// Remembers a wrong try of somebody who may try nothing but this secret: it says nothing
    /// about the client.
    pub(crate) fn wrong_own(&self, client: Client, secret: Secret<'_>, now_ms: i64) {
        if self.free == 0 {
            return;
        }
        let at_once = matches!(secret, Secret::AccessKey(_));
        self.table.with((client.unit(), secret), now_ms, |tries| {
            tries.wrong_again(now_ms, self.free, LONGEST_MS, at_once);
        });
    }

    /// Remembers a try with a name that nobody has, or with a token.
    pub(crate) fn wrong_name(&self, client: Client, now_ms: i64) {
        if self.free == 0 {
            return;
        }
        let free = self.free.saturating_mul(CLIENT_TRIES);
        self.table.with(client.unit(), now_ms, |tries| {
            tries.wrong_again(now_ms, free, CLIENT_LONGEST_MS, false);
        });
    }

    /// How many names something is remembered of.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Remembers that it was right: its wrong tries are forgotten.
    pub(crate) fn right(&self, client: Client, secret: Secret<'_>, now_ms: i64) {
        if self.free == 0 {
            return;
        }
        self.table.with((client.unit(), secret), now_ms, |tries| {
            *tries = Tries {
                good_until_ms: now_ms.saturating_add(GOOD_MS),
                ..Tries::default()
            };
        });
    }
}

impl Tries {
    fn wait_ms(&self, now_ms: i64, longest_ms: i64) -> i64 {
        // A clock that was set back locks nobody for longer than the longest wait.
        (self.wait_until_ms - now_ms).clamp(0, longest_ms)
    }

    /// The wait begins when the free tries are used up: at its longest `at_once`, else with two
    /// seconds, and each further try doubles it.
    fn wrong_again(&mut self, now_ms: i64, free: u32, longest_ms: i64, at_once: bool) {
        if now_ms.saturating_sub(self.last_ms) >= MEMORY_MS {
            self.wrong = 0;
        }
        self.wrong = self.wrong.saturating_add(1);
        self.last_ms = now_ms;
        if self.wrong < free {
            return;
        }
        let doublings = (self.wrong - free).min(20);
        let wait_ms = match at_once {
            true => longest_ms,
            false => (2_000_i64 << doublings).min(longest_ms),
        };
        self.wait_until_ms = now_ms.saturating_add(wait_ms);
        if at_once {
            // A lock that is over gives all the tries again.
            self.wrong = 0;
        }
    }
}

fn too_many() -> Error {
    Error::new(
        Kind::TooMany,
        "too many wrong credentials came from this address: try again later",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: i64 = 1_000_000_000;
    const ANNE: Secret<'static> = Secret::Password("acme", "anne");
    const BERT: Secret<'static> = Secret::Password("acme", "bert");
    const KEY: Secret<'static> = Secret::AccessKey("AK");

    fn client(last: u8) -> Client {
        Client::new([192, 0, 2, last].into())
    }

    /// The seconds that a refusal says to wait; 0 when the try is looked at.
    fn wait(guesses: &Guesses, from: u8, secret: Secret<'_>, now_ms: i64) -> u32 {
        match guesses.check(client(from), secret, now_ms) {
            Ok(()) => 0,
            Err(error) => error.retry_after_s().unwrap(),
        }
    }

    fn wrong(guesses: &Guesses, from: u8, secret: Secret<'_>, now_ms: i64, times: u32) {
        for _ in 0..times {
            guesses.wrong(client(from), secret, now_ms);
        }
    }

    #[test]
    fn who_guesses_waits_later_and_later_and_nobody_else() {
        let guesses = Guesses::new(5);
        wrong(&guesses, 1, ANNE, NOW, 4);
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 0);
        let mut now = NOW;
        for seconds in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            wrong(&guesses, 1, ANNE, now, 1);
            assert_eq!(wait(&guesses, 1, ANNE, now), seconds);
            now += i64::from(seconds) * 1_000 - 1;
            assert_eq!(wait(&guesses, 1, ANNE, now), 1, "the last millisecond");
            now += 1;
            assert_eq!(wait(&guesses, 1, ANNE, now), 0);
        }
        wrong(&guesses, 1, ANNE, now, 1);
        assert_eq!(wait(&guesses, 2, ANNE, now), 0, "from elsewhere");
        assert_eq!(wait(&guesses, 1, BERT, now), 0, "another name");
        // Forgotten a quarter of an hour after the last.
        now += MEMORY_MS;
        wrong(&guesses, 1, ANNE, now, 4);
        assert_eq!(wait(&guesses, 1, ANNE, now), 0);
    }

    #[test]
    fn a_right_try_forgets_the_wrong_ones() {
        let guesses = Guesses::new(5);
        wrong(&guesses, 1, ANNE, NOW, 4);
        guesses.right(client(1), ANNE, NOW);
        wrong(&guesses, 1, ANNE, NOW, 4);
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 0);
        wrong(&guesses, 1, ANNE, NOW, 1);
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 2);
    }

    #[test]
    fn an_access_key_is_locked_for_five_minutes_for_this_client() {
        let guesses = Guesses::new(5);
        wrong(&guesses, 1, KEY, NOW, 4);
        assert_eq!(wait(&guesses, 1, KEY, NOW), 0);
        wrong(&guesses, 1, KEY, NOW, 1);
        let error = guesses.check(client(1), KEY, NOW).unwrap_err();
        assert_eq!(error.kind(), Kind::Signature);
        assert!(
            error
                .public()
                .ends_with("AK access failed to reach the limit,forbidden")
        );
        assert_eq!(error.retry_after_s(), Some(300));
        assert_eq!(wait(&guesses, 2, KEY, NOW), 0);
        assert_eq!(wait(&guesses, 1, KEY, NOW + LONGEST_MS - 1), 1);
        wrong(&guesses, 1, KEY, NOW + LONGEST_MS, 4);
        assert_eq!(wait(&guesses, 1, KEY, NOW + LONGEST_MS), 0);
    }

    #[test]
    fn many_names_slow_the_client_but_not_what_was_right_before() {
        let guesses = Guesses::new(5);
        guesses.right(client(1), ANNE, NOW);
        for _ in 0..49 {
            guesses.wrong_name(client(1), NOW);
        }
        assert_eq!(wait(&guesses, 1, BERT, NOW), 0);
        assert!(guesses.check_client(client(1), NOW).is_ok());
        guesses.wrong_name(client(1), NOW);
        for secret in [BERT, KEY] {
            assert_eq!(wait(&guesses, 1, secret, NOW), 2, "{secret:?}");
            let error = guesses.check(client(1), secret, NOW).unwrap_err();
            assert_eq!(error.kind(), Kind::TooMany);
        }
        let error = guesses.check_client(client(1), NOW).unwrap_err();
        assert_eq!(error.retry_after_s(), Some(2));
        assert_eq!(
            wait(&guesses, 1, ANNE, NOW),
            0,
            "they were right here before"
        );
        assert_eq!(wait(&guesses, 2, BERT, NOW), 0, "from elsewhere");
        // Being known here gives them no more tries than others have.
        wrong(&guesses, 1, ANNE, NOW, 5);
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 2);
        wrong(&guesses, 1, BERT, NOW, 20);
        assert_eq!(wait(&guesses, 1, KEY, NOW), 60, "never longer");
    }

    #[test]
    fn tries_of_callers_who_are_known_concern_nobody_else() {
        let guesses = Guesses::new(5);
        for number in 0..200 {
            let name = number.to_string();
            for _ in 0..5 {
                guesses.wrong_own(client(1), Secret::Password("acme", &name), NOW);
            }
        }
        assert_eq!(wait(&guesses, 1, Secret::Password("acme", "7"), NOW), 2);
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 0);
        assert!(guesses.check_client(client(1), NOW).is_ok());
        // Nor does it concern them what others guess at from their address.
        wrong(&guesses, 1, Secret::Password("other", "boss"), NOW, 50);
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 2);
        assert!(guesses.check_own(client(1), ANNE, NOW).is_ok());
    }

    #[test]
    fn locks_outlive_what_others_do_right_and_wrong() {
        let guesses = Guesses::new(5);
        wrong(&guesses, 1, ANNE, NOW, 9);
        wrong(&guesses, 1, KEY, NOW, 5);
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 32);
        for number in 0..100_000_u32 {
            let from = Client::new(number.to_be_bytes().into());
            guesses.right(from, BERT, NOW);
            guesses.wrong(from, KEY, NOW);
        }
        assert_eq!(wait(&guesses, 1, ANNE, NOW), 32);
        assert_eq!(wait(&guesses, 1, KEY, NOW), 300);
        // What lets somebody in takes no place from what counts against them.
        wrong(&guesses, 2, ANNE, NOW, 4);
        for number in 0..100_000_u32 {
            let name = number.to_string();
            guesses.right(client(2), Secret::AccessKey(&name), NOW);
        }
        wrong(&guesses, 2, ANNE, NOW, 1);
        assert_eq!(wait(&guesses, 2, ANNE, NOW), 2);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_for_long() {
        let guesses = Guesses::new(5);
        wrong(&guesses, 1, KEY, NOW, 5);
        assert_eq!(wait(&guesses, 1, KEY, 0), 300);
    }

    #[test]
    fn zero_counts_nothing() {
        let guesses = Guesses::new(0);
        wrong(&guesses, 1, KEY, NOW, 100);
        assert_eq!(wait(&guesses, 1, KEY, NOW), 0);
    }
}
