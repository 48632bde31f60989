//! The variables with which SDKs, Terraform, tools and the client commands reach a desk.

use std::path::Path;

use zeroize::Zeroizing;

/// The services that SDKs look up an endpoint for.
const SERVICES: [&str; 8] = ["CCM", "SCM", "DCS", "DDS", "SMS", "IAM", "EPS", "BSS"];
/// Who reads a bundle of trusted roots from which variable: OpenSSL and Go, Python's requests,
/// Node, curl.
const TRUST_BUNDLE_NAMES: [&str; 4] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "CURL_CA_BUNDLE",
];
/// A trust store holds no secret; its password only guards against accidents.
pub(crate) const TRUST_STORE_PASSWORD: &str = "changeit";

/// Somebody's way to a desk.
pub(crate) struct Access<'a> {
    /// The base URL of the desk.
    pub(crate) url: &'a str,
    pub(crate) access_key: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) account_id: &'a str,
    pub(crate) account: &'a str,
    pub(crate) user: &'a str,
    /// The project of the first region.
    pub(crate) project_id: &'a str,
    pub(crate) project: &'a str,
    pub(crate) regions: &'a [String],
    /// The PEM file of trusted roots, if there is one.
    pub(crate) bundle: Option<&'a Path>,
    /// The same for Java, JKS; a path without blanks.
    pub(crate) java_store: Option<&'a Path>,
}

impl Access<'_> {
    /// The variables with their values.
    pub(crate) fn lines(&self) -> Vec<(String, Zeroizing<String>)> {
        let url = self.url;
        let mut lines: Vec<(String, Zeroizing<String>)> = Vec::new();
        let mut put = |name: &str, value: &str| {
            lines.push((name.to_owned(), Zeroizing::new(value.to_owned())));
        };
        for prefix in ["CLOUD_SDK", "HUAWEICLOUD_SDK"] {
            put(&format!("{prefix}_AK"), self.access_key);
            put(&format!("{prefix}_SK"), self.secret);
        }
        put("HUAWEICLOUD_SDK_PROJECT_ID", self.project_id);
        put("HUAWEICLOUD_SDK_DOMAIN_ID", self.account_id);
        put("HUAWEICLOUD_SDK_IAM_ENDPOINT", url);
        for region in self.regions {
            let region = region.to_uppercase().replace('-', "_");
            for service in SERVICES {
                put(&format!("HUAWEICLOUD_SDK_REGION_{service}_{region}"), url);
            }
        }
        if let Some(bundle) = self.bundle {
            let bundle = bundle.display().to_string();
            for name in TRUST_BUNDLE_NAMES {
                put(name, &bundle);
            }
        }
        if let Some(store) = self.java_store {
            let options = format!(
                "-Djavax.net.ssl.trustStore={} -Djavax.net.ssl.trustStorePassword={} \
                 -Djavax.net.ssl.trustStoreType=JKS",
                store.display(),
                TRUST_STORE_PASSWORD
            );
            put("JAVA_TOOL_OPTIONS", &options);
        }
        put("HW_ACCESS_KEY", self.access_key);
        put("HW_SECRET_KEY", self.secret);
        put("HW_REGION_NAME", self.project);
        put("HW_PROJECT_ID", self.project_id);
        put("HW_DOMAIN_ID", self.account_id);
        put("HW_AUTH_URL", &format!("{url}/v3"));
        // Else Terraform asks the cloud itself, with each command, which country's it is.
        put("SKIP_CHECK_WEBSITE_TYPE", "true");
        put("CHANCERY_ENDPOINT", url);
        put("CHANCERY_DOMAIN", self.account);
        put("CHANCERY_USER", self.user);
        lines
    }
}
