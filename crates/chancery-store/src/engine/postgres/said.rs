//! What a failure of the server or of a connection means for the store.

use std::io::ErrorKind;

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::{Severity, SqlState};

use crate::{StoreError, label};

/// The store's error for one of the server. Its detail is left out, as it quotes values.
pub(super) fn from_postgres(error: &tokio_postgres::Error) -> StoreError {
    let Some(said) = error.as_db_error() else {
        return not_said(error);
    };
    let code = said.code();
    let text = format!("{} ({})", said.message(), code.code());
    match *code {
        SqlState::UNIQUE_VIOLATION => {
            StoreError::Duplicate(label::unique_key(said.constraint().unwrap_or_default()))
        }
        SqlState::FOREIGN_KEY_VIOLATION => StoreError::Conflict(label::REFERENCE),
        _ if is_transient(code) || is_away(code) => StoreError::Unavailable(text),
        _ => StoreError::Engine(text),
    }
}

/// The store's error for one that is not the server's: the connection broke, or a value was not the
/// column's.
fn not_said(error: &tokio_postgres::Error) -> StoreError {
    let source = std::error::Error::source(error);
    let text = source.map_or(error.to_string(), |source| format!("{error}: {source}"));
    match is_lost(error) {
        true => StoreError::Unavailable(text),
        false => StoreError::Engine(text),
    }
}

/// Where a server is looked for, for messages: hosts or sockets with their ports, database and user, and
/// never the password.
pub(super) fn place(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let host = |(at, host): (usize, &Host)| match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]:{}", port(at)),
        Host::Tcp(name) => format!("{name}:{}", port(at)),
        Host::Unix(folder) => format!("{}/.s.PGSQL.{}", folder.display(), port(at)),
    };
    let mut hosts: Vec<String> = config.get_hosts().iter().enumerate().map(host).collect();
    if hosts.is_empty() {
        let address = |(at, address)| host((at, &Host::Tcp(format!("{address}"))));
        hosts.extend(config.get_hostaddrs().iter().enumerate().map(address));
    }
    let mut place = hosts.join(", ");
    if let Some(database) = config.get_dbname() {
        place.push_str(&format!(", database {database}"));
    }
    if let Some(user) = config.get_user() {
        place.push_str(&format!(", user {user}"));
    }
    place
}

/// The words for a connection that the machine did not make.
fn not_made(error: &tokio_postgres::Error) -> Option<String> {
    let source = std::error::Error::source(error)?;
    let Some(refused) = source.downcast_ref::<std::io::Error>() else {
        // The library's words for a server that is asked for TLS.
        let no_tls = source.to_string().contains("no TLS implementation");
        return no_tls.then(|| {
            "chancery does not encrypt this connection, as sslmode asks for: use a socket, this machine or \
             a tunnel"
                .to_owned()
        });
    };
    let words = match refused.kind() {
        ErrorKind::ConnectionRefused => "nothing listens there",
        ErrorKind::NotFound => "there is no such socket",
        ErrorKind::PermissionDenied => "the server's user has no permission for this socket",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no way leads there",
        ErrorKind::TimedOut => "nobody answers there",
        _ if refused.to_string().contains("lookup address") => "the name of the host is not known",
        _ => return None,
    };
    Some(format!("{words} ({refused})"))
}

/// The store's error for a connection that was not made.
pub(super) fn not_connected(error: &tokio_postgres::Error) -> StoreError {
    if let Some(words) = not_made(error) {
        return StoreError::Unavailable(words);
    }
    match from_postgres(error) {
        StoreError::Engine(text) => StoreError::Unavailable(text),
        other => other,
    }
}

/// Why a commit failed. After an error the server has taken the transaction back; a connection that it
/// ends, or that breaks, tells nothing.
pub(super) fn not_committed(error: &tokio_postgres::Error) -> StoreError {
    let severity = error.as_db_error().and_then(|said| said.parsed_severity());
    match (severity, from_postgres(error)) {
        (Some(Severity::Error), error) => error,
        (_, StoreError::Unavailable(text)) => StoreError::UnknownOutcome(text),
        (_, error) => error,
    }
}

/// Whether the connection broke, or the server ended it: nothing more comes of it.
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(said) => matches!(
            said.parsed_severity(),
            Some(Severity::Fatal | Severity::Panic)
        ),
        None => {
            let source = std::error::Error::source(error);
            error.is_closed() || source.is_some_and(|source| source.is::<std::io::Error>())
        }
    }
}

/// Whether the same transaction may succeed when it is tried again: another node was in its way.
pub(super) fn is_transient(code: &SqlState) -> bool {
    [
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(code)
}

/// Whether the server says that it cannot do it now, whatever it was asked: it is full, stopping,
/// starting, takes no further connection, or is a copy that only reads.
fn is_away(code: &SqlState) -> bool {
    // Connection exceptions, invalid authorization, insufficient resources, operator intervention,
    // system errors.
    let classes = ["08", "28", "53", "57", "58"];
    *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || classes.iter().any(|class| code.code().starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_no_password() {
        for (address, expected) in [
            (
                "postgres://alice:secret@db.example/desk",
                "db.example:5432, database desk, user alice",
            ),
            (
                "postgres://alice:secret@[::1]:1,db.example:2/desk",
                "[::1]:1, db.example:2, database desk, user alice",
            ),
            (
                "host=a,b port=7 user=alice password=secret",
                "a:7, b:7, user alice",
            ),
            (
                "postgresql:///desk?host=/run/postgresql&user=alice&password=secret",
                "/run/postgresql/.s.PGSQL.5432, database desk, user alice",
            ),
            (
                "hostaddr=192.0.2.1 user=alice",
                "192.0.2.1:5432, user alice",
            ),
        ] {
            let config: Result<Config, _> = address.parse();
            assert_eq!(
                config.map(|config| place(&config)).ok().as_deref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn what_the_server_says_when_it_is_away() {
        for code in [
            SqlState::CONNECTION_FAILURE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::DISK_FULL,
            SqlState::OUT_OF_MEMORY,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IO_ERROR,
        ] {
            assert!(is_away(&code), "{code:?}");
        }
        for code in [
            SqlState::SYNTAX_ERROR,
            SqlState::UNIQUE_VIOLATION,
            SqlState::DATA_CORRUPTED,
            SqlState::UNDEFINED_TABLE,
            SqlState::IN_FAILED_SQL_TRANSACTION,
        ] {
            assert!(!is_away(&code), "{code:?}");
        }
    }
}
