//! The queue in front of a writer.

use tokio::sync::{mpsc, oneshot};

use crate::StoreError;
use crate::transaction::Transaction;

/// How many transactions wait before further callers have to.
const WAITING: usize = 1024;
/// How many transactions are committed together at most.
const GROUP: usize = 256;

/// A transaction that waits, and who waits for it.
pub(super) struct Job {
    pub(super) transaction: Transaction,
    answer: oneshot::Sender<Result<(), StoreError>>,
    /// How often it was tried already.
    pub(super) attempts: u32,
}

/// The callers' end.
pub(super) struct Writer(mpsc::Sender<Job>);

/// The writer's end.
pub(super) struct Queue(mpsc::Receiver<Job>);

/// A queue.
pub(super) fn queue() -> (Writer, Queue) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Writer(sender), Queue(receiver))
}

impl Writer {
    /// Hands a transaction to the writer and waits for its answer.
    pub(super) async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        let gone = "the writer has stopped";
        let (answer, answered) = oneshot::channel();
        let job = Job {
            transaction,
            answer,
            attempts: 0,
        };
        let handed = self.0.send(job).await;
        handed.map_err(|_| StoreError::Unavailable(gone.into()))?;
        // How far it came nobody can tell.
        let answer = answered.await;
        answer.map_err(|_| StoreError::UnknownOutcome(gone.into()))?
    }
}

impl Queue {
    /// Waits for a transaction and takes all that wait with it; `None` when no more can come.
    pub(super) async fn group(&mut self) -> Option<Vec<Job>> {
        let first = self.0.recv().await?;
        Some(self.with_waiting(first))
    }

    /// [`Queue::group`] for a thread of its own.
    pub(super) fn blocking_group(&mut self) -> Option<Vec<Job>> {
        let first = self.0.blocking_recv()?;
        Some(self.with_waiting(first))
    }

    fn with_waiting(&mut self, first: Job) -> Vec<Job> {
        let mut group = vec![first];
        while group.len() < GROUP {
            let Ok(job) = self.0.try_recv() else { break };
            group.push(job);
        }
        group
    }
}

impl Job {
    /// Answers; nobody may be waiting any more, which is fine.
    pub(super) fn answer(self, result: Result<(), StoreError>) {
        let _ = self.answer.send(result);
    }
}
