#![allow(clippy::unwrap_used)]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use proptest::prelude::*;

use super::*;

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Woken {
    fn times(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Somebody who waits.
struct Guest {
    entry: Entry<char>,
    woken: Arc<Woken>,
}

impl Guest {
    fn new(entry: Entry<char>) -> Self {
        Self {
            entry,
            woken: Arc::default(),
        }
    }

    fn poll(&mut self) -> Option<Turn<char>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        match Pin::new(&mut self.entry).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }
}

const MANY: usize = 100;

fn bounds(held_by_one: usize) -> Bounds {
    Bounds {
        held_by_one,
        waiting_of_one: MANY,
        waiting: MANY,
    }
}

/// Has guests of these keys wait, in this order.
fn queued(fair: &Fair<char>, keys: &str) -> Vec<Guest> {
    let wait = |key| {
        let mut guest = Guest::new(fair.enter(key).unwrap());
        assert!(guest.poll().is_none());
        guest
    };
    keys.chars().map(wait).collect()
}

/// Gives up one turn after the other; the keys in the order in which they are served.
fn served(first: Turn<char>, mut guests: Vec<Guest>) -> String {
    let mut order = String::new();
    let mut held = Some(first);
    while let Some(turn) = held.take() {
        drop(turn);
        let next = guests.iter().position(|guest| guest.woken.times() > 0);
        let Some(next) = next else { break };
        let mut guest = guests.remove(next);
        order.push(guest.entry.key);
        held = guest.poll();
        assert!(held.is_some(), "woken for nothing");
    }
    assert!(guests.is_empty(), "{} were forgotten", guests.len());
    order
}

fn nobody_is_left(fair: &Fair<char>, places: usize) {
    let state = fair.lock();
    assert_eq!((state.free, state.waiting), (places, 0));
    assert!(state.keys.is_empty() && state.round.is_empty() && state.called.is_empty());
}

#[test]
fn keys_are_served_in_a_round_and_each_in_its_order() {
    for (waiting, order) in [
        ("aaaab", "abaaa"),
        ("aaabbc", "abcaba"),
        ("aaaaaaaa", "aaaaaaaa"),
        ("cba", "cba"),
    ] {
        let fair = Fair::new(1, bounds(1));
        let first = Guest::new(fair.enter('x').unwrap()).poll().unwrap();
        let guests = queued(&fair, waiting);
        assert_eq!(served(first, guests), order);
        nobody_is_left(&fair, 1);
    }
}

#[test]
fn first_come_first_served_within_a_key() {
    let fair = Fair::new(1, bounds(1));
    let first = Guest::new(fair.enter('a').unwrap()).poll().unwrap();
    let mut guests = queued(&fair, "aaa");
    drop(first);
    for index in 0..3 {
        assert_eq!(guests[index].woken.times(), 1);
        assert!(guests[index + 1..].iter().all(|one| one.woken.times() == 0));
        drop(guests[index].poll().unwrap());
    }
}

#[test]
fn who_comes_again_comes_after_those_who_wait() {
    let fair = Fair::new(1, bounds(1));
    let held = Guest::new(fair.enter('a').unwrap()).poll().unwrap();
    let mut guests = queued(&fair, "ba");
    drop(held);
    assert!(guests[1].poll().is_none());
    assert!(guests[0].poll().is_some());
}

#[test]
fn a_key_leaves_a_place_to_others() {
    let fair = Fair::new(2, bounds(1));
    let first = Guest::new(fair.enter('a').unwrap()).poll().unwrap();
    let mut second = queued(&fair, "a").remove(0);
    let other = Guest::new(fair.enter('b').unwrap()).poll();
    assert!(other.is_some(), "the free place is somebody else's");
    drop(other);
    assert!(second.poll().is_none(), "though a place is free");
    drop(first);
    assert!(second.poll().is_some());
}

#[test]
fn so_many_wait_and_no_more() {
    let fair = Fair::new(
        1,
        Bounds {
            held_by_one: 1,
            waiting_of_one: 2,
            waiting: 5,
        },
    );
    let held = Guest::new(fair.enter('x').unwrap()).poll().unwrap();
    let mut guests = queued(&fair, "aab");
    assert_eq!(fair.enter('a').err(), Some(Crowded::Own));
    // Who has entered counts before they stand in the queue.
    let entered = fair.enter('b').unwrap();
    assert_eq!(fair.enter('b').err(), Some(Crowded::Own));
    guests.extend(queued(&fair, "c"));
    assert_eq!(fair.enter('d').err(), Some(Crowded::Full));
    assert_eq!(fair.enter('a').err(), Some(Crowded::Own));
    let always = fair.enter_always('d');
    assert_eq!(fair.waiting(), 6);
    drop((entered, always, guests.pop(), guests.pop()));
    assert!(fair.enter('d').is_ok());
    drop((guests, held));
    nobody_is_left(&fair, 1);
}

#[test]
fn who_goes_takes_no_place_along() {
    let fair = Fair::new(1, bounds(1));
    let held = Guest::new(fair.enter('x').unwrap()).poll().unwrap();
    let mut guests = queued(&fair, "aab");
    drop(held);
    // The first has been called and goes: the place is the next one's, which is told.
    drop(guests.remove(0));
    assert_eq!(guests[1].woken.times(), 1, "b, whose turn it is");
    drop(guests.remove(1));
    drop(guests.remove(0).poll().unwrap());
    nobody_is_left(&fair, 1);
}

#[test]
fn the_waker_that_was_shown_last_is_woken() {
    let fair = Fair::new(1, bounds(1));
    let held = Guest::new(fair.enter('x').unwrap()).poll().unwrap();
    let mut guest = queued(&fair, "a").remove(0);
    let before = std::mem::take(&mut guest.woken);
    assert!(guest.poll().is_none());
    drop(held);
    assert_eq!((before.times(), guest.woken.times()), (0, 1));
}

#[derive(Clone, Debug)]
enum Step {
    Enter(char),
    Poll(usize),
    Leave(usize),
    End(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        proptest::char::range('a', 'e').prop_map(Step::Enter),
        (0..40_usize).prop_map(Step::Poll),
        (0..40_usize).prop_map(Step::Leave),
        (0..40_usize).prop_map(Step::End),
    ]
}

proptest! {
    /// Whatever comes and goes in whichever order: no place is lost or given twice, and nobody who
    /// could have a place sleeps.
    #[test]
    fn no_place_and_no_wake_up_is_lost(
        places in 1..4_usize,
        held_by_one in 1..3_usize,
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let fair = Fair::new(places, bounds(held_by_one));
        let (mut guests, mut turns) = (Vec::<Guest>::new(), Vec::<Turn<char>>::new());
        for step in steps {
            match step {
                Step::Enter(key) => guests.extend(fair.enter(key).ok().map(Guest::new)),
                Step::Poll(index) if !guests.is_empty() => {
                    let index = index % guests.len();
                    if let Some(turn) = guests[index].poll() {
                        turns.push(turn);
                        guests.remove(index);
                    }
                }
                Step::Leave(index) if !guests.is_empty() => {
                    guests.remove(index % guests.len());
                }
                Step::End(index) if !turns.is_empty() => {
                    turns.remove(index % turns.len());
                }
                _ => {}
            }
            let state = fair.lock();
            prop_assert_eq!(turns.len() + state.called.len() + state.free, places);
            let woken = guests.iter().filter(|one| one.woken.times() > 0).count();
            prop_assert!(woken >= state.called.len(), "somebody was called in silence");
            for (key, of_key) in &state.keys {
                prop_assert!(of_key.held <= held_by_one);
                let may = state.free > 0 && of_key.held < held_by_one;
                prop_assert!(!may || of_key.queue.is_empty(), "{} could go on", key);
                prop_assert_eq!(state.round.contains(key), !of_key.queue.is_empty());
            }
        }
        // Whoever is woken comes: all are served.
        while !guests.is_empty() {
            turns.clear();
            let before = guests.len();
            guests.retain_mut(|guest| match guest.poll() {
                Some(turn) => { turns.push(turn); false }
                None => true,
            });
            prop_assert!(guests.len() < before, "somebody waits for ever");
        }
        turns.clear();
        nobody_is_left(&fair, places);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_come_and_go_lose_nothing() {
    let fair = Fair::new(2, bounds(1));
    let running = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..400_u32 {
        let (fair, running) = (fair.clone(), Arc::clone(&running));
        let key = char::from(b'a' + u8::try_from(number % 7).unwrap());
        tasks.spawn(async move {
            for round in 0..20_u32 {
                let entry = fair.enter_always(key);
                if (number + round) % 3 == 0 {
                    // Goes away while it waits, or with the place in its hand.
                    tokio::select! {
                        biased;
                        () = tokio::task::yield_now() => {}
                        turn = entry => drop(turn),
                    }
                    continue;
                }
                let turn = entry.await;
                assert!(running.fetch_add(1, Ordering::SeqCst) < 2);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                drop(turn);
            }
        });
    }
    let all = async { while tasks.join_next().await.transpose().unwrap().is_some() {} };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, all).await.unwrap();
    nobody_is_left(&fair, 2);
}
