use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{RingCursor, RingMemory};
use crate::process;

const RING: u64 = 64 << 10;

fn ring(base: u64) -> RingCursor {
    RingMemory::create(RING, base, 3).unwrap()
}

#[test]
fn what_is_written_is_readable_once_published() {
    let mut cursor = ring(0);
    let memory = Arc::clone(cursor.memory());
    let pin = memory.pin(0, 0).unwrap();
    cursor.write(&[b"ring", b"", b"tide"]);
    assert_eq!(pin.bytes(0, 8), None);
    assert_eq!(cursor.publish(), 8);
    assert_eq!(pin.bytes(0, 8), Some(&b"ringtide"[..]));
    assert_eq!(pin.bytes(4, 4), Some(&b"tide"[..]));
    assert_eq!(pin.bytes(4, 5), None);
    assert_eq!(pin.bytes(u64::MAX, 5), None);
}

#[test]
fn populated_pages_are_resident_and_keep_their_bytes() {
    const LARGE: u64 = 8 << 20;
    let mut cursor = RingMemory::create(LARGE, LARGE - 4096, 1).unwrap();
    let memory = Arc::clone(cursor.memory());
    cursor.write(&[&[7; 4096]]);
    cursor.publish();
    let before = process::resident_bytes();
    // Kernels before 5.14 cannot.
    if memory.populate(LARGE, LARGE + LARGE) {
        assert!(process::resident_bytes() > before + LARGE / 2);
    }
    assert_eq!(
        memory.pin(0, LARGE - 4096).unwrap().bytes(LARGE - 4096, 4096),
        Some(&[7; 4096][..])
    );
}

#[test]
fn reservations_are_published_in_order() {
    let mut cursor = ring(0);
    let memory = Arc::clone(cursor.memory());
    let mut first = cursor.reserve(4);
    let mut second = cursor.reserve(4);
    cursor.write(&[b"last"]);
    assert_eq!(cursor.publish(), 0);
    memory.fill(&mut second, 0, b"more");
    assert_eq!(cursor.complete(second), 0);
    memory.fill(&mut first, 2, b"ss");
    memory.fill(&mut first, 0, b"le");
    assert_eq!(cursor.complete(first), 12);
    assert_eq!(memory.pin(0, 0).unwrap().bytes(0, 12), Some(&b"lessmorelast"[..]));
}

#[test]
fn space_is_reused_only_below_floor_and_pins() {
    let mut cursor = ring(RING / 2);
    let memory = Arc::clone(cursor.memory());
    cursor.skip(RING / 2);
    cursor.skip(RING / 2);
    cursor.publish();
    assert_eq!(cursor.room(), 0);
    let pin = memory.pin(1, RING / 2 + 100).unwrap();
    cursor.raise_floor(RING);
    assert_eq!(cursor.room(), 100);
    assert!(memory.pin(0, RING - 1).is_none());
    drop(memory.pin(0, RING).unwrap());
    assert!(pin.bytes(RING / 2 + 100, 8).is_some());
    assert!(pin.bytes(RING / 2 + 99, 8).is_none());
    drop(pin);
    assert_eq!(cursor.room(), 100);
    cursor.refresh();
    assert_eq!(cursor.room(), RING / 2);
}

#[test]
fn a_slot_holds_one_pin_at_a_time() {
    let cursor = ring(7);
    let memory = cursor.memory();
    let pin = memory.pin(0, 7).unwrap();
    assert!(memory.pin(0, 7).is_none());
    assert!(memory.pin(3, 7).is_none());
    assert!(memory.pin(1, 6).is_none());
    drop(pin);
    assert!(memory.pin(0, 7).is_some());
    assert!(memory.pin(1, u64::MAX).is_none());
}

#[test]
fn nothing_is_published_after_a_freeze() {
    let mut cursor = ring(0);
    cursor.write(&[b"kept"]);
    cursor.publish();
    cursor.freeze();
    cursor.write(&[b"lost"]);
    assert_eq!(cursor.publish(), 4);
    assert_eq!(cursor.memory().published(), 4);
}

#[test]
#[should_panic(expected = "straddle the ring's end")]
fn a_straddling_write_is_a_broken_caller() {
    let mut cursor = ring(RING - 4);
    cursor.write(&[b"12345"]);
}

#[test]
#[should_panic(expected = "are not free")]
fn overwriting_is_a_broken_caller() {
    let mut cursor = ring(0);
    cursor.skip(RING);
    cursor.write(&[b"1"]);
}

#[test]
#[should_panic(expected = "another ring")]
fn a_reservation_of_another_ring_is_refused() {
    let mut cursor = ring(0);
    let mut foreign = ring(0).reserve(8);
    cursor.memory().fill(&mut foreign, 0, b"1");
    let _ = cursor.reserve(1);
}

/// Readers on two threads check every block they pin while the writer laps them.
#[test]
fn pinned_bytes_never_change() {
    let laps = if cfg!(miri) { 2 } else { 400 };
    let mut cursor = ring(0);
    let memory = Arc::clone(cursor.memory());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for slot in 0..2 {
            let (memory, stop) = (&memory, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let at = memory.floor().next_multiple_of(4096);
                    let Some(pin) = memory.pin(slot, at) else { continue };
                    let Some(bytes) = pin.bytes(at, 4096) else { continue };
                    let value = (at / 4096 % 251) as u8;
                    assert!(bytes.iter().all(|byte| *byte == value), "block at {at}");
                }
            });
        }
        for block in 0..laps * RING / 4096 {
            while cursor.room() < 4096 {
                let published = cursor.memory().published();
                cursor.raise_floor(published - RING / 4);
            }
            cursor.write(&[&[(block % 251) as u8; 4096]]);
            cursor.publish();
        }
        stop.store(true, Ordering::Relaxed);
    });
}
