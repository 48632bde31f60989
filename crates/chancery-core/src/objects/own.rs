//! Buckets that the desk itself keeps. They are no account's and have no row: the name says all, and
//! no caller gives a bucket such a name.

use chancery_objects::BucketName;

use crate::error::{Error, Result};
use crate::instances::Database;
use crate::limits::ccm as limits;

/// The bucket with the CA certificates of a service's instances in a project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OwnBucket {
    database: Database,
    project_id: String,
}

impl OwnBucket {
    /// That of a service in a project.
    pub(crate) fn new(database: Database, project_id: &str) -> Self {
        Self {
            database,
            project_id: project_id.to_owned(),
        }
    }

    /// The bucket of the desk's with this name, if the desk would make one with it. An account's
    /// name may be like it, but never the same.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let of = |database: Database| {
            let project_id = name.strip_prefix(database.service())?.strip_prefix('-')?;
            Some(Self::new(database, project_id)).filter(|_| is_project_id(project_id))
        };
        Database::ALL.into_iter().find_map(of)
    }

    /// Its name.
    pub(crate) fn name(&self) -> Result<BucketName> {
        let name = format!("{}-{}", self.database.service(), self.project_id);
        BucketName::parse(&name).map_err(Error::internal)
    }

    /// Whether everyone may read what is in it, as the service has it.
    pub(crate) fn is_public(&self) -> bool {
        match self.database {
            Database::Redis => false,
            Database::Mongodb => true,
        }
    }
}

/// Checks the name of a bucket that a caller chose, of those that exist or not.
///
/// # Errors
/// [`crate::Kind::Invalid`] for what is no name of a bucket, and for those of the desk's own.
pub(crate) fn check_bucket_name(field: &'static str, name: &str) -> Result<()> {
    if BucketName::parse(name).is_err() {
        return Err(limits::BUCKET_NAME.refusal(field));
    }
    if OwnBucket::of_name(name).is_none() {
        return Ok(());
    }
    let forms = Database::ALL.map(|database| format!("{}-<project id>", database.service()));
    let forms = forms.join(" or ");
    Err(Error::invalid(
        field,
        format!("must not be {forms}: such names are those of the desk's own buckets"),
    ))
}

/// The form of the ids of projects: 32 hexadecimal digits in lower case.
fn is_project_id(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == 32 && text.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_crypto::random::SystemRandom;

    use super::*;
    use crate::ids;

    const PROJECT: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_the_desk_makes_is_its_own_and_callers_may_not_name_it() {
        for database in Database::ALL {
            for project in [PROJECT.to_owned(), ids::hex32(&SystemRandom)] {
                let bucket = OwnBucket::new(database, &project);
                let name = bucket.name().unwrap();
                assert_eq!(OwnBucket::of_name(name.as_str()), Some(bucket), "{name}");
                let refused = check_bucket_name("obs_bucket_name", name.as_str()).unwrap_err();
                assert_eq!(
                    refused.public(),
                    "obs_bucket_name must not be dcs-<project id> or dds-<project id>: \
                     such names are those of the desk's own buckets"
                );
            }
        }
    }

    #[test]
    fn what_only_looks_like_it_is_anybodys() {
        let short = &PROJECT[1..];
        for name in [
            format!("dcs-{short}"),
            format!("dcs-{short}g"),
            format!("dcs-{PROJECT}0"),
            format!("dcs-{PROJECT}-lists"),
            format!("dcs-{PROJECT}.lists"),
            format!("dcs.{PROJECT}"),
            format!("dcs{PROJECT}"),
            format!("dcs--{PROJECT}"),
            format!("my-dcs-{PROJECT}"),
            format!("sms-{PROJECT}"),
            format!("dcsx-{PROJECT}"),
            PROJECT.to_owned(),
            "dcs-lists".to_owned(),
            "dds".to_owned(),
        ] {
            assert_eq!(OwnBucket::of_name(&name), None, "{name}");
            assert!(check_bucket_name("field", &name).is_ok(), "{name}");
        }
        // Names of buckets have no capitals, so there is no other spelling of the desk's.
        for name in [
            format!("DCS-{PROJECT}"),
            format!("dcs-{}", PROJECT.to_uppercase()),
            format!("dcs-{PROJECT} "),
            String::new(),
        ] {
            assert_eq!(OwnBucket::of_name(&name), None, "{name}");
            let refused = check_bucket_name("field", &name).unwrap_err();
            assert!(
                refused.public().starts_with("field must be 3 to 63"),
                "{name}"
            );
        }
    }
}
