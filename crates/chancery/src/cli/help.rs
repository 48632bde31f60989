//! What `chancery --help` prints.

/// All commands by what they are for, and the way to a first certificate.
pub(super) const TEXT: &str = "\
A self-hosted certificate desk over the Huawei Cloud certificate APIs

Usage: chancery COMMAND [OPTIONS]

Server
  serve            serve the API; an empty data folder is set up first
  demo             the same with sample resources
  backup           copy the database, also while a server uses it
Who calls
  login, logout, context, token
Certificates
  ca               private CAs, their revocation lists and OCSP
  cert             certificates of private CAs, with their keys
  store            certificates from elsewhere
  tag, trust       tags of both; what clients trust
Servers
  instance         Redis and MongoDB, and what they load
  source, task     migrations, and the material of both ends
People
  user, group, policy, key, project, enterprise-project, account
This program
  completions, man, help

Options of all client commands
  -o, --output FORM   table, json, yaml or name; --json is -o json
      --context NAME  which login; --endpoint URL, --ca-file FILE
      --dry-run       print the request that would change something
      --yes           destroy without a question
  -h, --help          the same of a command: chancery cert issue --help
  -V, --version

From nothing to a certificate that nginx takes
  chancery serve --data DIR            (then in another shell)
  chancery login https://localhost:8443 --user administrator \\
    --ca-file DIR/ca.pem
  chancery ca create \"Example Root\"
  chancery ca create Issuing --issuer \"Example Root\"
  chancery cert issue www.example.com --ca Issuing --for nginx --out tls
";
