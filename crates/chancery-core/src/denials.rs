//! What stands behind a refusal for lack of permission, for those who may read it.
//!
//! A refused caller gets it as a sealed text: it names things that the caller need not know. Whoever
//! may do `sts::decodeAuthorizationMessage` in the same account has the desk open it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chancery_store::Transaction;
use serde_json::{Value, json};

use crate::context::{Caller, Context};
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// The longest sealed text that is looked at, in characters.
const LONGEST: usize = 8_192;

impl Desk {
    /// The sealed description of a refusal: who asked when, in which request, for which action on
    /// what. Base64 of AES-256-GCM, bound to the account.
    pub fn encode_denial(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        request_id: &str,
    ) -> String {
        let description = json!({
            "allowed": false,
            "context": {
                "principal": {
                    "domain_id": caller.domain_id, "domain_name": caller.domain_name,
                    "user_id": caller.user_id, "user_name": caller.user_name,
                    "project_id": caller.project_id,
                },
                "action": action,
                "resource": resource,
                "request_id": request_id,
                "time": self.now_ms(),
            },
        });
        let text = description.to_string();
        BASE64_STANDARD.encode(self.custody.seal(place(&caller.domain_id), text.as_bytes()))
    }

    /// Opens what [`Desk::encode_denial`] sealed for the caller's account.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for anything else.
    pub async fn decode_denial(&self, ctx: &Context, encoded: &str) -> Result<Value> {
        let bad = || {
            Error::invalid(
                "encoded_message",
                "must be an encoded authorization message",
            )
        };
        if encoded.len() > LONGEST {
            return Err(bad());
        }
        let sealed = BASE64_STANDARD.decode(encoded).map_err(|_| bad())?;
        let opened = self.custody.open(place(ctx.domain_id()), &sealed);
        let text = opened.map_err(|_| bad())?;
        let denial: Value = serde_json::from_slice(&text).map_err(Error::internal)?;
        let mut tx = Transaction::new("denial.decode");
        let of = denial["context"]["request_id"].as_str().unwrap_or_default();
        tx.audit(ctx.audit(self.now_ms(), of));
        self.store.commit(tx).await?;
        Ok(denial)
    }
}

fn place(domain_id: &str) -> Place<'_> {
    Place {
        table: "authorization_messages",
        row: domain_id,
        column: "message",
    }
}
