//! `docs/checks.md`: of several faults the first one in its tables is answered.

use axum::body::Body;
use chancery_crypto::{KeyAlgorithm, PrivateKey};
use chancery_pki::pem::LineEnding;
use chancery_pki::{DistinguishedName, SigningRequest, SubjectAltName};
use http::Request;
use serde_json::{Value, json};

use super::outside::{DIRECTORY, DNS, Outside, Said, constraints};
use super::{
    CAS, CERTIFICATES, NO_ID, certificate, name, pending, request_of, root, subordinate, text,
    with, without,
};
use crate::support::{Api, DAY, NOW, read};
use crate::tools::{installed, openssl, write};

const CHECKS: &str = include_str!("../../../../../docs/checks.md");
const TEAM: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// A row of a table: what is checked, and what the answer is.
struct Row {
    check: &'static str,
    status: u16,
    codes: &'static str,
}

/// The rows below a heading.
fn table(heading: &str) -> Vec<Row> {
    let mut lines = CHECKS.lines();
    let is_heading =
        |line: &str| line.starts_with('#') && line.trim_start_matches(['#', ' ']) == heading;
    assert!(lines.any(is_heading), "no heading {heading}");
    let section = lines.take_while(|line| !line.starts_with('#'));
    let rows = section.filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let [check, status, codes] = cells.split(" | ").collect::<Vec<_>>().try_into().ok()?;
        let status = status.parse().ok()?; // not the head of the table
        Some(Row {
            check,
            status,
            codes,
        })
    });
    rows.collect()
}

/// A way through tables, one row after the other.
struct Walk<'a> {
    api: &'a Api,
    path: String,
    token: Option<String>,
    rows: std::vec::IntoIter<Row>,
}

impl<'a> Walk<'a> {
    /// Begins with the rows of every call; `body` has all faults, and lacks `field` for the last
    /// of these rows.
    async fn begin(
        cast: &Cast<'a>,
        path: &str,
        headings: &[&str],
        body: &Value,
        field: &str,
    ) -> Self {
        let mut rows = table("Every call");
        for heading in headings {
            let more = table(heading);
            assert!(!more.is_empty(), "{heading}");
            rows.extend(more);
        }
        let mut walk = Self {
            api: cast.api,
            path: path.to_owned(),
            token: None,
            rows: rows.into_iter(),
        };
        walk.sent("{", "Authorization or x-auth-token not found")
            .await;
        walk.token = Some("nobody's".to_owned());
        walk.sent("{", "token").await;
        walk.token = Some(cast.nobody.clone());
        walk.sent("{", "").await;
        walk.token = Some(cast.team.clone());
        walk.sent("{", "JSON").await;
        let short = without(body, field);
        walk.refused(&short, &format!("{field} is required")).await;
        walk
    }

    async fn refused(&mut self, body: &Value, text: &str) {
        self.sent(&body.to_string(), text).await;
    }

    /// Sends a body, which the next row refuses with a text that has this part.
    async fn sent(&mut self, body: &str, text: &str) {
        let row = self.rows.next().expect("more faults than rows");
        let mut request = Request::post(&self.path).header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("x-auth-token", token);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (status, answer) = read(self.api.send(request).await).await;
        let (check, code) = (row.check, answer["error_code"].as_str().unwrap_or_default());
        assert_eq!(status.as_u16(), row.status, "{check}: {answer}");
        let listed = row.codes.split(", ").any(|one| one == format!("`{code}`"));
        assert!(listed, "{check}: {}, not {answer}", row.codes);
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(text), "{check}: {message}");
    }

    /// The last row was reached.
    fn end(mut self) {
        let rest = self.rows.next().map(|row| row.check);
        assert_eq!(rest, None, "not walked to the end");
    }
}

/// Who calls, and which CAs there are.
struct Cast<'a> {
    api: &'a Api,
    /// Tokens of a user who may do nothing, of one who may do all in her team's enterprise
    /// project, and of the administrator.
    nobody: String,
    team: String,
    administrator: String,
    disabled: String,
    below_revoked: String,
    elsewhere: String,
    /// Of EC keys; room for two CAs below it; constraints on names.
    issuer: String,
}

/// The name of [`Cast::issuer`].
const ISSUER: &str = "issuer";

impl<'a> Cast<'a> {
    async fn of(api: &'a Api) -> Self {
        api.enterprise_project(TEAM).await;
        let policy = json!({ "Version": "5.0", "Statement": [{
            "Effect": "Allow", "Action": ["pca:*:*"],
            "Condition": { "StringEquals": { "g:EnterpriseProjectId": [TEAM] } },
        }] });
        let team = api.user_with("alice", &[&policy.to_string()]).await.token;
        let root = api.new_ca(root("root")).await;
        let disabled = api.new_ca(subordinate("disabled", &root, 0)).await;
        api.move_ca(&disabled, "/disable").await;
        let revoked = api.new_ca(subordinate("revoked", &root, 1)).await;
        let below_revoked = api.new_ca(with(
            &subordinate("below", &revoked, 0),
            &json!({ "validity": { "type": "DAY", "value": 1 } }),
        ));
        let below_revoked = below_revoked.await;
        let path = format!("{CAS}/{revoked}/revoke");
        api.succeed("POST", &path, Some(json!({}))).await;
        let waiting = api.new_ca(pending("of somebody else")).await;
        let elsewhere = api
            .issue_intermediate(&root, &request_of(api, &waiting).await)
            .await;
        let china = DistinguishedName {
            country: Some("CN".into()),
            ..DistinguishedName::default()
        };
        let china = china.to_der().unwrap();
        let said = Said {
            path_len: Some(2),
            name_constraints: Some(constraints(
                &[(DNS, b"example.com"), (DIRECTORY, &china)],
                &[],
            )),
            ..Said::default()
        };
        let issuer = Outside::root(&Said::default())
            .import(api, ISSUER, &said)
            .await;
        Self {
            api,
            nobody: api.user_without_policy().await.token,
            team,
            administrator: api.token.clone(),
            disabled,
            below_revoked,
            elsewhere,
            issuer,
        }
    }

    /// The rows about an issuer: it does not exist, is not the caller's, is in no state to issue,
    /// stands below a revoked one, has its key elsewhere. What is made belongs to the team from
    /// here on. Leaves the right issuer in the body.
    async fn issuers(&self, walk: &mut Walk<'_>, body: &mut Value) {
        body["issuer_id"] = json!(NO_ID);
        walk.refused(body, &format!("the private CA {NO_ID} does not exist"))
            .await;
        body["issuer_id"] = json!(self.disabled);
        walk.refused(body, "").await;
        walk.token = Some(self.administrator.clone());
        walk.refused(body, "in state DISABLED cannot issue").await;
        body["issuer_id"] = json!(self.below_revoked);
        walk.refused(body, "below a revoked one").await;
        body["issuer_id"] = json!(self.elsewhere);
        walk.refused(body, "key elsewhere").await;
        body["issuer_id"] = json!(self.issuer);
    }

    /// The rows from the path length to the name constraints, which creating and activating have
    /// in common. `named` gives the body for a CA of this name.
    async fn below(
        &self,
        walk: &mut Walk<'_>,
        body: &mut Value,
        named: &mut impl FnMut(&mut Walk<'_>, &mut Value, Named),
    ) {
        named(walk, body, Named::LikeTheIssuer);
        walk.refused(body, "path_length must be a number from 0 to 6")
            .await;
        body["path_length"] = json!(2);
        walk.refused(body, "must not be that of the issuing CA")
            .await;
        named(walk, body, Named::Outside);
        walk.refused(body, "key_usages must contain keyCertSign")
            .await;
        body["key_usages"] = json!(["keyCertSign"]);
        walk.refused(
            body,
            "path_length must be below the issuing CA's, which is 2",
        )
        .await;
        body["path_length"] = json!(1);
        walk.refused(body, "signature_algorithm must be one of SHA256")
            .await;
        body["signature_algorithm"] = json!("SHA256");
        walk.refused(body, "validity.value must be from 1 to 20 years")
            .await;
        body["validity"]["value"] = json!(20);
        walk.refused(body, "within the validity of the issuing CA")
            .await;
        body["validity"] = json!({ "type": "DAY", "value": 1 });
        walk.refused(body, "C=DE is not permitted by the name constraints")
            .await;
        named(walk, body, Named::Right);
        walk.refused(body, "cRLSign").await;
        body["key_usages"] = json!([]);
    }
}

/// What a CA that is to be made is called.
enum Named {
    LikeTheIssuer,
    /// Outside of what the constraints of the issuer permit.
    Outside,
    Right,
}

/// A validity that is too long, and past the end of the issuer when it is not.
fn long() -> Value {
    json!({ "type": "WEEK", "value": 21, "start_from": NOW + 6_000 * DAY })
}

fn german(common_name: &str) -> Value {
    with(&name(common_name), &json!({ "country": "DE" }))
}

/// Revocation lists in no bucket, which are good for too long.
fn no_bucket() -> Value {
    json!({ "enabled": true, "valid_days": 31 })
}

/// A request to create a CA with every fault.
fn bad_ca() -> Value {
    json!({
        "issuer_id": "x", "type": "x", "key_algorithm": "x", "signature_algorithm": "x",
        "validity": long(), "key_usages": ["x"], "enterprise_project_id": "mine",
        "distinguished_name": {}, "path_length": 7, "ca_id": "x", "crl_configuration": no_bucket(),
    })
}

/// The rows that all CAs have in common.
async fn create_ca<'a>(cast: &Cast<'a>, kind: &str) -> (Walk<'a>, Value) {
    let mut body = bad_ca();
    let headings = [
        "CreateCertificateAuthority",
        &format!("CreateCertificateAuthority, {kind}"),
    ];
    let mut walk = Walk::begin(cast, CAS, &headings, &body, "key_algorithm").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "ca_id").await;
    body["ca_id"] = json!("");
    walk.refused(&body, "type must be").await;
    body["type"] = json!(kind);
    walk.refused(&body, "key_algorithm").await;
    body["key_algorithm"] = json!("SM2");
    walk.refused(&body, "signature_algorithm").await;
    body["signature_algorithm"] = json!("SM3");
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "key_usages").await;
    body["key_usages"] = json!(["digitalSignature"]);
    walk.refused(&body, "enterprise_project_id must be 0 or")
        .await;
    body["enterprise_project_id"] = json!(NO_ID);
    walk.refused(&body, "obs_bucket_name is required").await;
    body["crl_configuration"]["obs_bucket_name"] = json!("lists");
    walk.refused(&body, "").await;
    walk.token = Some(cast.administrator.clone());
    walk.refused(&body, "enterprise_project_id must be 0 or the id of")
        .await;
    walk.token = Some(cast.team.clone());
    body["enterprise_project_id"] = json!(TEAM);
    walk.refused(&body, "distinguished_name.common_name is required")
        .await;
    body["distinguished_name"] = name(ISSUER);
    walk.refused(&body, "valid_days must be").await;
    body["crl_configuration"]["valid_days"] = json!(7);
    (walk, body)
}

/// Uses the quota of CAs up.
async fn fill(api: &Api) {
    let path = format!("{CAS}/quotas");
    let quotas = api.succeed("GET", &path, None).await;
    let used = quotas["quotas"]["resources"][0]["used"].as_u64().unwrap();
    for _ in used..100 {
        api.new_ca(pending("one of many")).await;
    }
}

#[tokio::test]
async fn creating_a_root() {
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = create_ca(&cast, "ROOT").await;
    let (hash, validity) = ("signature_algorithm", "validity");
    let bare = without(&without(&body, hash), validity);
    walk.refused(&bare, "signature_algorithm is required").await;
    walk.refused(&without(&body, validity), "validity is required")
        .await;
    body["key_algorithm"] = json!("EC256");
    body["validity"]["value"] = json!(31);
    walk.refused(&body, "SM3 goes with SM2 only").await;
    body["signature_algorithm"] = json!("SHA256");
    walk.refused(&body, "from 1 to 30 years").await;
    body["validity"]["value"] = json!(1);
    walk.refused(&body, "obs:bucket:CreateBucket").await;
    walk.token = Some(cast.administrator.clone());
    fill(&api).await;
    walk.refused(&body, "at most 100 private CAs").await;
    walk.end();
}

#[tokio::test]
async fn creating_a_subordinate_ca() {
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = create_ca(&cast, "SUBORDINATE").await;
    cast.issuers(&mut walk, &mut body).await;
    walk.refused(&body, "a chain is of one family").await;
    body["key_algorithm"] = json!("EC256");
    let mut named = |_: &mut Walk<'_>, body: &mut Value, wanted| {
        body["distinguished_name"] = match wanted {
            Named::LikeTheIssuer => name(ISSUER),
            Named::Outside => german("sub"),
            Named::Right => name("sub"),
        };
    };
    cast.below(&mut walk, &mut body, &mut named).await;
    fill(&api).await;
    walk.refused(&body, "at most 100 private CAs").await;
    walk.end();
}

#[tokio::test]
async fn activating() {
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let at = |id: &str| format!("{CAS}/{id}/activate");
    let of_team = |body: Value| with(&body, &json!({ "enterprise_project_id": TEAM }));
    let sm2 = api
        .new_ca(of_team(with(
            &pending("sm2"),
            &json!({ "key_algorithm": "SM2" }),
        )))
        .await;
    let like_issuer = api.new_ca(pending(ISSUER)).await;
    let outside = json!({ "distinguished_name": german("sub") });
    let outside = api.new_ca(with(&pending("sub"), &outside)).await;
    let right = api.new_ca(pending("sub")).await;
    let active = api.new_ca(of_team(root("active"))).await;

    let mut body = json!({
        "issuer_id": "x", "signature_algorithm": "x", "validity": long(), "key_usages": ["x"],
        "path_length": 7, "type": "x", "key_algorithm": "x", "crl_configuration": no_bucket(),
    });
    let headings = ["ActivateCertificateAuthority"];
    let mut walk = Walk::begin(&cast, &at("x"), &headings, &body, "validity").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "type must be").await;
    body["type"] = json!("ROOT");
    walk.refused(&body, "key_algorithm").await;
    body["key_algorithm"] = json!("");
    walk.refused(&body, "signature_algorithm").await;
    body["signature_algorithm"] = json!("SM3");
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "key_usages").await;
    body["key_usages"] = json!(["digitalSignature"]);
    walk.refused(&body, "obs_bucket_name is required").await;
    body["crl_configuration"]["obs_bucket_name"] = json!("lists");
    walk.refused(&body, "ca_id").await;
    walk.path = at(NO_ID);
    walk.refused(&body, "does not exist").await;
    walk.path = at(&right); // the administrator's
    walk.refused(&body, "").await;
    walk.path = at(&active);
    walk.refused(&body, "in state ACTIVED cannot be activated")
        .await;
    walk.path = at(&sm2);
    walk.refused(&without(&body, "issuer_id"), "issuer_id is required")
        .await;
    walk.refused(&body, "valid_days must be").await;
    body["crl_configuration"]["valid_days"] = json!(7);
    cast.issuers(&mut walk, &mut body).await;
    walk.refused(&body, "a chain is of one family").await;
    let mut named = |walk: &mut Walk<'_>, _: &mut Value, wanted| {
        walk.path = at(match wanted {
            Named::LikeTheIssuer => &like_issuer,
            Named::Outside => &outside,
            Named::Right => &right,
        });
    };
    cast.below(&mut walk, &mut body, &mut named).await;
    api.succeed("POST", &at(&right), Some(body)).await;
    walk.end();
}

/// A desk whose quota of certificates is used up.
async fn full_desk() -> Api {
    let api = Api::start().await;
    let one = |settings: &mut chancery_core::Settings| settings.quotas.private_certificates = 1;
    let api = api.restart_with(one).await;
    let root = api.new_ca(root("first")).await;
    api.new_certificate(certificate("only", &root)).await;
    api
}

#[tokio::test]
async fn creating_a_certificate() {
    let api = full_desk().await;
    let cast = Cast::of(&api).await;
    let many = vec![json!({ "type": "DNS", "value": "www.example.org" }); 21];
    let mut wrong = many.clone();
    wrong[20]["type"] = json!("DIR");
    let mut body = json!({
        "issuer_id": "x", "key_algorithm": "x", "signature_algorithm": "x", "validity": long(),
        "distinguished_name": {}, "key_usages": ["x"], "subject_alternative_names": wrong,
        "customized_extension": { "object_identifier": "2.5.29.19" },
        "enterprise_project_id": "mine",
    });
    let headings = ["CreateCertificate"];
    let mut walk = Walk::begin(&cast, CERTIFICATES, &headings, &body, "validity").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "key_algorithm").await;
    body["key_algorithm"] = json!("SM2");
    walk.refused(&body, "signature_algorithm").await;
    body["signature_algorithm"] = json!("SHA256");
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "key_usages").await;
    body["key_usages"] = json!(["keyCertSign"]);
    walk.refused(&body, "DNS, IP, EMAIL or URI").await;
    body["subject_alternative_names"] = json!(many);
    walk.refused(&body, "customized_extension needs both").await;
    body["customized_extension"]["value"] = json!("v");
    walk.refused(&body, "enterprise_project_id must be 0 or")
        .await;
    body["enterprise_project_id"] = json!(TEAM);
    walk.refused(&body, "distinguished_name.common_name").await;
    body["distinguished_name"]["common_name"] = json!("Jane Doe");
    walk.refused(&body, "at most 20").await;
    body["subject_alternative_names"] = json!(many[..1]);
    walk.refused(&body, "keyCertSign").await;
    body["key_usages"] = json!([]);
    cast.issuers(&mut walk, &mut body).await;
    body["enterprise_project_id"] = json!(NO_ID);
    walk.refused(&body, "enterprise_project_id must be 0 or the id of")
        .await;
    body["enterprise_project_id"] = json!("0");
    walk.refused(&body, "from 1 to 20 years").await;
    body["validity"]["value"] = json!(20);
    walk.refused(&body, "within the validity of the issuing CA")
        .await;
    body["validity"] = json!({ "type": "DAY", "value": 1 });
    walk.refused(&body, "a chain is of one family").await;
    body["key_algorithm"] = json!("EC256");
    body["signature_algorithm"] = json!("SM3");
    walk.refused(&body, "SM3 goes with SM2 only").await;
    body["signature_algorithm"] = json!("SHA256");
    walk.refused(&body, "DNS www.example.org is not permitted")
        .await;
    body["subject_alternative_names"][0]["value"] = json!("www.example.com");
    walk.refused(&body, "must not be a standard extension")
        .await;
    body["customized_extension"]["object_identifier"] = json!("1.2.3");
    walk.refused(&body, "at most 1 private certificates").await;
    walk.end();
}

/// A CSR for a new key.
fn csr(algorithm: KeyAlgorithm, common_name: &str, names: usize) -> String {
    let key = PrivateKey::generate(algorithm).unwrap();
    let subject = DistinguishedName {
        organization: Some("Acme".into()),
        common_name: Some(common_name.to_owned()).filter(|name| !name.is_empty()),
        ..DistinguishedName::default()
    };
    let name = SubjectAltName::Dns("www.example.org".into());
    let hash = algorithm.default_hash();
    let der = SigningRequest::create(&key, hash, &subject, &vec![name; names]).unwrap();
    SigningRequest::pem_of(&der, LineEnding::Lf)
}

/// A CSR of OpenSSL for a P-256 key, asking for an extension, its strings in TeletexString where
/// they can be if that is wanted: no certificate may have that.
fn asking(subject: &str, extension: &str, teletex: bool) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mask = if teletex { "MASK:0x4" } else { "utf8only" };
    let config = format!("[req]\ndistinguished_name = name\nstring_mask = {mask}\n[name]\n");
    write(folder.path(), &[("c.cnf", &config)]);
    let arguments = [
        "req",
        "-new",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-config",
        "c.cnf",
        "-keyout",
        "k",
        "-out",
        "r",
        "-subj",
        subject,
        "-addext",
        extension,
    ];
    openssl(folder.path(), &arguments);
    std::fs::read_to_string(folder.path().join("r")).unwrap()
}

const CSR: &str = "/v1/private-certificates/csr";
const HARMLESS: &str = "extendedKeyUsage=serverAuth";

/// The rows that both types have in common.
async fn by_csr<'a>(cast: &Cast<'a>, kind: &str) -> (Walk<'a>, Value) {
    let mut body = json!({
        "issuer_id": "x", "csr": "x", "validity": long(), "type": "x",
        "enterprise_project_id": "mine", "path_length": 7,
    });
    let headings = [
        "CreateCertificateByCsr",
        &format!("CreateCertificateByCsr, {kind}"),
    ];
    let mut walk = Walk::begin(cast, CSR, &headings, &body, "csr").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "type must be").await;
    body["type"] = json!(kind);
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "enterprise_project_id must be 0 or")
        .await;
    body["enterprise_project_id"] = json!(TEAM);
    walk.refused(&body, "csr cannot be taken").await;
    body["csr"] = json!(csr(KeyAlgorithm::Rsa3072, "", 21));
    walk.refused(&body, "csr must have a key of one of").await;
    body["csr"] = json!(csr(KeyAlgorithm::Sm2, "", 21));
    walk.refused(&body, "distinguished_name.common_name is required")
        .await;
    body["csr"] = json!(csr(KeyAlgorithm::Sm2, "Jane Doe", 21));
    walk.refused(&body, "at most 20").await;
    body["csr"] = json!(csr(KeyAlgorithm::Sm2, "Jane Doe", 1));
    cast.issuers(&mut walk, &mut body).await;
    body["enterprise_project_id"] = json!(NO_ID);
    walk.refused(&body, "enterprise_project_id must be 0 or the id of")
        .await;
    body["enterprise_project_id"] = json!("0");
    walk.refused(&body, "from 1 to 20 years").await;
    body["validity"]["value"] = json!(20);
    walk.refused(&body, "within the validity of the issuing CA")
        .await;
    body["validity"] = json!({ "type": "DAY", "value": 1 });
    walk.refused(&body, "a chain is of one family").await;
    (walk, body)
}

#[tokio::test]
async fn an_end_entity_by_csr() {
    if !installed("CSRs that ask for much", "openssl") {
        return;
    }
    let api = full_desk().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = by_csr(&cast, "ENTITY_CERT").await;
    let ask = |subject: &str, extension: &str| json!(asking(subject, extension, true));
    body["csr"] = ask("/C=DE/CN=a", "nameConstraints=permitted;DNS:example.org");
    walk.refused(&body, "must not ask for name constraints")
        .await;
    body["csr"] = ask("/C=DE/CN=a", "keyUsage=keyCertSign");
    walk.refused(&body, "keyCertSign").await;
    body["csr"] = ask("/C=DE/CN=a", HARMLESS);
    walk.refused(&body, "C=DE is not permitted").await;
    body["csr"] = ask("/C=CN/CN=a", HARMLESS);
    walk.refused(&body, "must be encoded as").await;
    body["csr"] = json!(asking("/C=CN/CN=a", HARMLESS, false));
    walk.refused(&body, "at most 1 private certificates").await;
    walk.end();
}

#[tokio::test]
async fn an_intermediate_ca_by_csr() {
    if !installed("CSRs that ask for much", "openssl") {
        return;
    }
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = by_csr(&cast, "INTERMEDIATE_CA").await;
    let broken = "nameConstraints=DER:3000";
    let like_issuer = "/C=CN/ST=Guangdong/L=Shenzhen/O=Acme, Inc./OU=ops/CN=issuer";
    body["csr"] = json!(asking(like_issuer, broken, true));
    walk.refused(&body, "path_length must be a number from 0 to 6")
        .await;
    body["path_length"] = json!(2);
    walk.refused(
        &body,
        "path_length must be below the issuing CA's, which is 2",
    )
    .await;
    body["path_length"] = json!(1);
    walk.refused(&body, "the name of the issuing CA").await;
    body["csr"] = json!(asking("/C=DE/CN=a", broken, true));
    walk.refused(&body, "name constraints is malformed").await;
    body["csr"] = json!(asking("/C=DE/CN=a", HARMLESS, true));
    walk.refused(&body, "C=DE is not permitted").await;
    body["csr"] = json!(asking("/C=CN/CN=a", HARMLESS, true));
    walk.refused(&body, "must be encoded as").await;
    body["csr"] = json!(asking("/C=CN/CN=a", HARMLESS, false));
    let answer = api.succeed("POST", CSR, Some(body)).await;
    assert_eq!(
        api.ca(&text(&answer["certificate_id"])).await["path_length"],
        1
    );
    walk.end();
}

/// What stands in the tables is what the errors' own list knows.
#[test]
fn every_code_of_the_tables_is_documented_or_the_services() {
    let errors = include_str!("../../../../../docs/errors.md");
    let codes = CHECKS
        .split('`')
        .filter(|part| part.starts_with("PCA.1001"));
    for code in codes.filter(|code| !["PCA.10010105", "PCA.10010002"].contains(code)) {
        assert!(errors.contains(code), "{code}");
    }
}
