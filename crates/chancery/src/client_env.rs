//! `client.env` and the trust files it names: all that SDKs, Terraform and a shell need.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chancery_bundle::jks::{self, Entry, TrustedEntry};
use chancery_core::bootstrap::Administrator;
use chancery_crypto::digest;
use chancery_crypto::random::Random;
use chancery_pki::pem::{self, LineEnding};
use zeroize::Zeroizing;

use crate::data::{DataFolder, write_private};
use crate::demo::Sample;

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

/// Writes `client.env`.
pub(crate) struct ClientEnv<'a> {
    pub(crate) data: &'a DataFolder,
    pub(crate) administrator: &'a Administrator,
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
    /// Writes the trust files and `client.env` (mode 0600), and returns its path.
    pub(crate) fn write(&self) -> Result<PathBuf> {
        let (bundle, store) = self.write_trust()?;
        let path = self.data.join("client.env");
        let lines = self.lines(&path, &bundle, &store)?;
        let mut text = Zeroizing::new(String::from("# set -a; . client.env\n"));
        for (name, value) in &lines {
            writeln!(text, "{name}={}", quote(value))?;
        }
        write_private(&path, text.as_bytes())?;
        Ok(path)
    }

    fn lines(
        &self,
        path: &Path,
        bundle: &Path,
        store: &Path,
    ) -> Result<Vec<(String, Zeroizing<String>)>> {
        let url = self.public_url;
        let admin = self.administrator;
        let first = admin.projects.first().context("there is no project")?;
        // The password is known at the first start only; later it is carried over.
        let password = match &admin.password {
            Some(password) => password.clone(),
            None => read_value(path, "CHANCERY_PASSWORD").unwrap_or_default(),
        };
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
        put("CHANCERY_PASSWORD", &password);
        for sample in self.samples {
            put(&sample.variable, &sample.id);
        }
        Ok(lines)
    }

    /// Writes `ca.pem` (ours alone), `trust.pem` and `trust.jks` (the system's roots and ours; a
    /// file with ours alone would break every other connection of the client).
    fn write_trust(&self) -> Result<(PathBuf, PathBuf)> {
        let ours = pem::encode_chain(self.authorities, LineEnding::Lf);
        fs::write(self.data.join("ca.pem"), &ours)?;
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
        let bundle = self.data.join("trust.pem");
        fs::write(&bundle, text)?;
        let store = self.trust_store_path()?;
        let aliases: Vec<_> = (0..certificates.len())
            .map(|at| format!("ca-{at}"))
            .collect();
        let entries: Vec<_> = certificates
            .iter()
            .zip(&aliases)
            .map(|(certificate, alias)| Entry::Trusted(TrustedEntry { alias, certificate }))
            .collect();
        let written = jks::write(&entries, TRUST_STORE_PASSWORD, self.now_ms, self.random)?;
        fs::write(&store, written.as_slice())?;
        Ok((bundle, store))
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

/// The value of a name in an earlier `client.env`.
fn read_value(path: &Path, name: &str) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(fs::read_to_string(path).ok()?);
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(Zeroizing::new(value.trim_matches('\'').to_owned()))
}

/// A value as a shell reads it back unchanged.
fn quote(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_shell_reads_values_back() {
        for value in ["plain-1./:", "two words", "it's", "$HOME `x`", ""] {
            let script = format!("V={}; printf %s \"$V\"", quote(value));
            let output = std::process::Command::new("sh")
                .args(["-c", &script])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        }
    }

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

    #[test]
    fn an_earlier_value_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.env");
        fs::write(&path, "A=1\nCHANCERY_PASSWORD=abcDEF\n").unwrap();
        assert_eq!(*read_value(&path, "CHANCERY_PASSWORD").unwrap(), "abcDEF");
        assert!(read_value(&path, "CHANCERY").is_none());
    }
}
