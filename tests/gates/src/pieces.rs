//! The pieces of the way of a record, each a step that can be repeated as often as one likes.
//!
//! A step does what the broker does for one socket read, one group or one answer, by the same functions.
//! What it needs is prepared before, and what it leaves behind is put away after, where nothing is counted.

mod connection;
mod sealing;
mod storage;
mod wire;

use anyhow::Result;

use crate::input::Size;

/// One row of the table of pieces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) name: &'static str,
    /// Batch sizes that make a difference to it.
    pub(crate) sizes: &'static [Size],
    /// The function in which instructions are counted, as valgrind's pattern.
    pub(crate) counted_in: &'static str,
    pub(crate) prepare: fn(Size) -> Result<Box<dyn Step>>,
}

impl Piece {
    /// Whether its work is done where [`counted`] is, on the thread that asks for it.
    pub(crate) fn counts_itself(&self) -> bool {
        self.counted_in == COUNTED
    }
}

/// Something that can be done again and again.
pub(crate) trait Step {
    /// Batches, or requests, that [`Step::run`] deals with.
    fn batches(&self) -> u32 {
        1
    }

    fn run(&mut self) -> Result<()>;

    /// Puts away what `run` left.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

/// [`counted`], as valgrind's pattern.
const COUNTED: &str = "*pieces*counted*";

const fn piece(name: &'static str, prepare: fn(Size) -> Result<Box<dyn Step>>) -> Piece {
    Piece { name, sizes: &Size::ALL, counted_in: COUNTED, prepare }
}

pub(crate) const PIECES: &[Piece] = &[
    piece("decode", wire::decode),
    piece("guard walk", wire::guard_walk),
    Piece { sizes: &[Size::Small], ..piece("fetch decode", wire::fetch_decode) },
    piece("validate", wire::validate),
    piece("append", storage::append),
    piece("ring copy", storage::ring_copy),
    Piece { counted_in: "*Writer*write_group*", ..piece("group close", storage::group_close) },
    Piece { counted_in: "*FilledFile*fill*", ..piece("seal", sealing::seal) },
    piece("fetch encode", wire::fetch_encode),
    Piece { sizes: &[Size::Small], ..piece("dispatch", connection::dispatch) },
    piece("whole produce", connection::produce),
    piece("whole fetch", connection::fetch),
];

/// Runs a step where it is counted.
#[inline(never)]
pub(crate) fn counted(step: &mut dyn Step) -> Result<()> {
    step.run()
}
