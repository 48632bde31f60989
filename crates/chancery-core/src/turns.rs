//! Turns: what of one name happens one after the other in this process.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{Mutex, MutexGuard};

/// How many turns there are. Names that share one wait for each other, which does no harm.
const TURNS: usize = 64;

/// Turns by name, in memory that does not grow with the names.
pub(crate) struct Turns([Mutex<()>; TURNS]);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }

    /// Waits for the turn of a name, and holds it until the guard is dropped. Who has one takes no
    /// second one of the same turns: its name may share the first.
    pub(crate) async fn of(&self, name: &(impl Hash + ?Sized)) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let place = hasher.finish() as usize % TURNS;
        self.0[place].lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_waits_for_itself_and_hardly_for_others() {
        let turns = Turns::new();
        let _held = turns.of("a").await;
        let free = |name: &str| {
            let mut waiting = std::pin::pin!(turns.of(name));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            waiting.as_mut().poll(&mut context).is_ready()
        };
        assert!(!free("a"));
        let others = (0..100).filter(|number| free(&number.to_string()));
        assert!(others.count() > 80);
    }
}
