//! Bytes that no honest client sends: the broker answers an error or closes, and its memory stays flat.

mod attack;
mod bombs;
mod counts;
mod frames;
mod many;
mod repeats;
