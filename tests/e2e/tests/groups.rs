//! Groups over the wire: membership, restarts, load; the classic protocol, and the new one in
//! `consumer`.

mod consumer;
mod inspect;
mod members;
mod restart;
mod settle;
mod storm;
