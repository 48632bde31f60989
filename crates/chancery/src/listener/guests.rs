use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chancery_core::{Client, Network};

/// Open connections by address.
type Open = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Counts the open connections of each address.
pub(super) struct Guests {
    open: Open,
    most: usize,
    proxies: Vec<Network>,
}

/// A connection that is counted while it lives.
pub(super) struct Guest(Option<(Open, IpAddr)>);

impl Guests {
    /// Admits `most` connections of an address, or any number if that is 0; `proxies` are not
    /// counted.
    pub(super) fn new(most: usize, proxies: Vec<Network>) -> Self {
        Self {
            open: Arc::default(),
            most,
            proxies,
        }
    }

    /// Counts a connection; none when the address has as many as it may have.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Guest> {
        if self.most == 0 || self.proxies.iter().any(|proxy| proxy.holds(peer)) {
            return Some(Guest(None));
        }
        let unit = Client::new(peer).unit();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // The table has an entry for each open connection at the most.
        match open.get_mut(&unit) {
            Some(count) if *count >= self.most => return None,
            Some(count) => *count += 1,
            None => {
                open.insert(unit, 1);
            }
        }
        Some(Guest(Some((Arc::clone(&self.open), unit))))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let Some((open, unit)) = &self.0 else {
            return;
        };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(unit) {
            *count -= 1;
            if *count == 0 {
                open.remove(unit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_address_has_its_number() {
        let guests = Guests::new(2, vec!["10.0.0.0/8".parse().unwrap()]);
        let first = guests.admit(ip("192.0.2.1")).unwrap();
        let _second = guests.admit(ip("192.0.2.1")).unwrap();
        assert!(guests.admit(ip("::ffff:192.0.2.1")).is_none());
        let other = guests.admit(ip("192.0.2.2")).unwrap();
        drop(first);
        let _third = guests.admit(ip("192.0.2.1")).unwrap();
        assert!(guests.admit(ip("192.0.2.1")).is_none());

        let _a = guests.admit(ip("2001:db8::1")).unwrap();
        let _b = guests.admit(ip("2001:db8::2")).unwrap();
        assert!(guests.admit(ip("2001:db8::3")).is_none(), "the same /64");

        let proxy: Vec<_> = (0..9).map(|_| guests.admit(ip("10.0.0.1"))).collect();
        assert!(proxy.iter().all(Option::is_some));
        drop(other);
        assert_eq!(
            guests.open.lock().unwrap().len(),
            2,
            "nobody is left behind"
        );
    }

    #[test]
    fn zero_is_no_limit() {
        let guests = Guests::new(0, Vec::new());
        let all: Vec<_> = (0..99).map(|_| guests.admit(ip("192.0.2.1"))).collect();
        assert!(all.iter().all(Option::is_some));
    }
}
