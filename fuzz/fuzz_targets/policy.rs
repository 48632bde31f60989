//! Policy documents.
#![no_main]

use chancery_core::policy::{Policies, Request, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(policies) = Policies::parse([text]) else {
        return;
    };
    for action in ["pca:cert:export", "scm:cert:download", "*", ""] {
        let request = Request {
            action,
            domain_id: "d",
            domain_name: "acme",
            user_id: "u",
            user_name: "anne",
            project_id: None,
        };
        let target = Target {
            kind: "cert",
            id: "1",
            enterprise_project_id: Some("0"),
            tags: &[],
        };
        for target in [target, Target::NOTHING] {
            // What is allowed in the end may be allowed from the start.
            assert!(policies.may_allow(&request) || !policies.allow(&request, &target));
        }
        let _ = policies.depends_on_target(&request);
    }
});
