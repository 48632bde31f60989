//! Fair turns: whoever has much to do keeps nobody else waiting for long.
//!
//! [`Fair`] has few places. Who waits for one is grouped by a key, such as an account, and keys are
//! served in a round: somebody with one thing to do waits for one of each key before them, and not
//! for everything that those keys have queued. How many wait is bounded. [`Crew`] has threads of low
//! priority behind the places, so that what they do slows down nobody who serves.
#![forbid(unsafe_code)]

mod crew;
mod fair;

pub use crew::{Crew, Panicked};
pub use fair::{Bounds, Crowded, Entry, Fair, Turn};
