#![allow(clippy::unwrap_used)]
use super::*;

fn args(data: &Path) -> ServeArgs {
    ServeArgs {
        data: Some(data.to_owned()),
        ..ServeArgs::default()
    }
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = "listen = \"127.0.0.1:1\"\nregions = [\"eu-west-101\"]\n";
    std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
    let mut flags = args(folder.path());
    flags.listen = Some("127.0.0.1:2".parse().unwrap());
    let config = Config::load(flags, "unused").unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.regions, ["eu-west-101"]);
    assert_eq!(config.export_iterations, 100_000);
}

#[test]
fn quotas_are_a_table_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        std::fs::write(folder.path().join("chancery.toml"), text).unwrap();
        Config::load(args(folder.path()), "unused")
    };
    assert_eq!(load("").unwrap().quotas, Quotas::default());
    let expected = Quotas {
        users: 500,
        ..Quotas::default()
    };
    assert_eq!(load("[quotas]\nusers = 500\n").unwrap().quotas, expected);
    for bad in ["users = -1", "people = 5"] {
        assert!(load(&format!("[quotas]\n{bad}\n")).is_err(), "{bad}");
    }
}

#[test]
fn limits_are_generous_and_can_be_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let limits = |config: &Config| {
        (
            config.requests_per_address,
            config.requests_per_user,
            config.wrong_tries,
            config.connections_per_address,
            config.trusted_proxies.len(),
        )
    };
    let config = Config::load(args(folder.path()), "unused").unwrap();
    assert_eq!(limits(&config), (500, 500, 5, 128, 0));
    let settings = chancery_core::Settings::new("");
    assert_eq!(
        (settings.requests_per_address, settings.requests_per_user),
        (500, 500)
    );
    assert_eq!(settings.wrong_tries, 5);

    let file = "requests_per_address = 0\nrequests_per_user = 7\nwrong_tries = 0\n\
                connections_per_address = 0\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n";
    std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
    let config = Config::load(args(folder.path()), "unused").unwrap();
    assert_eq!(limits(&config), (0, 7, 0, 0, 2));
    let mut flags = args(folder.path());
    flags.requests_per_user = Some(9);
    flags.trusted_proxies = Some(vec!["192.0.2.1".into()]);
    let config = Config::load(flags, "unused").unwrap();
    assert_eq!(limits(&config), (0, 9, 0, 0, 1));
    let mut flags = args(folder.path());
    flags.trusted_proxies = Some(vec!["10.0.0.1/8".into()]);
    let said = Config::load(flags, "unused").unwrap_err().to_string();
    assert!(said.contains("--trusted-proxies"), "{said}");
}

#[test]
fn national_material_is_off_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::load(args(folder.path()), "unused").unwrap();
    assert!(!config.dds_national && config.sms_sm2_projects.is_empty());

    let project = "0123456789abcdef0123456789abcdef";
    let file = format!(
        "dds_categories = [\"international\", \"national\"]\n\
         sms_sm2_projects = [\"cn-north-4\", \"{project}\"]\n"
    );
    std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
    let config = Config::load(args(folder.path()), "unused").unwrap();
    assert!(config.dds_national);
    assert_eq!(config.sms_sm2_projects, ["cn-north-4", project]);

    let mut flags = args(folder.path());
    flags.dds_categories = Some(vec!["international".into()]);
    flags.sms_sm2_projects = Some(vec![project.into()]);
    let config = Config::load(flags, "unused").unwrap();
    assert!(!config.dds_national, "the file won over the flag");
    assert_eq!(config.sms_sm2_projects, [project]);
}

#[test]
fn stops_take_less_than_a_container_runtime_waits() {
    let folder = tempfile::tempdir().unwrap();
    let load = |seconds| {
        let mut flags = args(folder.path());
        flags.drain_seconds = seconds;
        Config::load(flags, "unused").map(|config| config.drain.as_secs())
    };
    assert!(load(None).unwrap() < 10);
    std::fs::write(folder.path().join("chancery.toml"), "drain_seconds = 25\n").unwrap();
    assert_eq!(load(None).unwrap(), 25);
    assert_eq!(load(Some(3)).unwrap(), 3);
    for bad in [0, 3_601] {
        let said = load(Some(bad)).unwrap_err().to_string();
        assert!(
            said.contains("--drain-seconds must be from 1 to 3600"),
            "{said}"
        );
    }
}

#[test]
fn categories_are_told_in_any_order() {
    let has = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        has_national(&names).map_err(|error| error.to_string())
    };
    assert_eq!(has(&["international"]), Ok(false));
    assert_eq!(has(&["international", "national"]), Ok(true));
    assert_eq!(has(&["national", "international"]), Ok(true));
    let international = "international";
    for bad in [
        &[][..],
        &[""],
        &["national"],
        &["National", international],
        &[international, international],
        &[international, "national", "national"],
        &[international, "sm2"],
    ] {
        let said = has(bad).unwrap_err();
        assert!(
            said.starts_with("--dds-categories: must be"),
            "{bad:?}: {said}"
        );
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |change: &dyn Fn(&mut ServeArgs)| {
        let mut flags = args(folder.path());
        change(&mut flags);
        Config::load(flags, "unused").unwrap_err().to_string()
    };
    assert!(refuse(&|a| a.listen_http = "0.0.0.0:80".parse().ok()).contains("loopback"));
    assert!(refuse(&|a| a.regions = Some(vec!["CN".into()])).contains("region"));
    for bad in [
        "",
        "cn-north-5",
        "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdefg",
    ] {
        let said = refuse(&|a| a.sms_sm2_projects = Some(vec![bad.into()]));
        assert!(
            said.contains("--sms-sm2-projects") && said.contains("--regions"),
            "{said}"
        );
    }
    assert!(refuse(&|a| a.dds_categories = Some(vec!["national".into()])).contains("dds"));
    for url in ["desk", "https://", "https://desk/path", "https://bad host"] {
        assert!(
            refuse(&|a| a.public_url = Some(url.into())).contains("https://HOST"),
            "{url}"
        );
    }
    for url in [
        "pki",
        "http://",
        "https://pki.example",
        "http://pki.example?a=b",
        "http:///path",
    ] {
        assert!(
            refuse(&|a| a.pki_url = Some(url.into())).contains("http://HOST"),
            "{url}"
        );
    }
    assert!(refuse(&|a| a.tls_cert = Some("c".into())).contains("tls_key"));
    assert!(refuse(&|a| a.export_iterations = Some(1)).contains("iterations"));
    std::fs::write(folder.path().join("chancery.toml"), "lisen = 1").unwrap();
    assert!(refuse(&|_| ()).contains("chancery.toml"));
}

#[test]
fn a_name_is_no_address_to_listen_on() {
    for (text, likely) in [
        ("localhost:8443", "; you may mean 127.0.0.1:8443"),
        (":8443", "; you may mean 0.0.0.0:8443"),
        ("*:8443", "; you may mean 0.0.0.0:8443"),
        ("8443", "; you may mean 127.0.0.1:8443"),
        ("localhost:https", "picks a free one"),
        ("desk.example.com:8443", "picks a free one"),
        ("127.0.0.1", "picks a free one"),
        ("::1:8443", "picks a free one"),
        ("", "picks a free one"),
    ] {
        let said = address(text).unwrap_err();
        assert!(
            said.starts_with("must be an IP address and a port"),
            "{said}"
        );
        assert!(said.ends_with(likely), "{text}: {said}");
    }
    for text in ["127.0.0.1:0", "[::1]:8443", "0.0.0.0:443"] {
        assert_eq!(address(text).unwrap().to_string(), text);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("chancery.toml"),
        "\n\nlisten = \"localhost:1\"\n",
    )
    .unwrap();
    let said = Config::load(args(folder.path()), "unused").unwrap_err();
    let said = said.to_string();
    assert!(
        said.contains("chancery.toml: line 3: must be an IP"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_the_file_shows_no_password() {
    let folder = tempfile::tempdir().unwrap();
    for (text, line) in [
        ("\ndatabase = \"postgres://u:secret@host\n", "line 2"),
        ("database = \"postgres://u:secret@host\" 5\n", "line 1"),
        ("data_base = \"postgres://u:secret@host\"\n", "line 1"),
        ("database = [\"postgres://u:secret@host\"]\n", "line 1"),
    ] {
        std::fs::write(folder.path().join("chancery.toml"), text).unwrap();
        let said = Config::load(args(folder.path()), "unused").unwrap_err();
        let said = format!("{said:#} {said:?}");
        assert!(said.contains(line), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn addresses_for_relying_parties_are_off_unless_given() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::load(args(folder.path()), "unused").unwrap();
    assert_eq!((config.listen_pki, config.pki_url), (None, None));
    let file = "listen_pki = \"127.0.0.1:1\"\npki_url = \"http://pki.example/desk/\"\n";
    std::fs::write(folder.path().join("chancery.toml"), file).unwrap();
    let mut flags = args(folder.path());
    flags.listen_pki = "127.0.0.1:2".parse().ok();
    let config = Config::load(flags, "unused").unwrap();
    assert_eq!(config.listen_pki.unwrap().port(), 2);
    assert_eq!(config.pki_url.as_deref(), Some("http://pki.example/desk"));
}

#[test]
fn urls_leave_the_default_port_out() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::load(args(folder.path()), "unused").unwrap();
    for (bound, url) in [
        ("127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("10.1.2.3:443", "https://10.1.2.3"),
        ("0.0.0.0:443", "https://localhost"),
        ("[::1]:8443", "https://[::1]:8443"),
    ] {
        assert_eq!(config.public_url(bound.parse().unwrap()), url);
    }
}
