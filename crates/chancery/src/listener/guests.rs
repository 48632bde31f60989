//! Who holds the connections of a listener, and who makes way when all are taken.
//!
//! A connection is idle until a whole request has arrived, and again when its answer is written: a TLS
//! handshake that is not done, half a head, and nothing at all between two requests are the same. When
//! there is no place left, an idle connection makes way for a newcomer: of the address that holds
//! most, the one that has been idle longest. An address takes no place from one that holds fewer.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chancery_core::{Client, Network};
use tokio::sync::Notify;

/// The open connections of a listener.
pub(super) struct Guests {
    table: Arc<Shared>,
    most_of_address: usize,
    proxies: Vec<Network>,
}

/// An open connection; it gives its place back when it is dropped.
pub(super) struct Guest {
    table: Arc<Shared>,
    id: u64,
    /// Told when it is to make way.
    asked: Arc<Notify>,
}

struct Shared {
    table: Mutex<Table>,
    /// Told when there is room, or none any more, and when nobody is there.
    changed: Notify,
}

/// Every operation takes time that grows with the logarithm of the number of connections.
struct Table {
    /// Places that are not taken.
    free: usize,
    next: u64,
    seats: HashMap<u64, Seat>,
    addresses: HashMap<IpAddr, Address>,
    /// The addresses with idle connections, those last that make way first.
    ranked: BTreeSet<Rank>,
}

/// Whoever stands for many clients makes way last; of others, who holds most makes way first, and of
/// those who hold as many, who has been idle longest.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Rank {
    is_client: bool,
    held: usize,
    idle_since: Reverse<u64>,
    address: IpAddr,
}

struct Seat {
    address: IpAddr,
    doing: Doing,
    /// Whether its place was given to somebody else.
    gone: bool,
    asked: Arc<Notify>,
}

#[derive(Clone, Copy)]
enum Doing {
    /// Nothing, since this moment: a number that grows.
    Idle(u64),
    /// A request has arrived and is not answered yet.
    Busy,
    /// Its answer is being written.
    Answered,
}

struct Address {
    is_proxy: bool,
    held: usize,
    /// The idle connections by how long they have been idle.
    idle: BTreeMap<u64, u64>,
}

impl Guests {
    /// Admits `most` connections, and `most_of_address` of one address (of one /64 with IPv6), or any
    /// number if that is 0; `proxies` may have any number.
    pub(super) fn new(most: usize, most_of_address: usize, proxies: Vec<Network>) -> Self {
        let table = Table {
            free: most,
            next: 0,
            seats: HashMap::new(),
            addresses: HashMap::new(),
            ranked: BTreeSet::new(),
        };
        Self {
            table: Arc::new(Shared {
                table: Mutex::new(table),
                changed: Notify::new(),
            }),
            most_of_address,
            proxies,
        }
    }

    /// Waits until there is a place, or somebody who could make way.
    pub(super) async fn room(&self) {
        self.until(Table::has_room).await;
    }

    /// Waits until there is no room.
    pub(super) async fn full(&self) {
        self.until(|table| !table.has_room()).await;
    }

    /// Whether a connection is open.
    pub(super) fn has_any(&self) -> bool {
        !self.table.lock().seats.is_empty()
    }

    /// Waits until no connection is open.
    pub(super) async fn nobody(&self) {
        self.until(|table| table.seats.is_empty()).await;
    }

    async fn until(&self, holds: impl Fn(&Table) -> bool) {
        loop {
            let mut changed = pin!(self.table.changed.notified());
            // From here on a change is heard, also one between the look and the wait.
            changed.as_mut().enable();
            if holds(&self.table.lock()) {
                return;
            }
            changed.await;
        }
    }

    /// Gives a connection a place; none when its address has as many as it may have, or when nobody
    /// makes way for one more of that address.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Guest> {
        let is_proxy = self.proxies.iter().any(|proxy| proxy.holds(peer));
        let address = Client::new(peer).unit();
        let admitted = self.table.change(|table| {
            let held = table.addresses.get(&address).map_or(0, |one| one.held);
            if !is_proxy && self.most_of_address > 0 && held >= self.most_of_address {
                return None;
            }
            // A proxy stands for many clients: what it holds is not held against the next one.
            let held = if is_proxy { 0 } else { held };
            let seated = table.free > 0 || table.make_way(address, held);
            seated.then(|| table.sit(address, is_proxy))
        });
        let (id, asked) = admitted?;
        Some(Guest {
            table: Arc::clone(&self.table),
            id,
            asked,
        })
    }
}

impl Guest {
    /// A request has arrived.
    pub(super) fn begin(&self) {
        self.table.change(|table| table.set(self.id, Doing::Busy));
    }

    /// What there is to write of the answer is handed over.
    pub(super) fn answered(&self) {
        self.table
            .change(|table| table.set(self.id, Doing::Answered));
    }

    /// Everything that was handed over is written.
    pub(super) fn flushed(&self) {
        self.table.change(|table| {
            let seat = table.seats.get(&self.id);
            if seat.is_some_and(|seat| matches!(seat.doing, Doing::Answered)) {
                let now = table.number();
                table.set(self.id, Doing::Idle(now));
            }
        });
    }

    /// Whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        let table = self.table.lock();
        let seat = table.seats.get(&self.id);
        seat.is_none_or(|seat| matches!(seat.doing, Doing::Idle(_)))
    }

    /// Waits until it is to make way for somebody else.
    pub(super) async fn asked_to_go(&self) {
        self.asked.notified().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.table.change(|table| table.leave(self.id));
    }
}

impl Shared {
    /// Changes the table, and tells those who wait for what has become of it.
    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.lock();
        let state = |table: &Table| (table.has_room(), table.seats.is_empty());
        let before = state(&table);
        let changed = change(&mut table);
        if state(&table) != before {
            self.changed.notify_waiters();
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn has_room(&self) -> bool {
        self.free > 0 || !self.ranked.is_empty()
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Takes a free place.
    fn sit(&mut self, address: IpAddr, is_proxy: bool) -> (u64, Arc<Notify>) {
        self.free -= 1;
        let (id, now) = (self.number(), self.number());
        let asked = Arc::new(Notify::new());
        let seat = Seat {
            address,
            doing: Doing::Idle(now),
            gone: false,
            asked: Arc::clone(&asked),
        };
        self.seats.insert(id, seat);
        self.change(address, is_proxy, |one| {
            one.held += 1;
            one.idle.insert(now, id);
        });
        (id, asked)
    }

    /// Frees a place for a connection of an address that holds `held`; false when nobody makes way.
    fn make_way(&mut self, address: IpAddr, held: usize) -> bool {
        let first = self.ranked.last().filter(|rank| rank.held > held);
        let from = first.map_or(address, |rank| rank.address);
        let idle = self.addresses.get(&from).map(|one| &one.idle);
        let Some(id) = idle
            .and_then(|idle| idle.first_key_value())
            .map(|(_, id)| *id)
        else {
            return false;
        };
        self.give_back(id);
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.gone = true;
            seat.asked.notify_one();
        }
        true
    }

    /// What a connection does from now on.
    fn set(&mut self, id: u64, doing: Doing) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let was = std::mem::replace(&mut seat.doing, doing);
        if !seat.gone {
            let address = seat.address;
            self.change(address, false, |one| {
                if let Doing::Idle(since) = was {
                    one.idle.remove(&since);
                }
                if let Doing::Idle(since) = doing {
                    one.idle.insert(since, id);
                }
            });
        }
    }

    fn leave(&mut self, id: u64) {
        if self.seats.get(&id).is_some_and(|seat| !seat.gone) {
            self.give_back(id);
        }
        self.seats.remove(&id);
    }

    /// Frees the place of a connection.
    fn give_back(&mut self, id: u64) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let (address, doing) = (seat.address, seat.doing);
        self.free += 1;
        self.change(address, false, |one| {
            one.held -= 1;
            if let Doing::Idle(since) = doing {
                one.idle.remove(&since);
            }
        });
    }

    /// Changes what is known of an address, and its rank with it. Nothing is kept of one that holds
    /// nothing.
    fn change(&mut self, address: IpAddr, is_proxy: bool, change: impl FnOnce(&mut Address)) {
        let one = self.addresses.entry(address).or_insert_with(|| Address {
            is_proxy,
            held: 0,
            idle: BTreeMap::new(),
        });
        self.ranked.remove(&one.rank(address));
        change(one);
        if !one.idle.is_empty() {
            self.ranked.insert(one.rank(address));
        }
        if one.held == 0 {
            self.addresses.remove(&address);
        }
    }
}

impl Address {
    fn rank(&self, address: IpAddr) -> Rank {
        Rank {
            is_client: !self.is_proxy,
            held: self.held,
            idle_since: Reverse(self.idle.keys().next().copied().unwrap_or_default()),
            address,
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

    /// Whether a connection was asked to make way.
    fn asked(guest: &Guest) -> bool {
        let mut waiting = std::pin::pin!(guest.asked_to_go());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        waiting.as_mut().poll(&mut context).is_ready()
    }

    /// What a connection does between two requests.
    fn serve(guest: &Guest) {
        guest.begin();
        guest.answered();
        guest.flushed();
    }

    #[test]
    fn each_address_has_its_number() {
        let guests = Guests::new(99, 2, vec!["10.0.0.0/8".parse().unwrap()]);
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
        drop((other, proxy));
        let table = guests.table.lock();
        assert_eq!(table.addresses.len(), 2, "nobody is left behind");
        assert_eq!((table.ranked.len(), table.free), (2, 95));
    }

    #[test]
    fn zero_is_no_limit() {
        let guests = Guests::new(99, 0, Vec::new());
        let all: Vec<_> = (0..99).map(|_| guests.admit(ip("192.0.2.1"))).collect();
        assert!(all.iter().all(Option::is_some));
    }

    #[test]
    fn who_has_been_idle_longest_makes_way() {
        let guests = Guests::new(3, 0, Vec::new());
        let [a, b, c] = [1, 2, 3].map(|_| guests.admit(ip("192.0.2.1")).unwrap());
        serve(&a);
        b.begin();
        // `c` has not even sent a request.
        let d = guests.admit(ip("192.0.2.9")).unwrap();
        assert!(asked(&c) && !asked(&a) && !asked(&b) && !asked(&d));
        let _e = guests.admit(ip("192.0.2.9")).unwrap();
        assert!(asked(&a) && !asked(&b) && !asked(&d));
        drop((a, c));
    }

    #[test]
    fn an_answer_that_is_not_written_yet_is_waited_for() {
        let guests = Guests::new(1, 0, Vec::new());
        let one = guests.admit(ip("192.0.2.1")).unwrap();
        one.begin();
        // What is still flushed of the answer before says nothing.
        one.flushed();
        assert!(guests.admit(ip("192.0.2.2")).is_none());
        one.answered();
        assert!(guests.admit(ip("192.0.2.2")).is_none());
        one.flushed();
        assert!(one.is_idle());
        assert!(guests.admit(ip("192.0.2.2")).is_some() && asked(&one));
    }

    #[test]
    fn an_address_takes_nothing_from_one_that_holds_fewer() {
        let guests = Guests::new(4, 0, Vec::new());
        let many = [1, 2, 3].map(|_| guests.admit(ip("192.0.2.1")).unwrap());
        let one = guests.admit(ip("192.0.2.2")).unwrap();
        // Its own make way, the oldest first.
        let next = guests.admit(ip("192.0.2.1")).unwrap();
        assert!(asked(&many[0]) && !asked(&one));
        // Where none of its own is idle, it is turned away.
        for busy in [&many[1], &many[2], &next] {
            busy.begin();
        }
        assert!(guests.admit(ip("192.0.2.1")).is_none());
        assert!(!asked(&one));
        let other = guests.admit(ip("192.0.2.3")).unwrap();
        assert!(asked(&one), "one for one");
        serve(&next);
        let _third = guests.admit(ip("192.0.2.4")).unwrap();
        assert!(asked(&next) && !asked(&other));
    }

    #[test]
    fn a_request_that_arrives_meanwhile_is_answered() {
        let guests = Guests::new(1, 0, Vec::new());
        let first = guests.admit(ip("192.0.2.1")).unwrap();
        let second = guests.admit(ip("192.0.2.2")).unwrap();
        first.begin();
        assert!(asked(&first) && !first.is_idle());
        second.begin();
        assert!(!guests.table.lock().has_room());
        drop(first);
        assert!(!guests.table.lock().has_room(), "its place is another's");
        drop(second);
        assert_eq!(guests.table.lock().free, 1);
        assert!(guests.table.lock().addresses.is_empty());
    }

    #[test]
    fn proxies_make_way_last() {
        let guests = Guests::new(4, 1, vec!["10.0.0.0/8".parse().unwrap()]);
        let proxy = [1, 2, 3].map(|_| guests.admit(ip("10.0.0.1")).unwrap());
        let client = guests.admit(ip("192.0.2.1")).unwrap();
        let _next = guests.admit(ip("10.0.0.1")).unwrap();
        assert!(asked(&client) && !proxy.iter().any(asked));
        let _other = guests.admit(ip("192.0.2.2")).unwrap();
        assert!(asked(&proxy[0]));
    }

    #[tokio::test]
    async fn there_is_room_when_one_goes_or_becomes_idle() {
        let guests = Guests::new(1, 0, Vec::new());
        let one = guests.admit(ip("192.0.2.1")).unwrap();
        one.begin();
        let waits = |guests: &Guests| {
            let mut waiting = std::pin::pin!(guests.room());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            waiting.as_mut().poll(&mut context).is_pending()
        };
        assert!(waits(&guests));
        one.answered();
        assert!(waits(&guests));
        one.flushed();
        guests.room().await;
        one.begin();
        assert!(waits(&guests));
        drop(one);
        guests.room().await;
    }
}
