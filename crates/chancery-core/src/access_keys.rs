//! Access keys: the AK and SK that requests are signed with.

mod manage;
mod temporary;

use std::sync::Arc;

use chancery_store::{AccessKeyRow, Transaction};
use zeroize::Zeroizing;

use crate::context::{Caller, Credential};
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Kind, Result};
use crate::ids;

pub use manage::{AccessKey, AccessKeyChange};
pub use temporary::{NewTemporaryKey, TemporaryKey};

/// An access key, opened for checking a signature.
pub struct OpenedKey {
    /// The secret access key.
    pub secret: Zeroizing<Vec<u8>>,
    /// Whose key it is.
    pub caller: Caller,
    /// When a temporary key ends, in milliseconds since the epoch.
    pub(crate) expires_at: Option<i64>,
}

/// A new access key; the only time its secret is given out.
pub struct NewAccessKey {
    /// The access key id (AK), 20 characters.
    pub access_key: String,
    /// The secret (SK), 40 characters.
    pub secret: Zeroizing<String>,
}

impl Desk {
    /// The access key that a request says it is signed with.
    ///
    /// # Errors
    /// [`Kind::Signature`] when there is none, or it is inactive, or its user is disabled.
    pub async fn access_key(&self, access_key: &str) -> Result<Arc<OpenedKey>> {
        let now = self.now_ms();
        if let Some(opened) = self.access_keys.get(access_key, now) {
            return Ok(opened);
        }
        let since = self.access_keys.since();
        let unknown = || unknown(access_key);
        let row = self
            .store
            .access_key(access_key)
            .await?
            .ok_or_else(unknown)?;
        if row.status != "active" {
            return Err(unknown());
        }
        let caller = self
            .caller(&row.domain_id, &row.user_id, None)
            .await?
            .ok_or_else(unknown)?;
        let secret = self
            .custody
            .open(place(&row.access_key), &row.sealed_secret)?;
        let opened = Arc::new(OpenedKey {
            secret,
            caller: Caller {
                credential: Credential::AccessKey(row.access_key),
                ..caller
            },
            expires_at: None,
        });
        self.access_keys
            .put(access_key.to_owned(), Arc::clone(&opened), now, since);
        Ok(opened)
    }

    /// Creates an access key for a user; for the operator, who needs no permission.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn create_access_key(&self, domain_id: &str, user_id: &str) -> Result<NewAccessKey> {
        let (key, row) = self.new_access_key(domain_id, user_id, String::new());
        let mut tx = Transaction::new("access_key.create");
        tx.insert_access_key(&row);
        self.store.commit(tx).await?;
        Ok(key)
    }

    /// A new access key and its row, not stored yet.
    pub(crate) fn new_access_key(
        &self,
        domain_id: &str,
        user_id: &str,
        description: String,
    ) -> (NewAccessKey, AccessKeyRow) {
        let access_key = ids::text(self.random.as_ref(), ids::UPPER_DIGITS, 20);
        let secret = Zeroizing::new(ids::text(self.random.as_ref(), ids::ALPHANUMERIC, 40));
        let row = AccessKeyRow {
            access_key: access_key.clone(),
            user_id: user_id.to_owned(),
            domain_id: domain_id.to_owned(),
            sealed_secret: self.custody.seal(place(&access_key), secret.as_bytes()),
            status: "active".to_owned(),
            description,
            created_at: self.now_ms(),
        };
        (NewAccessKey { access_key, secret }, row)
    }
}

fn unknown(access_key: &str) -> Error {
    Error::new(
        Kind::Signature,
        format!("Incorrect IAM authentication information: ak {access_key} not exist"),
    )
}

pub(crate) fn place(access_key: &str) -> Place<'_> {
    Place {
        table: "access_keys",
        row: access_key,
        column: "sealed_secret",
    }
}
