//! Patterns of policies: the first line is the pattern, the second what it is compared with.
#![no_main]

use chancery_core::policy::{Policies, Request, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (pattern, action) = text.split_once('\n').unwrap_or((text, ""));
    let quoted = |text: &str| {
        let plain = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
        text.chars().filter(|c| plain(*c)).collect::<String>()
    };
    let (pattern, action) = (quoted(pattern), quoted(action));
    let document =
        format!(r#"{{"Version":"5.0","Statement":[{{"Effect":"Allow","Action":["{pattern}"]}}]}}"#);
    let Ok(policies) = Policies::parse([document.as_str()]) else {
        return;
    };
    let request = Request {
        action: &action,
        domain_id: "d",
        domain_name: "acme",
        user_id: "u",
        user_name: "anne",
        project_id: None,
    };
    let matched = policies.allow(&request, &Target::NOTHING);
    assert_eq!(
        matched,
        slow(pattern.as_bytes(), action.as_bytes()),
        "{pattern} {action}"
    );
});

/// The definition, in time that the product of the lengths bounds.
fn slow(pattern: &[u8], text: &[u8]) -> bool {
    let mut matches = vec![false; text.len() + 1];
    matches[0] = true;
    for p in pattern {
        let mut next = vec![false; text.len() + 1];
        next[0] = matches[0] && *p == b'*';
        for (i, t) in text.iter().enumerate() {
            next[i + 1] = match p {
                b'*' => matches[i + 1] || next[i],
                b'?' => matches[i],
                p => matches[i] && p.eq_ignore_ascii_case(t),
            };
        }
        matches = next;
    }
    matches[text.len()]
}
