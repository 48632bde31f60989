//! Private CAs: root, subordinate, and subordinate still waiting for a certificate.

mod activation;
mod bought;
mod create;
mod lifecycle;
mod revoke;
pub mod state;

use std::sync::Arc;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::{Certificate, DistinguishedName, KeyUsage, Validity};
use chancery_store::{
    AuthorityFilter, AuthorityRow, AuthoritySort, Listing, Page, StoreError, Tagged, Transaction,
    label,
};

pub use create::{Activation, Description, NewAuthority};
pub(crate) use create::{check_path, set_certificate};
pub(crate) use lifecycle::changed_meanwhile;

use crate::context::{Context, cut};
use crate::crls::CrlSettings;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::instances::Tag;
use crate::issuance::SigningAuthority;
use crate::policy::Target;
use crate::subject;
use state::{State, Step, step};

/// The key algorithms of the private CA service.
pub const KEY_ALGORITHMS: [KeyAlgorithm; 5] = [
    KeyAlgorithm::Rsa2048,
    KeyAlgorithm::Rsa4096,
    KeyAlgorithm::EcP256,
    KeyAlgorithm::EcP384,
    KeyAlgorithm::Sm2,
];
/// The path length that a root CA shows: it has no limit.
pub(crate) const ROOT_PATH_LENGTH: i64 = 7;

/// Whether a CA stands by itself or under another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthorityKind {
    /// Signs its own certificate.
    Root,
    /// Has its certificate from another CA, here or elsewhere.
    Subordinate,
}

impl AuthorityKind {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "ROOT",
            Self::Subordinate => "SUBORDINATE",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Root, Self::Subordinate]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A private CA as it is shown.
pub struct Authority {
    /// Its row.
    pub row: AuthorityRow,
    /// Its name.
    pub subject: DistinguishedName,
    /// Its state now.
    pub state: State,
    /// What is done about revocation lists, and where they are found; none when there are none.
    pub crl: Option<(CrlSettings, String)>,
}

impl Desk {
    /// A CA of the caller's account, also one that a CSR of an intermediate CA led to.
    ///
    /// # Errors
    /// [`Thing::Authority`] not found.
    pub async fn authority(&self, ctx: &Context, id: &str) -> Result<Authority> {
        let row = self.authority_row(ctx, id).await?;
        self.show_authority(row)
    }

    /// A page of the account's CAs; `status` narrows to a state as it is now.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn authorities(
        &self,
        ctx: &Context,
        mut filter: AuthorityFilter,
        status: Option<State>,
        page: &Page<AuthoritySort>,
    ) -> Result<Listing<Authority>> {
        let now = self.now_ms();
        match status {
            // Expired is what an active CA becomes by time alone.
            Some(State::Actived) => filter.not_after_from = Some(now + 1),
            Some(State::Expired) => filter.not_after_below = Some(now + 1),
            _ => {}
        }
        filter.kept_after = Some(now);
        filter.status = status.map(|status| match status {
            State::Expired => State::Actived.name().to_owned(),
            other => other.name().to_owned(),
        });
        let found = self.narrowed_authorities(ctx, filter, page).await?;
        let rows = found.rows.into_iter().map(|row| self.show_authority(row));
        Ok(Listing {
            rows: rows.collect::<Result<_>>()?,
            total: found.total,
        })
    }

    /// The rows of a list that the caller may see.
    async fn narrowed_authorities(
        &self,
        ctx: &Context,
        mut filter: AuthorityFilter,
        page: &Page<AuthoritySort>,
    ) -> Result<Listing<AuthorityRow>> {
        let domain_id = ctx.domain_id();
        if ctx.judges_rows() {
            let filed = self.store.filed_authorities(domain_id, &filter, page);
            let visible = self.visible(ctx, Tagged::Authority, filed.await?).await?;
            let (ids, total, page) = cut(visible, page);
            filter.ids = Some(ids);
            let found = self.store.authorities(domain_id, &filter, &page).await?;
            return Ok(Listing { total, ..found });
        }
        if ctx.is_narrowed() {
            let known = self.store.authority_projects(domain_id).await?;
            filter.enterprise_project_ids = Some(ctx.narrowed_to(KIND, known));
        }
        Ok(self.store.authorities(domain_id, &filter, page).await?)
    }

    /// The certificate of a CA and its issuers up to the root, DER.
    ///
    /// # Errors
    /// [`crate::Refusal::State`] unless it is active or expired.
    pub async fn export_authority(
        &self,
        ctx: &Context,
        id: &str,
    ) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
        let row = self.authority_row(ctx, id).await?;
        step(State::of(&row, self.now_ms())?, Step::Export)?;
        let chain = self
            .chain_above(
                &row.domain_id,
                row.issuer_id.clone(),
                row.external_chain.clone(),
            )
            .await?;
        Ok((certificate_der(&row)?.to_vec(), chain))
    }

    /// The row of a CA that the caller may do this with; one whose deletion is due is gone.
    pub(crate) async fn authority_row(&self, ctx: &Context, id: &str) -> Result<AuthorityRow> {
        let row = self.any_authority_row(ctx, id).await?;
        let tags = self.policy_tags(ctx, Tagged::Authority, id).await?;
        ctx.require(&target(&row.id, &row.enterprise_project_id, &tags))?;
        Ok(row)
    }

    async fn any_authority_row(&self, ctx: &Context, id: &str) -> Result<AuthorityRow> {
        let now = self.now_ms();
        let row = self.store.authority(ctx.domain_id(), id).await?;
        let ended = |row: &AuthorityRow| {
            // A clock that was ahead and is set back does not bring back one whose key is gone.
            let keyless = row.status == State::Deleted.name() && row.sealed_key.is_none();
            row.delete_at.is_some_and(|due| due <= now) || keyless && row.listed
        };
        row.filter(|row| !ended(row))
            .ok_or_else(|| Error::not_found(Thing::Authority, id))
    }

    fn show_authority(&self, row: AuthorityRow) -> Result<Authority> {
        let crl = CrlSettings::of(&row)?;
        let crl = crl.map(|settings| {
            let address = self.crl_address(&row.id, &settings)?;
            Ok::<_, Error>((settings, address))
        });
        Ok(Authority {
            crl: crl.transpose()?,
            subject: subject::from_json(&row.subject)?,
            state: State::of(&row, self.now_ms())?,
            row,
        })
    }

    /// The certificates (DER) above one that `issuer_id` issued, up to the root; none for a root.
    /// `external` is what stands above it when its issuer is not of this desk.
    ///
    /// The chain is walked by row, also through CAs that are disabled or expired since: their
    /// certificates are still the chain.
    pub(crate) async fn chain_above(
        &self,
        domain_id: &str,
        issuer_id: Option<String>,
        mut external: Option<Vec<Vec<u8>>>,
    ) -> Result<Vec<Vec<u8>>> {
        let mut chain = Vec::new();
        let mut next = issuer_id;
        while let Some(id) = next {
            let issuer = self.store.authority(domain_id, &id).await?;
            let issuer =
                issuer.ok_or_else(|| Error::internal(format!("issuer {id} is missing")))?;
            chain.push(certificate_der(&issuer)?.to_vec());
            external = issuer.external_chain;
            next = issuer.issuer_id;
        }
        chain.extend(external.unwrap_or_default());
        Ok(chain)
    }

    /// A CA that is about to issue `made`: its certificate, and its name and key for signing.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`]; [`crate::Refusal::Issuer`] when its state, or that it is not
    /// held here, forbids it.
    pub(crate) async fn issuing_authority(
        &self,
        ctx: &Context,
        id: &str,
        made: &Target<'_>,
    ) -> Result<IssuingAuthority> {
        let row = self.issuer_row(ctx, id, made).await?;
        step(State::of(&row, self.now_ms())?, Step::Issue)?;
        self.require_unrevoked(&row.id).await?;
        let key = self.authority_key(&row)?;
        let certificate = certificate_of(&row)?;
        let above = self.imported_above(&row).await?;
        let signing = SigningAuthority::new(&certificate, key)?.below(&above)?;
        Ok(IssuingAuthority {
            // What is inherited from a CA is what its certificate says.
            subject: certificate.subject(),
            validity: within(&certificate, &above),
            row,
            certificate,
            signing,
        })
    }

    /// The row of a CA that the caller may make `made` with.
    ///
    /// # Errors
    /// [`Thing::Authority`] not found; [`crate::Kind::Forbidden`].
    pub(crate) async fn issuer_row(
        &self,
        ctx: &Context,
        id: &str,
        made: &Target<'_>,
    ) -> Result<AuthorityRow> {
        let row = self.any_authority_row(ctx, id).await?;
        let tags = self.policy_tags(ctx, Tagged::Authority, id).await?;
        ctx.require_making(made, &target(&row.id, &row.enterprise_project_id, &tags))?;
        Ok(row)
    }

    /// What stands above a CA (not itself) and came from elsewhere: what was imported for one of
    /// ours, and its chain. Certificates of this desk's CAs have no name constraints, so these are
    /// the ones to ask for them.
    pub(crate) async fn imported_above(&self, row: &AuthorityRow) -> Result<Vec<Certificate>> {
        let read = |der: &Vec<u8>| Certificate::from_der(der).map_err(Error::internal);
        if row.issuer_id.is_none() {
            return row.external_chain.iter().flatten().map(read).collect();
        }
        let Some(imported) = self.store.imported_above(&row.id).await? else {
            return Ok(Vec::new());
        };
        let chain = imported.external_chain.iter().flatten();
        imported.certificate.iter().chain(chain).map(read).collect()
    }

    /// That no CA above this one is revoked.
    ///
    /// # Errors
    /// [`Refusal::Issuer`].
    pub(crate) async fn require_unrevoked(&self, id: &str) -> Result<()> {
        match self.store.is_below_revoked(id).await? {
            false => Ok(()),
            true => Err(Error::refused(
                Refusal::Issuer,
                "a private CA below a revoked one signs nothing any more",
            )),
        }
    }

    /// The private key of a CA.
    pub(crate) fn authority_key(&self, row: &AuthorityRow) -> Result<Arc<PrivateKey>> {
        let sealed = row.sealed_key.as_deref().ok_or_else(|| {
            Error::refused(
                crate::Refusal::Issuer,
                "an intermediate CA issued from a CSR has its key elsewhere and cannot issue here",
            )
        })?;
        self.custody.open_key(key_place(&row.id), sealed)
    }
}

/// What making a CA asks for.
pub(crate) const CREATE: &str = "pca:ca:create";

/// The type of a CA in a policy's resource.
const KIND: &str = "ca";

/// A CA, as policies see it; with an empty id one that is to be made.
pub(crate) fn target<'a>(
    id: &'a str,
    enterprise_project_id: &'a str,
    tags: &'a [Tag],
) -> Target<'a> {
    Target {
        kind: KIND,
        id,
        enterprise_project_id: Some(enterprise_project_id),
        tags,
    }
}

/// Lets a transaction through only if the CA that issued what it stores may still issue: making a
/// key takes a while, and in between the CA may have been switched off.
pub(crate) fn require_issuer(tx: &mut Transaction, ctx: &Context, id: &str) {
    tx.require_authority_status(ctx.domain_id(), id, State::Actived.name());
}

/// What a failed commit of something issued means.
pub(crate) fn issue_failed(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(label::ISSUER) => Error::refused(
            Refusal::Issuer,
            "the state of the issuing CA was just changed by another call",
        ),
        other => other.into(),
    }
}

/// A CA that issues.
pub(crate) struct IssuingAuthority {
    pub(crate) row: AuthorityRow,
    /// When what it issues can be valid.
    pub(crate) validity: Validity,
    pub(crate) subject: DistinguishedName,
    pub(crate) certificate: Certificate,
    pub(crate) signing: SigningAuthority,
}

impl IssuingAuthority {
    /// The kind of key it signs with.
    pub(crate) fn key_algorithm(&self) -> KeyAlgorithm {
        self.signing.issuer.algorithm
    }
}

/// When what a CA issues can be valid: while it and all CAs above it are.
pub(crate) fn within(certificate: &Certificate, above: &[Certificate]) -> Validity {
    let all = || [certificate].into_iter().chain(above);
    let starts = all().map(|one| one.validity().not_before_ms).max();
    let ends = all().map(|one| one.validity().not_after_ms).min();
    let own = certificate.validity();
    Validity {
        not_before_ms: starts.unwrap_or(own.not_before_ms),
        not_after_ms: ends.unwrap_or(own.not_after_ms),
    }
}

/// Where the key of a CA is sealed for.
pub(crate) fn key_place(id: &str) -> Place<'_> {
    Place {
        table: "authorities",
        row: id,
        column: "sealed_key",
    }
}

/// The certificate (DER) of a CA that has one.
fn certificate_der(row: &AuthorityRow) -> Result<&[u8]> {
    let der = row.certificate.as_deref();
    der.ok_or_else(|| Error::internal(format!("CA {} has no certificate", row.id)))
}

/// The certificate of a CA that has one, read.
pub(crate) fn certificate_of(row: &AuthorityRow) -> Result<Certificate> {
    Certificate::from_der(certificate_der(row)?).map_err(Error::internal)
}

/// Usages of a CA's key when none are asked for.
pub(crate) fn default_key_usages() -> Vec<KeyUsage> {
    vec![
        KeyUsage::DigitalSignature,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
    ]
}

/// The hash that a row says its certificate was signed with, for the wire.
pub(crate) fn hash_name(hash: HashAlgorithm) -> String {
    hash.name().to_owned()
}
