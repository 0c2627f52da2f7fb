use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::time::Timespec;

use super::{RANG, Timer};

/// Events of a second at the most.
fn wait(poll: &rustix::fd::OwnedFd) -> Vec<u64> {
    let mut events = Vec::with_capacity(4);
    let most = Timespec { tv_sec: 1, tv_nsec: 0 };
    epoll::wait(poll, rustix::buffer::spare_capacity(&mut events), Some(&most)).unwrap();
    events.iter().map(|event: &epoll::Event| event.data.u64()).collect()
}

#[test]
fn it_rings_for_each_time_it_was_set_and_not_before() {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut timer = Timer::in_poll(&poll).unwrap();
    for after in [Duration::from_micros(300), Duration::ZERO, Duration::from_micros(1700)] {
        let due = Instant::now() + after;
        timer.ring_at(due).unwrap();
        assert_eq!(wait(&poll), [RANG]);
        assert!(Instant::now() >= due);
    }
}

#[test]
fn set_again_it_rings_for_the_last_time_alone() {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut timer = Timer::in_poll(&poll).unwrap();
    let due = Instant::now() + Duration::from_millis(20);
    timer.ring_at(Instant::now()).unwrap();
    timer.ring_at(due).unwrap();
    assert_eq!(wait(&poll), [RANG]);
    assert!(Instant::now() >= due);
}

#[test]
fn dropped_it_is_out_of_the_poll_set() {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut timer = Timer::in_poll(&poll).unwrap();
    timer.ring_at(Instant::now()).unwrap();
    drop(timer);
    let mut events: Vec<epoll::Event> = Vec::with_capacity(4);
    let none = Timespec { tv_sec: 0, tv_nsec: 0 };
    epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&none)).unwrap();
    assert_eq!(events.len(), 0);
}
