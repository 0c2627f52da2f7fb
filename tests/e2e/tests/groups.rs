//! Groups of the classic protocol, over the wire: membership, restarts, load.

mod inspect;
mod members;
mod restart;
mod settle;
mod storm;
