//! Whether a task has stored anything.
//!
//! A call of the API may commit more than once. What fails then is told to the caller as a call of which
//! nothing was done only if that is so.

use std::cell::Cell;

tokio::task_local! {
    static STORED: Cell<bool>;
}

/// Runs a future, and answers with what it does whether a transaction was stored meanwhile, on this task.
pub async fn noting_commits<T>(future: impl Future<Output = T>) -> (T, bool) {
    let noting = async {
        let done = future.await;
        (done, STORED.with(Cell::get))
    };
    STORED.scope(Cell::new(false), noting).await
}

/// A transaction was stored.
pub(crate) fn note() {
    // Where nobody wants to know, there is nothing to note.
    let _ = STORED.try_with(|stored| stored.set(true));
}
