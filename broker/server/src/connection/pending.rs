//! Answers a connection owes, in the order of their requests (trap 12).
//!
//! Requests are processed ahead; their answers leave in order. A finished answer waits for those in
//! front of it and, if it acknowledges an append, for a watermark. A deferred one is whatever the
//! connection has to work on; it is worked on when it is the front, and only then. Knows no bytes:
//! the finished answers' bytes lie in the same order in the connection's outbox.

use std::collections::VecDeque;

use protocol_types::{ApiKey, Instant};

/// Most requests of one connection that are not answered yet.
const UNANSWERED_REQUESTS_MAX: usize = 16;

/// Most bytes of requests of one connection that are not answered yet; one larger request is
/// admitted when nothing else is unanswered.
const UNANSWERED_BYTES_MAX: u64 = 4 << 20;

/// What one connection has not answered yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unanswered {
    pub(crate) requests: usize,
    pub(crate) bytes: u64,
}

impl Unanswered {
    /// Whether a request of `bytes` may be started on top.
    pub(crate) const fn admits(self, bytes: u64) -> bool {
        self.requests == 0
            || (self.requests < UNANSWERED_REQUESTS_MAX
                && self.bytes + bytes <= UNANSWERED_BYTES_MAX)
    }
}

/// What is known of the request behind an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) api: ApiKey,
    pub(crate) since: Instant,
    /// Length of the request.
    pub(crate) bytes: u64,
}

/// An answer that is owed: `A` says when a finished one may leave, `D` is work still to be done.
#[derive(Debug)]
enum Answer<A, D> {
    Finished { length: usize, ack: Option<A> },
    Deferred(D),
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Pending<A, D> {
    answers: VecDeque<(Asked, Answer<A, D>)>,
    unanswered: Unanswered,
}

impl<A, D> Default for Pending<A, D> {
    fn default() -> Self {
        Self { answers: VecDeque::new(), unanswered: Unanswered::default() }
    }
}

impl<A, D> Pending<A, D> {
    pub(crate) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    pub(crate) const fn unanswered(&self) -> Unanswered {
        self.unanswered
    }

    /// The answer's `length` bytes are in the outbox; they may leave once `ack` allows it.
    pub(crate) fn push_finished(&mut self, asked: Asked, length: usize, ack: Option<A>) {
        self.push(asked, Answer::Finished { length, ack });
    }

    pub(crate) fn push_deferred(&mut self, asked: Asked, work: D) {
        self.push(asked, Answer::Deferred(work));
    }

    fn push(&mut self, asked: Asked, answer: Answer<A, D>) {
        self.unanswered.requests += 1;
        self.unanswered.bytes += asked.bytes;
        self.answers.push_back((asked, answer));
    }

    /// Takes the front answer if it is finished and `acked` lets it go: its request and length.
    pub(crate) fn pop_finished(
        &mut self,
        acked: impl FnOnce(&A) -> bool,
    ) -> Option<(Asked, usize)> {
        let (asked, Answer::Finished { length, ack }) = self.answers.front()? else { return None };
        let ready = (*asked, *length);
        if !ack.as_ref().is_none_or(acked) {
            return None;
        }
        self.pop();
        Some(ready)
    }

    /// What the front answer waits for.
    pub(crate) fn front_ack(&self) -> Option<&A> {
        match self.answers.front() {
            Some((_, Answer::Finished { ack, .. })) => ack.as_ref(),
            Some((_, Answer::Deferred(_))) | None => None,
        }
    }

    /// The work to do, when it is at the front.
    pub(crate) fn front_deferred(&mut self) -> Option<&mut D> {
        match self.answers.front_mut() {
            Some((_, Answer::Deferred(work))) => Some(work),
            Some((_, Answer::Finished { .. })) | None => None,
        }
    }

    /// Removes the front answer, whose work is done.
    pub(crate) fn pop(&mut self) -> Option<(Asked, Option<D>)> {
        let (asked, answer) = self.answers.pop_front()?;
        self.unanswered.requests -= 1;
        self.unanswered.bytes -= asked.bytes;
        match answer {
            Answer::Finished { .. } => Some((asked, None)),
            Answer::Deferred(work) => Some((asked, Some(work))),
        }
    }
}

#[cfg(test)]
mod tests;
