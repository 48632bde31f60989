//! `client.env` and the trust files it names: all that SDKs, Terraform and a shell need.

pub(crate) mod shell;

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chancery_bundle::jks::{self, Entry, TrustedEntry};
use chancery_core::Desk;
use chancery_core::bootstrap::Administrator;
use chancery_crypto::digest;
use chancery_crypto::random::Random;
use chancery_pki::pem::{self, LineEnding};
use zeroize::Zeroizing;

use self::shell::quote;
use crate::data::{DataFolder, write_private, write_public};
use crate::demo::Sample;

/// Its name in the data folder.
pub(crate) const NAME: &str = "client.env";
/// The name of the administrator's password in it.
pub(crate) const PASSWORD: &str = "CHANCERY_PASSWORD";
/// The services that SDKs look up an endpoint for.
const SERVICES: [&str; 8] = ["CCM", "SCM", "DCS", "DDS", "SMS", "IAM", "EPS", "BSS"];
/// Where systems keep their trusted roots, the first that exists is taken.
pub(crate) const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Who reads a bundle of trusted roots from which variable: OpenSSL and Go, Python's requests,
/// Node, curl.
const TRUST_BUNDLE_NAMES: [&str; 4] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "CURL_CA_BUNDLE",
];
/// A trust store holds no secret; its password only guards against accidents.
const TRUST_STORE_PASSWORD: &str = "changeit";

/// What a server knows of the administrator's password: the first start of a desk makes it, and stores no
/// more than what it was stretched to.
pub(crate) enum Password {
    /// It is this one.
    Known(Zeroizing<String>),
    /// It was never here: the desk was made by another node, or from a backup.
    Unknown,
    /// The one that was here was changed since.
    Changed,
}

impl Password {
    /// The password of the first start, or that of an earlier `client.env` if it still is the
    /// administrator's.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) async fn find(
        desk: &Desk,
        data: &DataFolder,
        administrator: &Administrator,
    ) -> Result<Self> {
        if let Some(made) = &administrator.password {
            return Ok(Self::Known(made.clone()));
        }
        let text = fs::read_to_string(data.join(NAME)).map(Zeroizing::new);
        let earlier = text.ok().and_then(|text| shell::value(&text, PASSWORD));
        let Some(earlier) = earlier.filter(|earlier| !earlier.is_empty()) else {
            return Ok(Self::Unknown);
        };
        let (account, user) = (&administrator.domain_id, &administrator.user_name);
        Ok(match desk.is_password(account, user, &earlier).await? {
            true => Self::Known(earlier),
            false => Self::Changed,
        })
    }

    /// The lines of `client.env` in place of the one that it is in.
    fn left_out(&self) -> Option<&'static str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown => Some(
                "# CHANCERY_PASSWORD is left out: this server does not know the administrator's \
                 password, which\n\
                 # only the first start of the desk has written down, in its own client.env. Put here, it \
                 stays.\n",
            ),
            Self::Changed => Some(
                "# CHANCERY_PASSWORD is left out: the administrator's password is no longer the one that \
                 was here.\n\
                 # The right one stays if it is put here.\n",
            ),
        }
    }
}

/// Writes `client.env`.
pub(crate) struct ClientEnv<'a> {
    pub(crate) data: &'a DataFolder,
    pub(crate) administrator: &'a Administrator,
    pub(crate) password: &'a Password,
    pub(crate) regions: &'a [String],
    pub(crate) public_url: &'a str,
    /// The CA certificates (DER) that vouch for the HTTPS listener.
    pub(crate) authorities: &'a [Vec<u8>],
    /// Sample resources, whose ids become `CHANCERY_DEMO_…`.
    pub(crate) samples: &'a [Sample],
    pub(crate) random: &'a dyn Random,
    pub(crate) now_ms: i64,
}

impl ClientEnv<'_> {
    /// Writes `client.env` (mode 0600) and the trust files, and returns its path.
    pub(crate) fn write(&self) -> Result<PathBuf> {
        let (bundle, store) = (self.data.join("trust.pem"), self.trust_store_path()?);
        let path = self.data.join(NAME);
        let mut text = Zeroizing::new(String::from(
            "# set -a; . client.env; set +a\n# Written anew by every start of the server.\n",
        ));
        for (name, value) in &self.lines(&bundle, &store)? {
            writeln!(text, "{name}={}", quote(value))?;
        }
        text.push_str(self.password.left_out().unwrap_or_default());
        // First: where the disk gets full the password is kept, and trust files are made again.
        write_private(&path, text.as_bytes())?;
        self.write_trust(&bundle, &store)?;
        Ok(path)
    }

    fn lines(&self, bundle: &Path, store: &Path) -> Result<Vec<(String, Zeroizing<String>)>> {
        let url = self.public_url;
        let admin = self.administrator;
        let first = admin.projects.first().context("there is no project")?;
        let mut lines: Vec<(String, Zeroizing<String>)> = Vec::new();
        let mut put = |name: &str, value: &str| {
            lines.push((name.to_owned(), Zeroizing::new(value.to_owned())));
        };
        for prefix in ["CLOUD_SDK", "HUAWEICLOUD_SDK"] {
            put(&format!("{prefix}_AK"), &admin.access_key);
            put(&format!("{prefix}_SK"), &admin.secret);
        }
        put("HUAWEICLOUD_SDK_PROJECT_ID", &first.id);
        put("HUAWEICLOUD_SDK_DOMAIN_ID", &admin.domain_id);
        put("HUAWEICLOUD_SDK_IAM_ENDPOINT", url);
        for region in self.regions {
            let region = region.to_uppercase().replace('-', "_");
            for service in SERVICES {
                put(&format!("HUAWEICLOUD_SDK_REGION_{service}_{region}"), url);
            }
        }
        let bundle = bundle.display().to_string();
        for name in TRUST_BUNDLE_NAMES {
            put(name, &bundle);
        }
        let options = format!(
            "-Djavax.net.ssl.trustStore={} -Djavax.net.ssl.trustStorePassword={} \
             -Djavax.net.ssl.trustStoreType=JKS",
            store.display(),
            TRUST_STORE_PASSWORD
        );
        put("JAVA_TOOL_OPTIONS", &options);
        put("HW_ACCESS_KEY", &admin.access_key);
        put("HW_SECRET_KEY", &admin.secret);
        put("HW_REGION_NAME", &first.name);
        put("HW_PROJECT_ID", &first.id);
        put("HW_DOMAIN_ID", &admin.domain_id);
        put("HW_AUTH_URL", &format!("{url}/v3"));
        // Else Terraform asks the cloud itself, with each command, which country's it is.
        put("SKIP_CHECK_WEBSITE_TYPE", "true");
        put("CHANCERY_ENDPOINT", url);
        put("CHANCERY_DOMAIN", &admin.domain_name);
        put("CHANCERY_USER", &admin.user_name);
        if let Password::Known(password) = self.password {
            put(PASSWORD, password);
        }
        for sample in self.samples {
            put(&sample.variable, &sample.id);
        }
        Ok(lines)
    }

    /// Writes `ca.pem` (ours alone), `trust.pem` and `trust.jks` (the system's roots and ours; a
    /// file with ours alone would break every other connection of the client).
    fn write_trust(&self, bundle: &Path, store: &Path) -> Result<()> {
        let ours = pem::encode_chain(self.authorities, LineEnding::Lf);
        write_public(&self.data.join("ca.pem"), ours.as_bytes())?;
        let mut certificates = self.authorities.to_vec();
        let mut text = ours;
        if let Some(system) = SYSTEM_ROOTS
            .iter()
            .find_map(|path| fs::read_to_string(path).ok())
        {
            for block in pem::parse(&system).unwrap_or_default() {
                if block.label == "CERTIFICATE" {
                    text.push_str(&pem::encode("CERTIFICATE", &block.der, LineEnding::Lf));
                    certificates.push(block.der);
                }
            }
        }
        write_public(bundle, text.as_bytes())?;
        let aliases: Vec<_> = (0..certificates.len())
            .map(|at| format!("ca-{at}"))
            .collect();
        let entries: Vec<_> = certificates
            .iter()
            .zip(&aliases)
            .map(|(certificate, alias)| Entry::Trusted(TrustedEntry { alias, certificate }))
            .collect();
        let written = jks::write(&entries, TRUST_STORE_PASSWORD, self.now_ms, self.random)?;
        write_public(store, written.as_slice())
    }

    /// `JAVA_TOOL_OPTIONS` is split at spaces, so a data folder with one in its path cannot hold
    /// the trust store. It is then in a folder of its own in the temporary one, where nobody else
    /// can put certificates into it.
    fn trust_store_path(&self) -> Result<PathBuf> {
        let path = self.data.join("trust.jks");
        let text = path.display().to_string();
        if !text.contains(char::is_whitespace) {
            return Ok(path);
        }
        let name = hex::encode(&digest::sha256(text.as_bytes())[..8]);
        let folder = std::env::temp_dir().join(format!("chancery-trust-{name}"));
        let owner = fs::metadata(self.data.join("."))?.uid();
        own_folder(&folder, owner)?;
        Ok(folder.join("trust.jks"))
    }
}

/// Makes a folder that only `owner` can use, or makes sure that it is one.
fn own_folder(folder: &Path, owner: u32) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(folder)?;
            let private = found.is_dir() && found.uid() == owner && found.mode() & 0o077 == 0;
            ensure!(
                private,
                "{}: is not a folder of ours alone",
                folder.display()
            );
            Ok(())
        }
        made => made.with_context(|| folder.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_that_others_can_use_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let owner = fs::metadata(folder.path()).unwrap().uid();
        let ours = folder.path().join("ours");
        own_folder(&ours, owner).unwrap();
        own_folder(&ours, owner).unwrap();
        assert!(own_folder(&ours, owner + 1).is_err());
        fs::set_permissions(&ours, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(own_folder(&ours, owner).is_err());
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&ours, &link).unwrap();
        assert!(own_folder(&link, owner).is_err());
    }
}
