//! What MongoDB instances have of the SM family, where the operator asked for it: a CA beside the
//! international one, and a pair of SM2 certificates for each instance, one that signs and one
//! that keys are encrypted to.
//!
//! MongoDB itself speaks TLS with international algorithms only. The pair is for what stands
//! before it and speaks TLCP (GB/T 38636), such as nginx with Tongsuo. Redis instances have no
//! pair: their documented calls know no category, and Redis with OpenSSL speaks no TLCP.

use chancery_pki::{Certificate, SubjectAltName};
use chancery_store::{InstancePairRow, InstanceRow, Transaction};

use super::server_bundle::{Handout, ends_soon};
use super::{Database, common_name};
use crate::behalf::Behalf;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::service_authorities::{AuthorityKind, ServerPair, ServiceAuthority};

/// A family of algorithms, as DDS calls it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Category {
    /// ECDSA and RSA.
    International,
    /// SM2, SM3 and SM4.
    National,
}

impl Category {
    /// `international` or `national`.
    pub fn name(self) -> &'static str {
        match self {
            Self::International => "international",
            Self::National => "national",
        }
    }
}

/// A pair that is about to be given out.
pub(super) struct PairHandout<'a> {
    /// The service authority that issued it.
    pub(super) authority_id: String,
    /// The half that signs.
    pub(super) signing: Handout<'a>,
    /// The half that keys are encrypted to.
    pub(super) encryption: Handout<'a>,
}

impl Desk {
    /// Whether the instances of a service have national material now.
    pub(super) fn is_national(&self, database: Database) -> bool {
        database == Database::Mongodb && self.settings.dds_national
    }

    /// The national CA of an instance's project; made if it is not there yet.
    pub(super) async fn national_authority(
        &self,
        on: &Behalf,
        row: &InstanceRow,
    ) -> Result<ServiceAuthority> {
        let (domain, project) = (&row.domain_id, &row.project_id);
        self.service_authority(on, domain, project, AuthorityKind::MONGODB_NATIONAL)
            .await
    }

    /// The pair to give out for an instance. One that is to be kept, because there is none yet or
    /// it is about to end, goes into `tx`; with `keep` false a fresh one is issued and not kept.
    pub(super) async fn pair_to_give<'a>(
        &self,
        on: &Behalf,
        row: &'a InstanceRow,
        names: &[SubjectAltName],
        keep: bool,
        tx: &mut Transaction,
    ) -> Result<PairHandout<'a>> {
        let kept = match keep {
            true => self.store.instance_pair(&row.id).await?,
            false => None,
        };
        let made_at = kept.as_ref().map(|kept| kept.created_at);
        if let Some(kept) = kept {
            let pair = PairHandout::kept(&row.id, kept)?;
            if !ends_soon(&pair.signing.certificate, self.now_ms()) {
                return Ok(pair);
            }
        }
        let authority = self.national_authority(on, row).await?;
        let common_name = common_name(Database::Mongodb, &row.id);
        let pair = self
            .server_pair(on, &authority, &common_name, names)
            .await?;
        if keep {
            let fresh = self.pair_row(&row.id, &authority, &pair);
            match made_at {
                Some(made_at) => tx.replace_instance_pair(&fresh, made_at),
                None => tx.insert_instance_pair(&fresh),
            };
        }
        Ok(PairHandout {
            authority_id: authority.id,
            signing: Handout::fresh(pair.signing),
            encryption: Handout::fresh(pair.encryption),
        })
    }

    fn pair_row(
        &self,
        id: &str,
        authority: &ServiceAuthority,
        pair: &ServerPair,
    ) -> InstancePairRow {
        let ServerPair {
            signing,
            encryption,
        } = pair;
        InstancePairRow {
            instance_id: id.to_owned(),
            authority_id: authority.id.clone(),
            certificate: signing.certificate.der().to_vec(),
            sealed_key: self.custody.seal_key(place(id, "sealed_key"), &signing.key),
            enc_certificate: encryption.certificate.der().to_vec(),
            sealed_enc_key: self
                .custody
                .seal_key(place(id, "sealed_enc_key"), &encryption.key),
            created_at: self.now_ms(),
        }
    }
}

impl<'a> PairHandout<'a> {
    fn kept(id: &'a str, row: InstancePairRow) -> Result<Self> {
        let half = |column, certificate: &[u8], sealed_key| {
            let certificate = Certificate::from_der(certificate).map_err(Error::internal)?;
            Ok::<_, Error>(Handout::kept(certificate, place(id, column), sealed_key))
        };
        Ok(Self {
            signing: half("sealed_key", &row.certificate, row.sealed_key)?,
            encryption: half("sealed_enc_key", &row.enc_certificate, row.sealed_enc_key)?,
            authority_id: row.authority_id,
        })
    }
}

/// Where the keys of a pair are sealed for.
fn place<'a>(id: &'a str, column: &'static str) -> Place<'a> {
    Place {
        table: "instance_pairs",
        row: id,
        column,
    }
}
