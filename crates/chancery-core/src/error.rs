//! One error for the whole desk: what kind it is, what the caller may read, what only the log may.
//!
//! Kinds are honest and know nothing of HTTP; each service of the API maps them to its own status
//! and code in one table.

use std::io::ErrorKind;

use chancery_objects::ObjectError;
use chancery_store::StoreError;

/// What a core function returns.
pub type Result<T> = std::result::Result<T, Error>;

/// The longest text a caller gets to read, in characters (`error_msg` of every service).
const PUBLIC_LIMIT: usize = 1024;

/// When a caller who met storage that is away may come again, in milliseconds: a database that is
/// started anew, or whose place another one takes, is back after some seconds.
const STORAGE_RETRY_MS: i64 = 5_000;

/// A refusal or a failure.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    public: String,
    internal: Option<String>,
    retry_after_s: Option<u32>,
}

/// What went wrong, for the mapping to wire codes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// No credentials at all.
    CredentialsMissing,
    /// A request signature that does not hold: unknown key, stale date, wrong signature.
    Signature,
    /// A token that is unknown, malformed or revoked.
    Token,
    /// A token past its time.
    TokenExpired,
    /// Wrong user name or password.
    Login,
    /// The caller's policies do not allow the action.
    Forbidden {
        /// The action, such as `pca:cert:export`.
        action: &'static str,
    },
    /// The path names a project of another account, or one the credentials are not for.
    WrongProject,
    /// The resource does not exist for this caller.
    NotFound(Thing),
    /// A field has a value that is not allowed; the text says what is.
    Invalid {
        /// The field as the API spells it, with dots between levels: `validity.value`.
        field: &'static str,
    },
    /// The body is not the JSON that was asked for.
    Malformed,
    /// The body is longer than the server reads.
    TooLarge,
    /// The client was too slow.
    TooSlow,
    /// The address of the request is longer than the server reads.
    UriTooLong,
    /// The request has more headers than the server reads.
    TooManyHeaders,
    /// The answer took longer than a client is kept waiting; what was begun goes on.
    TimedOut,
    /// The client or the caller asks, or guesses, too often; the error says when to come again.
    TooMany,
    /// No such route.
    UnknownRoute,
    /// The route exists, but not with this method.
    UnknownMethod,
    /// The request is well formed, but not possible now or not for this resource.
    Refused(Refusal),
    /// The TLS material of an instance could not be read or kept; the log knows why.
    SslStorage,
    /// Others have changed at the same time what the call is about; nothing was done. No caller is told of
    /// this kind ([`Error::settled`]).
    Overtaken,
    /// The server cannot do it now, and has done nothing of it: storage is away, or the desk as a whole
    /// is full. Asked again later it may be done; the error says when.
    Unavailable,
    /// Something failed in the server; the log knows what. Something may have been done.
    Internal,
}

/// The kinds of things that can be missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // the names say it
pub enum Thing {
    AccessKey,
    Authority,
    Certificate,
    Domain,
    EnterpriseProject,
    Group,
    Instance,
    Job,
    Object,
    Order,
    Project,
    Role,
    Source,
    StoreCertificate,
    Subscription,
    Task,
    Token,
    User,
}

/// Reasons for which a well-formed request is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// The resource is in a state in which this is not done.
    State,
    /// The issuing CA is not able to issue this (state, path length, validity, name constraints).
    Issuer,
    /// An account has as many as it may have.
    Quota,
    /// The same thing exists already.
    Duplicate,
    /// The default one of its kind stays as it is.
    Default,
    /// This combination is not defined by the API.
    Undefined,
    /// A certificate field without content.
    CertificateEmpty,
    /// A certificate field that is not made of PEM blocks of certificates.
    CertificateNotPem,
    /// A certificate that cannot be read.
    CertificateUnreadable,
    /// A certificate chain that cannot be read.
    ChainUnreadable,
    /// A private key field without content.
    KeyEmpty,
    /// A private key field that is not the PEM block of a private key.
    KeyNotPem,
    /// A private key that cannot be read.
    KeyUnreadable,
    /// A signing request that cannot be read or does not prove possession of its key.
    RequestUnreadable,
    /// The private key is not the certificate's.
    KeyMismatch,
    /// The certificates do not form a chain, or one that allows what is below it.
    ChainBroken,
    /// A certificate outside its validity.
    Expired,
    /// A key or signature below what is accepted.
    Weak,
    /// The certificate names no domain.
    NoDomain,
    /// OCSP of the CA is on already.
    OcspOn,
    /// OCSP of the CA is off already.
    OcspOff,
    /// The instance has no TLS (edition or version).
    SslUnsupported,
}

impl Error {
    /// An error of a kind with the text its caller may read.
    pub fn new(kind: Kind, public: impl Into<String>) -> Self {
        let mut public = public.into();
        if let Some((cut, _)) = public.char_indices().nth(PUBLIC_LIMIT) {
            public.truncate(cut);
        }
        Self {
            kind,
            public,
            internal: None,
            retry_after_s: None,
        }
    }

    /// A field with a value that is not allowed. `rule` completes the sentence "`field` …".
    pub fn invalid(field: &'static str, rule: impl AsRef<str>) -> Self {
        Self::new(
            Kind::Invalid { field },
            format!("{field} {}", rule.as_ref()),
        )
    }

    /// A well-formed request that is refused.
    pub fn refused(refusal: Refusal, public: impl Into<String>) -> Self {
        Self::new(Kind::Refused(refusal), public)
    }

    /// A resource that does not exist for this caller.
    pub fn not_found(thing: Thing, id: &str) -> Self {
        let name = match thing {
            Thing::AccessKey => "access key",
            Thing::Authority => "private CA",
            Thing::Certificate => "private certificate",
            Thing::Domain => "account",
            Thing::EnterpriseProject => "enterprise project",
            Thing::Group => "group",
            Thing::Instance => "instance",
            Thing::Job => "job",
            Thing::Object => "object",
            Thing::Order => "order",
            Thing::Project => "project",
            Thing::Role => "role",
            Thing::Source => "source server",
            Thing::StoreCertificate => "certificate",
            Thing::Subscription => "subscription",
            Thing::Task => "migration task",
            Thing::Token => "token",
            Thing::User => "user",
        };
        Self::new(
            Kind::NotFound(thing),
            format!("the {name} {id} does not exist"),
        )
    }

    /// A failure of the server; `internal` goes to the log only.
    pub fn internal(internal: impl std::fmt::Display) -> Self {
        Self::new(Kind::Internal, "internal server error").because(internal)
    }

    /// Storage that is away: nothing was done, and the caller may come again. `internal` goes to the log
    /// only.
    pub fn storage_away(internal: impl std::fmt::Display) -> Self {
        let text = "the storage of the server is not available; nothing was done, try again later";
        Self::new(Kind::Unavailable, text)
            .because(internal)
            .retry_after_ms(STORAGE_RETRY_MS)
    }

    /// A call that others overtook, between its reading and its writing; `internal` goes to the log only.
    pub(crate) fn overtaken(internal: impl std::fmt::Display) -> Self {
        let text = "others have changed it at the same time; nothing was done, try again later";
        Self::new(Kind::Overtaken, text).because(internal)
    }

    /// What a caller is told of this error in the end: one who was overtaken may come again. Whether something of the call was `stored` decides
    /// what may be said: who reads that nothing was done may call again, and would do it twice.
    #[must_use]
    pub fn settled(self, stored: bool) -> Self {
        match (self.kind, stored) {
            (Kind::Unavailable | Kind::Overtaken, true) => {
                Self::internal(format!("after a part was stored: {self}"))
            }
            (Kind::Overtaken, false) => Self {
                kind: Kind::Unavailable,
                ..self.retry_after_ms(1)
            },
            _ => self,
        }
    }

    /// Adds what only the log may see.
    #[must_use]
    pub fn because(mut self, internal: impl std::fmt::Display) -> Self {
        self.internal = Some(internal.to_string());
        self
    }

    /// Says when the caller may come again; at least a second from now.
    #[must_use]
    pub fn retry_after_ms(mut self, wait_ms: i64) -> Self {
        let seconds = u32::try_from(wait_ms.saturating_add(999) / 1_000);
        self.retry_after_s = Some(seconds.unwrap_or(1).max(1));
        self
    }

    /// In how many seconds the caller may come again, if that is known.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// What kind of error it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What the caller may read: at most 1,024 characters.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// What the log sees beyond the public text.
    pub fn for_log(&self) -> Option<&str> {
        self.internal.as_deref()
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.internal {
            Some(internal) => write!(f, "{}: {internal}", self.public),
            None => f.write_str(&self.public),
        }
    }
}

impl std::error::Error for Error {}

/// What a caller did not cause. A core function that expects a duplicate or a conflict matches it
/// before it comes here; another one says that somebody else came first.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Crowded(crowded) => crate::workers::crowded(crowded),
            StoreError::Overrun => Self::new(
                Kind::TimedOut,
                "the search took too long and was broken off: narrow it",
            ),
            // Nothing was stored; of an outcome that is not known nobody may say so.
            error @ StoreError::Unavailable(_) => Self::storage_away(error),
            error @ (StoreError::Conflict(_) | StoreError::Duplicate(_)) => Self::overtaken(error),
            error => Self::internal(error),
        }
    }
}

/// An object that could not be kept or read may be tried again: to put it a second time changes nothing.
impl From<ObjectError> for Error {
    fn from(error: ObjectError) -> Self {
        match error.source.kind() {
            // No failure of a disk.
            ErrorKind::Other => Self::internal(error),
            _ => Self::storage_away(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_text_is_cut_at_a_character() {
        let error = Error::new(Kind::Internal, "汉".repeat(2000));
        assert_eq!(error.public().chars().count(), PUBLIC_LIMIT);
    }

    /// Who is told to come again would do a second time what may have been done.
    #[test]
    fn only_what_was_certainly_not_stored_may_be_tried_again() {
        let away = Error::from(StoreError::Unavailable("the disk is full".to_owned()));
        assert_eq!(away.kind(), Kind::Unavailable);
        assert_eq!(away.retry_after_s(), Some(5));
        assert!(!away.public().contains("disk"));
        for other in [
            StoreError::UnknownOutcome("the connection broke".to_owned()),
            StoreError::Engine("noise".to_owned()),
        ] {
            let error = Error::from(other);
            assert_eq!(
                (error.kind(), error.retry_after_s()),
                (Kind::Internal, None)
            );
        }
    }

    #[test]
    fn nobody_is_asked_to_repeat_what_was_done_in_part() {
        let away = || Error::storage_away("full");
        let overtaken = || Error::from(StoreError::Conflict("row"));
        let said = |error: Error| (error.kind(), error.retry_after_s());
        assert_eq!(said(away().settled(false)), (Kind::Unavailable, Some(5)));
        assert_eq!(said(away().settled(true)), (Kind::Internal, None));
        assert_eq!(
            said(overtaken().settled(false)),
            (Kind::Unavailable, Some(1))
        );
        assert_eq!(said(overtaken().settled(true)), (Kind::Internal, None));
        let full = ObjectError {
            doing: "put object",
            source: ErrorKind::StorageFull.into(),
        };
        assert_eq!(Error::from(full).kind(), Kind::Unavailable);
    }

    #[test]
    fn internal_text_stays_out_of_the_public_one() {
        let error = Error::internal("disk full at sector 9");
        assert_eq!(error.public(), "internal server error");
        assert_eq!(error.for_log(), Some("disk full at sector 9"));
    }
}
