//! Creating CAs: a root, a subordinate with its certificate at once, a subordinate that waits.

use std::sync::Arc;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::{
    BasicConstraints, Certificate, DistinguishedName, Extensions, KeyUsage, Profile, SerialNumber,
    SigningRequest, Template,
};
use chancery_store::{AuthorityRow, StoreError, Transaction, label};

use super::lifecycle::changed_meanwhile;
use super::state::State;
use super::{
    AuthorityKind, IssuingAuthority, ROOT_PATH_LENGTH, default_key_usages, hash_name, issue_failed,
    key_place, require_issuer, target,
};
use crate::context::Context;
use crate::crls::{CrlSettings, crl_failed};
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::issuance::{SigningAuthority, check_family, check_hash};
use crate::limits::ccm as limits;
use crate::validity::{ISSUED_YEARS, Period, ROOT_YEARS};
use crate::{ids, subject};

/// A CA that is asked for.
pub struct NewAuthority {
    /// Root or subordinate.
    pub kind: AuthorityKind,
    /// Its name; complete.
    pub subject: DistinguishedName,
    /// The algorithm of its key.
    pub key_algorithm: KeyAlgorithm,
    /// The hash of its certificate's signature.
    pub signature_algorithm: Option<HashAlgorithm>,
    /// How long its certificate is valid.
    pub validity: Option<Period>,
    /// The CA that issues its certificate.
    pub issuer_id: Option<String>,
    /// How many CAs may follow below it.
    pub path_length: Option<i64>,
    /// What its key is for; empty for the usual.
    pub key_usages: Vec<KeyUsage>,
    /// The enterprise project it is filed under; one that was bought stays in that of its order.
    pub enterprise_project_id: String,
    /// The revocation lists that are made for it from the start, if it is active then.
    pub crl: Option<CrlSettings>,
    /// The CA that was bought and is to become this one.
    pub bought_id: Option<String>,
}

/// What turns a waiting CA into an active one.
pub struct Activation {
    /// What a CA is to be that was bought; of others that is known.
    pub description: Description,
    /// The CA that issues; required but for a root.
    pub issuer_id: Option<String>,
    /// The hash of the signature.
    pub signature_algorithm: HashAlgorithm,
    /// How long the certificate is valid.
    pub validity: Period,
    /// How many CAs may follow below it.
    pub path_length: i64,
    /// What its key is for; empty for the usual.
    pub key_usages: Vec<KeyUsage>,
    /// The revocation lists that are made for it from the start.
    pub crl: Option<CrlSettings>,
}

/// What a CA is that was bought, as its activation says it.
#[derive(Default)]
pub struct Description {
    /// Root or subordinate.
    pub kind: Option<AuthorityKind>,
    /// Its name; complete.
    pub subject: Option<DistinguishedName>,
    /// The algorithm of its key.
    pub key_algorithm: Option<KeyAlgorithm>,
}

/// What a certificate of a subordinate CA is to be.
pub(super) struct Wanted<'a> {
    pub(super) hash: HashAlgorithm,
    pub(super) validity: &'a Period,
    pub(super) path_length: i64,
    pub(super) key_usages: &'a [KeyUsage],
}

impl Desk {
    /// Creates a CA and returns its id.
    ///
    /// A root signs itself. A subordinate for which issuer, hash and validity are all given gets
    /// its certificate at once; one that lacks any of them waits in `PENDING` with a key and a
    /// CSR, and what was given of the three is ignored.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`], [`Refusal::Issuer`], [`Refusal::Quota`]; [`Refusal::State`] when
    /// the CA that was bought is something already.
    pub async fn create_authority(&self, ctx: &Context, new: NewAuthority) -> Result<String> {
        let mut row = match &new.bought_id {
            Some(id) => self.bought_authority(ctx, id).await?,
            None => {
                let project = &new.enterprise_project_id;
                ctx.require(&target("", project, &[]))?;
                self.require_enterprise_project(ctx, project).await?;
                self.waiting_row(ctx, project, None)
            }
        };
        subject::check_complete(&new.subject)?;
        if let Some(crl) = &new.crl {
            crl.check()?;
        }
        let NewAuthority {
            kind,
            issuer_id,
            signature_algorithm,
            validity,
            ..
        } = &new;
        row.kind = kind.name().to_owned();
        row.key_algorithm = new.key_algorithm.name().to_owned();
        row.common_name = new.subject.common_name.clone().unwrap_or_default();
        row.subject = subject::to_json(&new.subject)?;
        match (kind, issuer_id, signature_algorithm, validity) {
            (AuthorityKind::Root, _, Some(hash), Some(validity)) => {
                self.make_root(ctx, &mut row, &new, *hash, validity).await?;
            }
            (AuthorityKind::Root, _, None, _) => {
                return Err(Error::invalid(
                    "signature_algorithm",
                    "is required for a root CA",
                ));
            }
            (AuthorityKind::Root, ..) => {
                return Err(Error::invalid("validity", "is required for a root CA"));
            }
            (AuthorityKind::Subordinate, Some(issuer_id), Some(hash), Some(validity)) => {
                let wanted = Wanted {
                    hash: *hash,
                    validity,
                    path_length: new.path_length.unwrap_or(0),
                    key_usages: &new.key_usages,
                };
                self.make_subordinate(ctx, &mut row, &new, issuer_id, &wanted)
                    .await?;
            }
            (AuthorityKind::Subordinate, ..) => self.make_pending(ctx, &mut row, &new).await?,
        }
        // One that waits has nothing to revoke; the lists are asked for again with its activation.
        let crl = match &new.crl {
            Some(settings) if row.certificate.is_some() => {
                Some(self.crl_change(ctx, &row, settings.clone()).await?)
            }
            _ => None,
        };
        let mut tx = Transaction::new("authority.create");
        match new.bought_id {
            Some(_) => tx.describe_authority(&row),
            None => tx.insert_authority_within(&row, self.authority_limit()),
        };
        if let Some(issuer_id) = &row.issuer_id {
            require_issuer(&mut tx, ctx, issuer_id);
        }
        let detail = serde_json::json!({
            "type": row.kind, "status": row.status, "key_algorithm": row.key_algorithm,
            "serial_number": row.serial_number, "issuer_id": row.issuer_id,
        });
        tx.audit(ctx.audit_with(self.now_ms(), &row.id, detail));
        if let Some(crl) = &crl {
            crl.store(&mut tx, ctx, &row.id);
        }
        match self.store.commit(tx).await {
            Ok(()) => {}
            Err(StoreError::Conflict(label::QUOTA)) => return Err(self.no_room()),
            Err(StoreError::Conflict(label::AUTHORITY)) => return Err(changed_meanwhile()),
            Err(error) => return Err(crl_failed(error, issue_failed)),
        }
        if crl.is_some() {
            self.publish_crl_or_log(&row.id).await;
        }
        Ok(row.id)
    }

    async fn make_root(
        &self,
        ctx: &Context,
        row: &mut AuthorityRow,
        new: &NewAuthority,
        hash: HashAlgorithm,
        validity: &Period,
    ) -> Result<()> {
        check_hash(hash, new.key_algorithm)?;
        let validity = validity.resolve(self.now_ms(), ROOT_YEARS)?;
        let key = self.authority_key_for(ctx, new, &[]).await?;
        let template = Template {
            subject: new.subject.clone().into(),
            public_key_der: key.public_key_der().to_vec(),
            validity,
            serial: SerialNumber::random(self.random.as_ref()),
            extensions: Extensions {
                basic_constraints: BasicConstraints {
                    ca: true,
                    path_len: None,
                },
                key_usages: default_key_usages(),
                ..Extensions::default()
            },
        };
        let signing = SigningAuthority::self_signed(&template, Arc::clone(&key))?;
        let certificate = self
            .issue(ctx.behalf(), Profile::RootCa, &template, &signing, hash)
            .await?;
        row.sealed_key = Some(self.custody.seal_key(key_place(&row.id), &key));
        set_certificate(row, &certificate, hash, ROOT_PATH_LENGTH);
        Ok(())
    }

    async fn make_subordinate(
        &self,
        ctx: &Context,
        row: &mut AuthorityRow,
        new: &NewAuthority,
        issuer_id: &str,
        wanted: &Wanted<'_>,
    ) -> Result<()> {
        let made = target("", &row.enterprise_project_id, &[]);
        let issuer = self.issuing_authority(ctx, issuer_id, &made).await?;
        // Refused before a key is made for it.
        check_family(new.key_algorithm, issuer.key_algorithm())?;
        self.check_subordinate(&new.subject, &issuer, wanted)?;
        let key = self.authority_key_for(ctx, new, wanted.key_usages).await?;
        row.sealed_key = Some(self.custody.seal_key(key_place(&row.id), &key));
        self.certify(ctx, row, &key, &issuer, wanted).await
    }

    async fn make_pending(
        &self,
        ctx: &Context,
        row: &mut AuthorityRow,
        new: &NewAuthority,
    ) -> Result<()> {
        let key = self.key_in_quota(ctx, new).await?;
        row.sealed_key = Some(self.custody.seal_key(key_place(&row.id), &key));
        let name = new.subject.clone();
        let hash = key.algorithm().default_hash();
        let request = self
            .workers
            .short
            .run(ctx.behalf(), move || {
                SigningRequest::create(key.as_ref(), hash, &name, &[])
            })
            .await?;
        row.csr = Some(request.map_err(Error::internal)?);
        Ok(())
    }

    /// Makes the key of a new CA whose certificate is going to have these usages, or the usual where
    /// there are none; what is refused later anyway is refused before.
    async fn authority_key_for(
        &self,
        ctx: &Context,
        new: &NewAuthority,
        usages: &[KeyUsage],
    ) -> Result<Arc<PrivateKey>> {
        if let Some(settings) = &new.crl {
            self.check_crl_change(ctx, usages, settings).await?;
        }
        self.key_in_quota(ctx, new).await
    }

    /// Makes the key of a new CA, if there is room for the CA.
    async fn key_in_quota(&self, ctx: &Context, new: &NewAuthority) -> Result<Arc<PrivateKey>> {
        if new.bought_id.is_none() {
            self.require_room_for_authority(ctx).await?;
        }
        self.generate(ctx.behalf(), new.key_algorithm).await
    }

    /// Gives a CA its certificate from an issuer of this desk; the row is changed, not stored.
    pub(super) async fn certify(
        &self,
        ctx: &Context,
        row: &mut AuthorityRow,
        key: &PrivateKey,
        issuer: &IssuingAuthority,
        wanted: &Wanted<'_>,
    ) -> Result<()> {
        let subject = subject::from_json(&row.subject)?;
        let validity = self.check_subordinate(&subject, issuer, wanted)?;
        let key_usages = match wanted.key_usages.is_empty() {
            true => default_key_usages(),
            false => wanted.key_usages.to_vec(),
        };
        let path_len = u32::try_from(wanted.path_length).map_err(Error::internal)?;
        // A CA for revocation lists alone has none (RFC 5280 section 4.2.1.9).
        let path_len = Some(path_len).filter(|_| key_usages.contains(&KeyUsage::KeyCertSign));
        let mut template = Template {
            subject: subject.into(),
            public_key_der: key.public_key_der().to_vec(),
            validity,
            serial: SerialNumber::random(self.random.as_ref()),
            extensions: Extensions {
                basic_constraints: BasicConstraints { ca: true, path_len },
                key_usages,
                ..Extensions::default()
            },
        };
        self.point_to_revocation(&mut template.extensions, &issuer.row)?;
        let certificate = self
            .issue(
                ctx.behalf(),
                Profile::SubordinateCa,
                &template,
                &issuer.signing,
                wanted.hash,
            )
            .await?;
        set_certificate(row, &certificate, wanted.hash, wanted.path_length);
        row.issuer_id = Some(issuer.row.id.clone());
        row.issuer_name = Some(issuer.row.common_name.clone());
        Ok(())
    }

    /// What an issuer allows a CA below it: another name (a self-issued one would not count in
    /// path lengths, RFC 5280 section 4.2.1.9), a path that ends, a validity inside its own.
    fn check_subordinate(
        &self,
        subject: &DistinguishedName,
        issuer: &IssuingAuthority,
        wanted: &Wanted<'_>,
    ) -> Result<chancery_pki::Validity> {
        limits::PATH_LENGTH.check_number("path_length", wanted.path_length)?;
        if subject == &issuer.subject {
            return Err(Error::invalid(
                "distinguished_name",
                "must not be that of the issuing CA",
            ));
        }
        let signs = |usage: &KeyUsage| matches!(usage, KeyUsage::KeyCertSign | KeyUsage::CrlSign);
        if !wanted.key_usages.is_empty() && !wanted.key_usages.iter().any(signs) {
            return Err(Error::invalid(
                "key_usages",
                "must contain keyCertSign for a CA, or cRLSign for one that signs revocation lists alone",
            ));
        }
        check_path(&issuer.row, wanted.path_length)?;
        check_hash(wanted.hash, issuer.key_algorithm())?;
        let outer = issuer.validity;
        let validity = wanted
            .validity
            .resolve_below(self.now_ms(), ISSUED_YEARS, &outer)?;
        let names = subject.clone().into();
        issuer.signing.check_allowed(&names, &[], &[], true)?;
        Ok(validity)
    }

    /// How many CAs an account may have.
    pub(crate) fn authority_limit(&self) -> i64 {
        self.settings.quotas.private_authorities.into()
    }

    /// What a CA too many is told.
    pub(crate) fn no_room(&self) -> Error {
        let limit = self.authority_limit();
        Error::refused(
            Refusal::Quota,
            format!("an account can have at most {limit} private CAs"),
        )
    }

    /// A CA that is nothing yet, nor has a key.
    pub(crate) fn waiting_row(
        &self,
        ctx: &Context,
        enterprise_project_id: &str,
        order_id: Option<String>,
    ) -> AuthorityRow {
        AuthorityRow {
            id: ids::uuid(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            kind: String::new(),
            status: State::Pending.name().to_owned(),
            gen_mode: "GENERATE".to_owned(),
            issuer_id: None,
            issuer_name: None,
            key_algorithm: String::new(),
            signature_algorithm: None,
            path_length: None,
            serial_number: None,
            common_name: String::new(),
            subject: "{}".to_owned(),
            key_usages: "[]".to_owned(),
            not_before: None,
            not_after: None,
            created_at: self.now_ms(),
            delete_at: None,
            listed: true,
            certificate: None,
            external_chain: None,
            csr: None,
            sealed_key: None,
            enterprise_project_id: enterprise_project_id.to_owned(),
            crl: "{}".to_owned(),
            ocsp: false,
            revoked_at: None,
            revocation_reason: None,
            order_id,
        }
    }
}

/// Whether a CA may stand below `issuer` with `path_length` more below itself.
pub(crate) fn check_path(issuer: &AuthorityRow, path_length: i64) -> Result<()> {
    let room = issuer.path_length.unwrap_or(0);
    if path_length < room {
        return Ok(());
    }
    let text = match room {
        0 => "path_length of the issuing CA allows no CA below it".to_owned(),
        _ => format!("path_length must be below the issuing CA's, which is {room}"),
    };
    Err(Error::refused(Refusal::Issuer, text))
}

/// Puts a certificate into the row of its CA, which becomes active.
pub(crate) fn set_certificate(
    row: &mut AuthorityRow,
    certificate: &Certificate,
    hash: HashAlgorithm,
    path_length: i64,
) {
    let validity = certificate.validity();
    let names: Vec<_> = certificate
        .key_usages()
        .iter()
        .map(|usage| usage.name())
        .collect();
    row.status = State::Actived.name().to_owned();
    row.signature_algorithm = Some(hash_name(hash));
    row.path_length = Some(path_length);
    row.serial_number = Some(certificate.serial_hex());
    row.key_usages = serde_json::json!(names).to_string();
    row.not_before = Some(validity.not_before_ms);
    row.not_after = Some(validity.not_after_ms);
    row.certificate = Some(certificate.der().to_vec());
}
