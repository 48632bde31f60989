//! Answers that are ready before anyone asks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chancery_pki::ocsp::{CertId, CertStatus};

use super::OcspAnswer;

/// How many answers are kept at the most.
const CAPACITY: usize = 4_096;

/// What an answer is about: the CA that gives it, and the certificate as it is asked about.
pub(crate) type Subject = (String, CertId);

/// Signed answers, each with what it states.
///
/// Whoever asks reads the status first, and is given the answer that states it: none that a
/// revocation has overtaken is served, whichever node revoked.
pub(crate) struct KeptAnswers {
    entries: Mutex<HashMap<Subject, Kept>>,
}

struct Kept {
    der: Vec<u8>,
    status: CertStatus,
    /// From when until when the answer is good, in milliseconds since 1970 UTC.
    good: (i64, i64),
    /// Whether anyone asked for it since it was signed.
    asked: bool,
}

impl KeptAnswers {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::new(HashMap::new()),
        }
    }

    /// The answer that states this, while a quarter of its time is left: who is given it keeps it
    /// for a while.
    pub(crate) fn get(
        &self,
        subject: &Subject,
        status: CertStatus,
        now_ms: i64,
    ) -> Option<OcspAnswer> {
        let mut entries = self.lock();
        let kept = entries.get_mut(subject)?;
        if kept.status != status || !kept.is_younger(now_ms, 3) {
            return None;
        }
        kept.asked = true;
        Some(OcspAnswer {
            der: kept.der.clone(),
            keep: Some(kept.good),
        })
    }

    /// Keeps an answer, unless it is for one client alone. Where all places are taken, those
    /// that nobody asks for make way.
    pub(crate) fn put(
        &self,
        subject: Subject,
        status: CertStatus,
        answer: &OcspAnswer,
        now_ms: i64,
    ) {
        let Some(good) = answer.keep else { return };
        let mut entries = self.lock();
        if entries.len() >= CAPACITY && !entries.contains_key(&subject) {
            entries.retain(|_, kept| kept.asked && kept.is_younger(now_ms, 4));
            if entries.len() >= CAPACITY {
                return;
            }
        }
        let kept = Kept {
            der: answer.der.clone(),
            status,
            good,
            asked: false,
        };
        entries.insert(subject, kept);
    }

    /// What is to be signed anew: half of its time is over, and someone asked. What nobody asked
    /// for, or is no longer good, is dropped. In the order of the CAs.
    pub(crate) fn due(&self, now_ms: i64) -> Vec<Subject> {
        let mut entries = self.lock();
        entries.retain(|_, kept| {
            kept.is_younger(now_ms, 2) || kept.asked && kept.is_younger(now_ms, 4)
        });
        let old = entries
            .iter()
            .filter(|(_, kept)| !kept.is_younger(now_ms, 2));
        let mut due: Vec<Subject> = old.map(|(subject, _)| subject.clone()).collect();
        due.sort_by(|one, other| one.0.cmp(&other.0));
        due
    }

    pub(crate) fn remove(&self, subject: &Subject) {
        self.lock().remove(subject);
    }

    /// Drops every answer of a CA.
    pub(crate) fn forget(&self, authority_id: &str) {
        self.lock().retain(|(id, _), _| id != authority_id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Kept>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Whether less than so many quarters of its time are over. One that is of the future, by a
    /// clock that was put back, is not young.
    fn is_younger(&self, now_ms: i64, quarters: i64) -> bool {
        let (from, until) = self.good;
        (0..(until - from) * quarters).contains(&((now_ms - from) * 4))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_pki::ocsp::OcspRequest;

    use super::*;

    /// A certificate with this number, of a CA whose hashes are empty.
    fn subject(number: u16) -> Subject {
        let [high, low] = number.to_be_bytes();
        let sha1 = [0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a];
        let mut der = [&sha1[..], &[4, 0, 4, 0, 2, 2, high | 0x40, low]].concat();
        // CertID, Request, requestList, TBSRequest, OCSPRequest.
        for _ in 0..5 {
            der = [&[0x30, u8::try_from(der.len()).unwrap()], &der[..]].concat();
        }
        let request = OcspRequest::from_der(&der).unwrap();
        ("ca".to_owned(), request.cert_ids()[0].clone())
    }

    fn answer(from: i64) -> OcspAnswer {
        OcspAnswer {
            der: vec![1],
            keep: Some((from, from + 400)),
        }
    }

    const REVOKED: CertStatus = CertStatus::Revoked {
        at_ms: 1,
        reason: chancery_pki::crl::RevocationReason::Superseded,
    };

    #[test]
    fn an_answer_serves_while_it_is_young_and_true() {
        let (kept, one) = (KeptAnswers::new(), subject(1));
        kept.put(one.clone(), CertStatus::Good, &answer(1000), 1000);
        let get = |status, now| kept.get(&one, status, now).map(|answer| answer.keep);
        assert_eq!(get(CertStatus::Good, 1299), Some(Some((1000, 1400))));
        assert_eq!(get(CertStatus::Good, 1300), None);
        assert_eq!(get(CertStatus::Good, 999), None);
        assert_eq!(get(REVOKED, 1000), None);
        kept.put(one.clone(), REVOKED, &answer(1000), 1000);
        assert!(get(REVOKED, 1000).is_some() && get(CertStatus::Good, 1000).is_none());
        kept.forget("ca");
        assert_eq!(get(REVOKED, 1000), None);
        let alone = OcspAnswer {
            keep: None,
            ..answer(1000)
        };
        kept.put(one.clone(), REVOKED, &alone, 1000);
        assert_eq!(get(REVOKED, 1000), None);
    }

    #[test]
    fn what_was_asked_for_is_due_and_the_rest_goes() {
        let kept = KeptAnswers::new();
        let (one, two) = (subject(1), subject(2));
        for subject in [&one, &two] {
            kept.put(subject.clone(), CertStatus::Good, &answer(0), 0);
        }
        assert!(kept.get(&one, CertStatus::Good, 10).is_some());
        assert!(kept.due(199).is_empty());
        assert_eq!(kept.due(200), std::slice::from_ref(&one));
        assert!(kept.get(&two, CertStatus::Good, 200).is_none());
        assert_eq!(kept.due(399), std::slice::from_ref(&one), "a try failed");
        assert!(kept.due(400).is_empty());
        // Who asked for the one before asked not for this one.
        kept.put(one.clone(), CertStatus::Good, &answer(400), 400);
        assert!(kept.due(600).is_empty());
    }

    #[test]
    fn where_all_places_are_taken_the_unasked_make_way() {
        let kept = KeptAnswers::new();
        let capacity = u16::try_from(CAPACITY).unwrap();
        for number in 0..capacity {
            kept.put(subject(number), CertStatus::Good, &answer(0), 0);
            if number != 7 {
                kept.get(&subject(number), CertStatus::Good, 0).unwrap();
            }
        }
        let has = |number: u16| kept.get(&subject(number), CertStatus::Good, 0).is_some();
        kept.put(subject(capacity), CertStatus::Good, &answer(0), 0);
        assert!(has(capacity) && !has(7) && has(8));
        // Now all are asked for.
        kept.put(subject(capacity + 1), CertStatus::Good, &answer(0), 0);
        assert!(!has(capacity + 1));
        kept.put(subject(8), REVOKED, &answer(0), 0);
        assert!(kept.get(&subject(8), REVOKED, 0).is_some());
    }
}
