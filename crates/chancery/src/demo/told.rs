//! What a demo prints: where it is, how to log in, and a command for each sample. It is made of what is in
//! `client.env`, so that it can be shown again from there, and holds no secret.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Result, bail};
use zeroize::Zeroizing;

use super::{Sample, variable};
use crate::client_env::shell::{quote, value};
use crate::client_env::{self, PASSWORD};
use crate::data::{self, refused};
use crate::first_steps::shell_lines;

/// Every sample: its name, the arguments of `chancery` that fetch it, and what it is.
const SAMPLES: [(&str, &str, &str); 14] = [
    ("ROOT_CA", "ca export $ID --out root-ca.pem", "root CA"),
    ("CA", "ca export $ID --out ca.pem", "CA below it"),
    (
        "CERTIFICATE",
        "cert export $ID --out nginx --for nginx",
        "RSA 2048",
    ),
    (
        "RSA4096_CERTIFICATE",
        "cert export $ID --out tomcat --for tomcat",
        "RSA 4096",
    ),
    (
        "EC256_CERTIFICATE",
        "cert export $ID --out ec256",
        "EC P-256",
    ),
    (
        "EC384_CERTIFICATE",
        "cert export $ID --out ec384",
        "EC P-384",
    ),
    // Its key is where its CSR was made.
    ("CSR_CERTIFICATE", "cert show $ID", "by CSR"),
    (
        "SM2_ROOT_CA",
        "ca export $ID --out sm2-root-ca.pem",
        "SM2 root CA",
    ),
    ("SM2_CA", "ca export $ID --out sm2-ca.pem", "CA below it"),
    ("SM2_CERTIFICATE", "cert export $ID --out sm2", "SM2 pair"),
    (
        "SCM_CERTIFICATE",
        "store export $ID --out store",
        "imported",
    ),
    (
        "DCS_INSTANCE",
        "instance ca $ID --out redis-ca.pem",
        "Redis",
    ),
    (
        "DDS_INSTANCE",
        "instance ca $ID --out mongodb-ca.pem",
        "MongoDB",
    ),
    ("SMS_TASK", "task certkey $ID --out migration", "migration"),
];

/// What there is to say of a demo.
pub(crate) struct Told<'a> {
    /// Its base URL.
    pub(crate) url: &'a str,
    /// Its `client.env`, from the root of the file system.
    pub(crate) env: &'a Path,
    /// The administrator's account.
    pub(crate) account: &'a str,
    /// The administrator.
    pub(crate) user: &'a str,
    /// Whether their password is in `client.env`.
    pub(crate) has_password: bool,
    /// What was made.
    pub(crate) samples: &'a [Sample],
}

impl Told<'_> {
    /// What follows the ready line: with it no more than 40 lines, of 100 columns where paths are short.
    /// Lines that begin with two spaces are commands, in the order in which a shell takes them.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("\nThe desk is at {}. In another shell:\n\n", self.url);
        for line in shell_lines(self.env) {
            put(&mut text, &line);
        }
        let (user, account) = (self.user.escape_debug(), self.account.escape_debug());
        let password = match self.has_password {
            true => "and the password\n(CHANCERY_PASSWORD) are in that file.",
            false => "is in that\nfile, the password is not known here.",
        };
        let _ = write!(
            text,
            "\nAccount {account}, user {user}: the access key {password} A token for the API, and a call \
             with it:\n\n"
        );
        put(&mut text, "TOKEN=$(chancery token)");
        put(
            &mut text,
            "curl -sS --fail-with-body -H \"X-Auth-Token: $TOKEN\" \"$CHANCERY_ENDPOINT/v3/auth/domains\"",
        );
        text.push_str("\nSamples, each with the command that fetches it:\n\n");
        let lines: Vec<(String, &str)> = SAMPLES
            .iter()
            .filter_map(|(name, arguments, what)| {
                let variable = variable(name);
                let sample = self.samples.iter().find(|one| one.variable == variable)?;
                let arguments = arguments.replace("$ID", &sample.id);
                Some((format!("chancery {arguments}"), *what))
            })
            .collect();
        let width = lines.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
        for (line, what) in &lines {
            put(&mut text, &format!("{line:width$}  # {what}"));
        }
        let folder = self.env.parent().unwrap_or(self.env);
        let _ = write!(
            text,
            "\nThe call of the API behind each, for curl and the SDKs: {}/docs\n\
             Ctrl-C stops the desk, and a demo on the same folder goes on with all it has. This again:\n\n",
            self.url
        );
        let folder = quote(&folder.display().to_string());
        put(&mut text, &format!("chancery demo --print --data {folder}"));
        text
    }
}

fn put(text: &mut String, command: &str) {
    let _ = writeln!(text, "  {command}");
}

/// Prints again what the demo of a folder printed, whether or not it runs.
///
/// # Errors
/// When no demo has made the folder, or it cannot be read.
pub(crate) fn print_again(data: Option<&Path>) -> Result<()> {
    let folder = data.unwrap_or(data::DEFAULT_DEMO.as_ref());
    let shown = folder.display();
    let read = |path: &Path| fs::read_to_string(path).map(Zeroizing::new);
    let text = match read(&folder.join(client_env::NAME)) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            bail!(
                "there is no demo in {shown}: name the folder of one with --data, or start one with \
                 chancery demo"
            )
        }
        Err(error) => return Err(refused(folder.join(client_env::NAME).display(), &error)),
    };
    let known = |name: &str| value(&text, name).filter(|value| !value.is_empty());
    let names = SAMPLES.iter().map(|(name, ..)| variable(name));
    let samples: Vec<Sample> = names
        .filter_map(|variable| {
            let id = known(&variable)?.to_string();
            Some(Sample { variable, id })
        })
        .collect();
    let named = ["CHANCERY_ENDPOINT", "CHANCERY_DOMAIN", "CHANCERY_USER"].map(known);
    let (false, [Some(url), Some(account), Some(user)]) = (samples.is_empty(), named) else {
        bail!(
            "the desk in {shown} is no demo, or one whose first start has not come to its end: \
             {} names no samples",
            client_env::NAME
        );
    };
    let path = |error| refused(format!("data folder {shown}"), &error);
    let folder = folder.canonicalize().map_err(path)?;
    let state = match data::is_in_use(&folder).map_err(path)? {
        true => String::new(),
        false => format!(
            "\nThe desk does not run. This starts it:\n\n  chancery demo --data {}\n",
            quote(&folder.display().to_string())
        ),
    };
    let told = Told {
        url: &url,
        env: &folder.join(client_env::NAME),
        account: &account,
        user: &user,
        has_password: known(PASSWORD).is_some(),
        samples: &samples,
    };
    let mut out = std::io::stdout().lock();
    let said = out.write_all((state + &told.text()).as_bytes());
    match said.and_then(|()| out.flush()) {
        // Who has seen enough may close their end.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(refused("standard output", &error))
        }
        _ => Ok(()),
    }
}
