//! The services, told apart by path.

/// A service of the cloud API, or one of our own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Service {
    /// Orders and subscriptions (`CBC.` codes).
    Bss,
    /// Private CA (CCM, `PCA.` codes).
    Ccm,
    /// Certificate store (`SCM.` codes).
    Scm,
    /// Redis instances.
    Dcs,
    /// MongoDB instances (`DBS.` codes).
    Dds,
    /// Enterprise projects (`EPS.` codes).
    Eps,
    /// Server migration.
    Sms,
    /// Identity, version 3: errors in Keystone's shape.
    Iam,
    /// Identity, version 3.0: errors in a flat shape.
    IamV30,
    /// The object store's links.
    Objects,
    /// What chancery offers beyond the documented calls.
    Own,
    /// Nothing known: the gateway in front of all services answers.
    Gateway,
}

impl Service {
    /// The service whose error shape a path that leads nowhere gets.
    pub fn of_path(path: &str) -> Self {
        let mut segments = path.trim_start_matches('/').split('/');
        let first = segments.next().unwrap_or_default();
        let second = segments.next().unwrap_or_default();
        match (first, second) {
            ("v1", "private-certificates" | "private-certificate-authorities" | "pca") => Self::Ccm,
            ("v1.0", "enterprise-projects") => Self::Eps,
            ("v3", "scm") => Self::Scm,
            ("v2", "orders") => Self::Bss,
            ("v2", _) => Self::Dcs,
            ("v3", "sources" | "tasks") => Self::Sms,
            (
                "v3",
                "auth" | "projects" | "users" | "groups" | "roles" | "domains" | "OS-INHERIT",
            ) => Self::Iam,
            ("v3.0" | "v5", _) => Self::IamV30,
            ("v3", project) if is_project_id(project) => Self::Dds,
            ("objects", _) => Self::Objects,
            ("chancery", _) => Self::Own,
            _ => Self::Gateway,
        }
    }
}

/// A project id is 32 hexadecimal digits; anything else in its place is another route.
pub(crate) fn is_project_id(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_belong_to_services() {
        for (path, service) in [
            ("/v1/private-certificates/x/export", Service::Ccm),
            ("/v1/pca/config/console", Service::Ccm),
            ("/v1/other", Service::Gateway),
            ("/v1.0/enterprise-projects/0/action", Service::Eps),
            ("/v1.0/other", Service::Gateway),
            ("/v3/scm/certificates", Service::Scm),
            ("/v2/0123/instances", Service::Dcs),
            ("/v2/orders/customer-orders/pay", Service::Bss),
            (
                "/v3/0123456789abcdef0123456789abcdef/instances",
                Service::Dds,
            ),
            ("/v3/0123/instances", Service::Gateway),
            ("/v3/tasks/1/certkey", Service::Sms),
            ("/v3/auth/tokens", Service::Iam),
            ("/v3/users/1/nothing", Service::Iam),
            ("/v3/OS-INHERIT/domains", Service::Iam),
            ("/v3.0/OS-CREDENTIAL/credentials", Service::IamV30),
            ("/objects/b/k", Service::Objects),
            ("/chancery/v1/instances", Service::Own),
            ("/", Service::Gateway),
        ] {
            assert_eq!(Service::of_path(path), service, "{path}");
        }
    }
}
