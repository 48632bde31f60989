//! From waiting to active: the CSR, a certificate of this desk, or one from elsewhere.

use chancery_pki::chain::{self, ChainError};
use chancery_pki::{Certificate, KeyUsage};
use chancery_store::{AuthorityActivation, AuthorityRow, StoreError, Transaction, label};

use super::bought::{is_undescribed, require_described};
use super::create::{Wanted, set_certificate};
use super::lifecycle::changed_meanwhile;
use super::state::{State, Step, step};
use super::{Activation, ROOT_PATH_LENGTH, issue_failed, require_issuer, target};
use crate::context::Context;
use crate::crls::{CrlSettings, crl_failed};
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::issuance::{check_family, is_sm2, weak_keys};
use crate::limits::ccm as limits;
use crate::subject;
use chancery_crypto::HashAlgorithm;

impl Desk {
    /// The CSR (DER) of a waiting CA.
    ///
    /// # Errors
    /// [`Refusal::State`] when it is not waiting.
    pub async fn authority_csr(&self, ctx: &Context, id: &str) -> Result<Vec<u8>> {
        let row = self.authority_row(ctx, id).await?;
        step(State::of(&row, self.now_ms())?, Step::ReadCsr)?;
        require_described(&row)?;
        row.csr
            .ok_or_else(|| Error::internal(format!("CA {id} waits without a CSR")))
    }

    /// Gives a waiting CA a certificate from a CA of this desk. One that was bought becomes what
    /// the activation describes, a root as well.
    ///
    /// # Errors
    /// [`Refusal::State`], [`Refusal::Issuer`], [`crate::Kind::Invalid`].
    pub async fn activate_authority(
        &self,
        ctx: &Context,
        id: &str,
        activation: Activation,
    ) -> Result<()> {
        let mut row = self.authority_row(ctx, id).await?;
        step(State::of(&row, self.now_ms())?, Step::Activate)?;
        if is_undescribed(&row) {
            return self.activate_bought(ctx, row, activation).await;
        }
        let Some(issuer_id) = &activation.issuer_id else {
            return Err(Error::invalid("issuer_id", "is required"));
        };
        if let Some(crl) = &activation.crl {
            crl.check()?;
        }
        // Who may activate the one may not yet use the other: here it is only what is made.
        let made = target("", &row.enterprise_project_id, &[]);
        let issuer = self.issuing_authority(ctx, issuer_id, &made).await?;
        let key = self.authority_key(&row)?;
        check_family(key.algorithm(), issuer.key_algorithm())?;
        let wanted = Wanted {
            hash: activation.signature_algorithm,
            validity: &activation.validity,
            path_length: activation.path_length,
            key_usages: &activation.key_usages,
        };
        self.certify(ctx, &mut row, &key, &issuer, &wanted).await?;
        self.store_activation(ctx, "authority.activate", row, activation.crl)
            .await
    }

    /// Gives a waiting CA the certificate that a CA elsewhere issued from its CSR.
    ///
    /// # Errors
    /// [`Refusal::State`]; [`Refusal::CertificateUnreadable`], [`Refusal::ChainUnreadable`];
    /// [`Refusal::KeyMismatch`] when the certificate is for another key; [`Refusal::ChainBroken`];
    /// [`Refusal::Expired`]; [`Refusal::Undefined`] when it is no CA's certificate.
    pub async fn import_authority_certificate(
        &self,
        ctx: &Context,
        id: &str,
        certificate: &str,
        chain_pem: Option<&str>,
    ) -> Result<()> {
        let now = self.now_ms();
        let mut row = self.authority_row(ctx, id).await?;
        step(State::of(&row, now)?, Step::Import)?;
        require_described(&row)?;
        limits::AUTHORITY_PEM.check("certificate", certificate)?;
        limits::AUTHORITY_CHAIN_PEM.check("certificate_chain", chain_pem.unwrap_or_default())?;
        let certificate = Certificate::from_pem(certificate).map_err(|error| {
            let text = format!("certificate cannot be read: {error}");
            Error::refused(Refusal::CertificateUnreadable, text)
        })?;
        let issuers = match chain_pem {
            Some(text) => read_chain(text)?,
            None => Vec::new(),
        };
        let key = self.authority_key(&row)?;
        if certificate.public_key_der() != key.public_key_der() {
            return Err(Error::refused(
                Refusal::KeyMismatch,
                "certificate is not for the key of this CA's CSR",
            ));
        }
        check_authority(&certificate)?;
        if !is_valid(&certificate, now) {
            return Err(Error::refused(
                Refusal::Expired,
                "certificate is not valid at this time",
            ));
        }
        let leaf = certificate.clone();
        let ordered = self
            .workers
            .short
            .run(ctx.behalf(), move || {
                let ordered = chain::order(&leaf, issuers)?;
                let notes = weak_keys(&ordered);
                Ok((ordered, notes))
            })
            .await?;
        let (issuers, notes) = ordered.map_err(chain_broken)?;
        notes.iter().for_each(|note| ctx.note(note));
        let room = chain::room_below(&certificate, &issuers).map_err(chain_broken)?;
        let mut whole = vec![certificate.clone()];
        whole.extend(issuers.iter().cloned());
        chain::check_names(&whole).map_err(chain_broken)?;
        check_one_family(&certificate, &issuers)?;
        check_usable(&certificate, &issuers, now)?;
        let hash = hash_of(&certificate)?;
        // What the CAs above leave binds as its own limit does, and without any a subordinate shows
        // the most that can follow below it.
        let most = ROOT_PATH_LENGTH - 1;
        let path_length = room.map_or(most, |room| i64::from(room).min(most));
        set_certificate(&mut row, &certificate, hash, path_length);
        // It may be another one than the CSR's: a CA has the name that its issuer gave it.
        let subject = certificate.subject();
        row.subject = subject::to_json(&subject)?;
        row.common_name = subject
            .common_name
            .unwrap_or_else(|| certificate.subject_text());
        row.gen_mode = "IMPORT".to_owned();
        row.issuer_name = certificate.issuer().common_name;
        row.external_chain = Some(issuers.iter().map(|issuer| issuer.der().to_vec()).collect());
        self.store_activation(ctx, "authority.import", row, None)
            .await
    }

    async fn store_activation(
        &self,
        ctx: &Context,
        name: &'static str,
        row: AuthorityRow,
        crl: Option<CrlSettings>,
    ) -> Result<()> {
        let crl = match crl {
            Some(settings) => Some(self.crl_change(ctx, &row, settings).await?),
            None => None,
        };
        let detail = serde_json::json!({ "serial_number": row.serial_number });
        let mut tx = Transaction::new(name);
        tx.audit(ctx.audit_with(self.now_ms(), &row.id, detail));
        let missing = || Error::internal("an activated CA has no certificate");
        let (from, to) = (State::Pending.name(), State::Actived.name());
        let activation = AuthorityActivation {
            issuer_id: row.issuer_id,
            issuer_name: row.issuer_name,
            signature_algorithm: row.signature_algorithm.ok_or_else(missing)?,
            path_length: row.path_length,
            serial_number: row.serial_number.ok_or_else(missing)?,
            not_before: row.not_before.ok_or_else(missing)?,
            not_after: row.not_after.ok_or_else(missing)?,
            certificate: row.certificate.ok_or_else(missing)?,
            external_chain: row.external_chain,
            gen_mode: row.gen_mode,
            key_usages: row.key_usages,
            common_name: row.common_name,
            subject: row.subject,
        };
        if let Some(issuer_id) = &activation.issuer_id {
            require_issuer(&mut tx, ctx, issuer_id);
        }
        tx.activate_authority(ctx.domain_id(), &row.id, from, to, &activation);
        if let Some(crl) = &crl {
            crl.store(&mut tx, ctx, &row.id);
        }
        match self.store.commit(tx).await {
            Ok(()) => {}
            Err(StoreError::Conflict(label::AUTHORITY)) => return Err(changed_meanwhile()),
            Err(error) => return Err(crl_failed(error, issue_failed)),
        }
        if crl.is_some() {
            self.publish_crl_or_log(&row.id).await;
        }
        Ok(())
    }
}

/// A certificate that cannot sign others would make a CA that fails at every issue.
fn check_authority(certificate: &Certificate) -> Result<()> {
    let usages = certificate.key_usages();
    if certificate.is_ca() && (usages.is_empty() || usages.contains(&KeyUsage::KeyCertSign)) {
        return Ok(());
    }
    let text = "certificate must be a CA certificate (basicConstraints CA:TRUE, and keyCertSign \
                where it has a keyUsage)";
    Err(Error::refused(Refusal::Undefined, text))
}

/// Whether a CA is valid, as [`State::of`] has it: what ends now is over.
fn is_valid(certificate: &Certificate, now: i64) -> bool {
    let validity = certificate.validity();
    validity.not_before_ms <= now && now < validity.not_after_ms
}

/// That programs will accept what is issued below these CAs.
fn check_usable(certificate: &Certificate, issuers: &[Certificate], now: i64) -> Result<()> {
    let fields = [
        ("certificate", std::slice::from_ref(certificate)),
        ("certificate_chain", issuers),
    ];
    for (field, certificates) in fields {
        for one in certificates {
            let subject = one.subject_text();
            let refused = |refusal, reason: &str| {
                Err(Error::refused(
                    refusal,
                    format!("{field}: \"{subject}\" {reason}"),
                ))
            };
            if !is_valid(one, now) {
                return refused(Refusal::Expired, "is not valid at this time");
            }
            if let Some(oid) = one.unhandled_extension() {
                let reason = format!(
                    "has the critical extension {oid}, for which programs refuse all that is below it"
                );
                return refused(Refusal::Undefined, &reason);
            }
            // Of a root, which is where trust begins, nobody looks at that.
            if one.demands_policies() && !one.is_self_signed() {
                let reason = "demands certificate policies (policyConstraints, requireExplicitPolicy), \
                              which certificates of this desk do not name";
                return refused(Refusal::Undefined, reason);
            }
        }
    }
    Ok(())
}

/// A chain that does not link, or whose path lengths or name constraints forbid this CA.
fn chain_broken(error: ChainError) -> Error {
    Error::refused(Refusal::ChainBroken, format!("certificate_chain: {error}"))
}

/// A chain is of one family: all of it SM2, or none.
fn check_one_family(certificate: &Certificate, issuers: &[Certificate]) -> Result<()> {
    let is_sm2 = |certificate: &Certificate| certificate.key_algorithm().is_ok_and(is_sm2);
    if issuers
        .iter()
        .any(|issuer| is_sm2(issuer) != is_sm2(certificate))
    {
        let text = "certificate_chain must be of one family with certificate: all SM2, or none";
        return Err(Error::refused(Refusal::ChainBroken, text));
    }
    Ok(())
}

fn read_chain(text: &str) -> Result<Vec<Certificate>> {
    Certificate::chain_from_pem(text).map_err(|error| {
        Error::refused(
            Refusal::ChainUnreadable,
            format!("certificate_chain cannot be read: {error}"),
        )
    })
}

/// The hash that an imported certificate was signed with; one that is too weak is refused.
fn hash_of(certificate: &Certificate) -> Result<HashAlgorithm> {
    certificate
        .signature_algorithm()
        .map(|algorithm| algorithm.hash())
        .ok_or_else(|| {
            Error::refused(
                Refusal::Weak,
                format!(
                    "certificate is signed with {}; SHA256, SHA384, SHA512 and SM3 are accepted",
                    certificate.signature_algorithm_jca()
                ),
            )
        })
}
