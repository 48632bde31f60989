//! Examples, which the help and the manual page of each command show. They are in an order in which they
//! run, one after the other, on a new desk; a test does that, with the files that they name in its folder.

/// The command, and an example of it.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("serve", "chancery serve --data /var/lib/chancery"),
    (
        "serve",
        "chancery serve --data /var/lib/chancery --listen 0.0.0.0:8443 --public-url https://desk.example.com:8443",
    ),
    ("demo", "chancery demo"),
    ("demo", "chancery demo --print"),
    (
        "login",
        "chancery login https://localhost:8443 --user administrator --ca-file ca.pem --context home",
    ),
    ("context list", "chancery context list"),
    ("context use", "chancery context use home"),
    ("token", "TOKEN=$(chancery token)"),
    ("ca create", "chancery ca create \"Example Root\""),
    (
        "ca create",
        "chancery ca create Issuing --issuer \"Example Root\"",
    ),
    (
        "ca create",
        "chancery ca create \"Below Another\" --external --key-algorithm rsa2048",
    ),
    (
        "ca csr",
        "chancery ca csr \"Below Another\" --out below.csr",
    ),
    (
        "ca import",
        "chancery ca import \"Below Another\" --cert below.pem --chain other-root.pem",
    ),
    ("ca list", "chancery ca list"),
    ("ca show", "chancery ca show Issuing"),
    ("ca disable", "chancery ca disable \"Below Another\""),
    ("ca delete", "chancery ca delete \"Below Another\" --yes"),
    ("ca restore", "chancery ca restore \"Below Another\""),
    ("ca enable", "chancery ca enable \"Below Another\""),
    ("ca crl enable", "chancery ca crl enable Issuing"),
    ("ca ocsp enable", "chancery ca ocsp enable Issuing"),
    ("ca export", "chancery ca export Issuing --out issuing.pem"),
    (
        "trust export",
        "chancery trust export --ca Issuing --format pem --out root.pem",
    ),
    (
        "trust export",
        "chancery trust export --ca Issuing --format jks --out trust.jks",
    ),
    (
        "cert issue",
        "chancery cert issue www.example.com --ca Issuing --san 10.0.0.1 --for nginx --out tls",
    ),
    (
        "cert issue",
        "chancery cert issue \"Jane Doe\" --ca Issuing --usage client-auth --san jane@example.com",
    ),
    (
        "cert issue",
        "chancery cert issue api.example.com --ca Issuing --dry-run",
    ),
    (
        "cert sign",
        "chancery cert sign request.csr --ca Issuing --out signed.pem",
    ),
    ("cert list", "chancery cert list"),
    ("cert list", "chancery cert list --expires-in 30d"),
    ("cert list", "chancery cert list --san example.com -o name"),
    ("cert show", "chancery cert show www.example.com"),
    ("cert show", "chancery cert show www.example.com --pem"),
    (
        "cert export",
        "chancery cert export www.example.com --for tomcat --out tomcat",
    ),
    ("tag set", "chancery tag set cert www.example.com team=web"),
    ("tag list", "chancery tag list cert www.example.com"),
    (
        "tag delete",
        "chancery tag delete cert www.example.com team",
    ),
    (
        "cert revoke",
        "chancery cert revoke www.example.com --reason key-compromise --yes",
    ),
    ("cert delete", "chancery cert delete \"Jane Doe\" --yes"),
    ("ca crl disable", "chancery ca crl disable Issuing"),
    ("ca ocsp disable", "chancery ca ocsp disable Issuing"),
    (
        "store import",
        "chancery store import --cert shop.pem --key shop.key --name shop",
    ),
    ("store list", "chancery store list"),
    ("store show", "chancery store show shop"),
    (
        "store export",
        "chancery store export shop --for nginx --out shop",
    ),
    ("store delete", "chancery store delete shop --yes"),
    (
        "instance create",
        "chancery instance create cache --redis --host redis.example.com",
    ),
    ("instance list", "chancery instance list"),
    ("instance show", "chancery instance show cache"),
    (
        "instance ca",
        "chancery instance ca cache --out redis-ca.pem",
    ),
    (
        "instance bundle",
        "chancery instance bundle cache --host redis.example.com --out redis",
    ),
    (
        "instance ssl disable",
        "chancery instance ssl disable cache",
    ),
    ("instance ssl enable", "chancery instance ssl enable cache"),
    ("instance delete", "chancery instance delete cache --yes"),
    (
        "source create",
        "chancery source create web-1 --ip 192.0.2.10",
    ),
    ("source list", "chancery source list"),
    ("source show", "chancery source show web-1"),
    (
        "task create",
        "chancery task create move-web-1 --source web-1",
    ),
    ("task list", "chancery task list"),
    ("task show", "chancery task show move-web-1"),
    (
        "task certkey",
        "chancery task certkey move-web-1 --out migration",
    ),
    ("task delete", "chancery task delete move-web-1 --yes"),
    ("source delete", "chancery source delete web-1 --yes"),
    (
        "enterprise-project create",
        "chancery enterprise-project create team-a",
    ),
    (
        "enterprise-project list",
        "chancery enterprise-project list",
    ),
    (
        "enterprise-project show",
        "chancery enterprise-project show team-a",
    ),
    (
        "enterprise-project update",
        "chancery enterprise-project update team-a --description \"The web team\"",
    ),
    ("group create", "chancery group create team-a"),
    ("group list", "chancery group list"),
    ("group show", "chancery group show team-a"),
    (
        "policy attach",
        "chancery policy attach \"PCA FullAccess\" --group team-a --enterprise-project team-a",
    ),
    (
        "group policies",
        "chancery group policies team-a --enterprise-project team-a",
    ),
    (
        "policy detach",
        "chancery policy detach \"PCA FullAccess\" --group team-a --enterprise-project team-a",
    ),
    (
        "policy create",
        "chancery policy create exporters --file policy.json",
    ),
    ("policy list", "chancery policy list --custom"),
    ("policy show", "chancery policy show exporters"),
    (
        "policy update",
        "chancery policy update exporters --file policy.json",
    ),
    ("policy delete", "chancery policy delete exporters --yes"),
    ("user create", "chancery user create alice"),
    ("user list", "chancery user list"),
    ("user show", "chancery user show alice"),
    ("group add-user", "chancery group add-user team-a alice"),
    ("group users", "chancery group users team-a"),
    ("user groups", "chancery user groups alice"),
    (
        "group remove-user",
        "chancery group remove-user team-a alice",
    ),
    ("user set-password", "chancery user set-password alice"),
    (
        "key create",
        "chancery key create --user alice --env alice.env",
    ),
    ("key list", "chancery key list --user alice"),
    (
        "key show",
        "chancery key show $(chancery key list --user alice -o name)",
    ),
    (
        "key disable",
        "chancery key disable $(chancery key list --user alice -o name)",
    ),
    (
        "key enable",
        "chancery key enable $(chancery key list --user alice -o name)",
    ),
    (
        "key delete",
        "chancery key delete $(chancery key list --user alice -o name) --yes",
    ),
    ("user disable", "chancery user disable alice"),
    ("user enable", "chancery user enable alice"),
    ("user delete", "chancery user delete alice --yes"),
    ("group delete", "chancery group delete team-a --yes"),
    (
        "enterprise-project disable",
        "chancery enterprise-project disable team-a",
    ),
    (
        "enterprise-project enable",
        "chancery enterprise-project enable team-a",
    ),
    (
        "project create",
        "chancery project create cn-north-4_team-a",
    ),
    ("project list", "chancery project list"),
    ("project show", "chancery project show cn-north-4_team-a"),
    ("account create", "chancery account create branch-office"),
    ("account list", "chancery account list"),
    ("account show", "chancery account show branch-office"),
    ("account disable", "chancery account disable branch-office"),
    ("account enable", "chancery account enable branch-office"),
    ("completions", "chancery completions bash > chancery.bash"),
    ("man", "chancery man man1"),
    (
        "backup",
        "chancery backup desk.backup --data /var/lib/chancery",
    ),
    ("logout", "chancery logout --context home"),
    ("context delete", "chancery context delete elsewhere"),
];
