//! Threads, and the small readings of the system that need no file of their own.

use super::*;
use crate::{cpu, limits, process, random};

#[test]
fn a_thread_has_its_name_and_gives_its_result() {
    let thread = spawn("ringtide-test", || current().name().map(str::to_owned)).unwrap();
    assert_eq!(thread.join().unwrap().as_deref(), Some("ringtide-test"));
}

#[test]
fn a_parked_thread_wakes_when_unparked() {
    let thread = spawn("parked", park).unwrap();
    thread.thread().unpark();
    thread.join().unwrap();
    park_timeout(Duration::from_millis(1));
}

#[test]
fn a_thread_can_be_pinned() {
    assert!(cores() >= 1);
    let pinned = spawn("pinned", || (pin_to_core(usize::MAX), cpu::thread_nanos())).unwrap();
    let (out_of_range, spent) = pinned.join().unwrap();
    assert!(!out_of_range);
    assert!(spent > 0 && spent <= cpu::process_nanos());
}

#[test]
fn the_process_tells_its_measures() {
    let raised = limits::raise_file_limit();
    assert!(raised > 0);
    assert_eq!(limits::raise_file_limit(), raised);
    assert_eq!(process::id(), std::process::id());
    assert!(process::resident_bytes() > 100_000);
    assert_ne!(random::number().unwrap(), random::number().unwrap());
}
