//! Which CA a request is about.

use std::collections::HashMap;

use chancery_pki::Certificate;
use chancery_pki::ocsp::{CaHashes, CertId, CertIdHash};

/// The hashes by which a request names an issuer.
type Issuer = (CertIdHash, Vec<u8>, Vec<u8>);

/// The CAs that answer, by how requests name them.
pub(crate) struct OcspIndex(HashMap<Issuer, String>);

impl OcspIndex {
    /// The index of CAs, given by id and certificate (DER). One that cannot be read is left out:
    /// the others go on answering.
    pub(crate) fn of(authorities: Vec<(String, Vec<u8>)>) -> Self {
        let mut index = HashMap::new();
        for (id, der) in authorities {
            let hashes = Certificate::from_der(&der).and_then(|ca| CaHashes::of(&ca));
            let hashes = match hashes {
                Ok(hashes) => hashes,
                Err(error) => {
                    tracing::error!("the certificate of CA {id} cannot be read: {error}");
                    continue;
                }
            };
            for hash in CertIdHash::ALL {
                if let Some((name, key)) = hashes.by(*hash) {
                    let issuer = (*hash, name.to_vec(), key.to_vec());
                    index.entry(issuer).or_insert_with(|| id.clone());
                }
            }
        }
        Self(index)
    }

    /// The CA that issued a certificate, by the name in a request.
    pub(crate) fn find(&self, cert_id: &CertId) -> Option<String> {
        let (hash, name, key) = cert_id.issuer()?;
        self.0.get(&(hash, name.to_vec(), key.to_vec())).cloned()
    }
}
