//! Many groups at once: what it costs the broker until all of them are stable.
//!
//! `RINGTIDE_GROUPS` says how many (100 unless told), ten members each, one connection a member. The
//! generator is this process; the broker's processor time is read from outside.

use anyhow::{Context, Result, bail, ensure};
use tests_e2e::broker::Launch;
use tests_e2e::client::groups::code;
use tests_e2e::client::{Client, Member};
use tests_e2e::length::number_from;

const MEMBERS: usize = 10;
/// Processor time for 1,000 groups, which fewer may use as well.
const CPU_SECONDS_MAX: f64 = 10.0;

struct Seat {
    client: Client,
    member: Member,
    sent: i32,
}

#[test]
fn many_groups_join_and_settle() -> Result<()> {
    let groups = number_from("RINGTIDE_GROUPS", 100)?;
    let files = u64::try_from(groups * MEMBERS)? + 200;
    ensure!(broker_env::limits::raise_file_limit() > files, "too few files may be open");
    let broker = Launch::new()?.set("max.connections", 19_000).start()?;
    Client::connect(broker.kafka())?.await_coordinators()?;

    let before = broker.cpu_time()?;
    let mut seats = Vec::with_capacity(groups * MEMBERS);
    for group in 0..groups {
        for _ in 0..MEMBERS {
            let client = Client::connect(broker.kafka())?;
            let member = Member::new(&format!("group-{group}"));
            seats.push(Seat { client, member, sent: 0 });
        }
    }
    // Everybody gets an id first, as every client since Kafka 2.2 does.
    each(&mut seats, join)?;
    each(&mut seats, |seat| expect(joined(seat)?, &[code::ID_REQUIRED]))?;
    let mut rounds = 0;
    let mut open: Vec<&mut [Seat]> = seats.chunks_mut(MEMBERS).collect();
    while !open.is_empty() {
        rounds += 1;
        ensure!(rounds <= 10, "{} groups do not settle", open.len());
        open = round(open)?;
    }
    let cpu = (broker.cpu_time()? - before).as_secs_f64();

    for seats in seats.chunks(MEMBERS) {
        let generation = seats.first().context("no member")?.member.generation;
        ensure!(seats.iter().all(|seat| seat.member.generation == generation));
        let leaders = seats.iter().filter(|seat| !seat.member.members.is_empty());
        let led: Vec<_> = leaders.map(|seat| seat.member.members.len()).collect();
        ensure!(led == [MEMBERS], "leaders and their members: {led:?}");
    }
    println!("{groups} groups x {MEMBERS} members settled, {rounds} rounds, {cpu:.2} s broker CPU");
    ensure!(cpu <= CPU_SECONDS_MAX, "{cpu:.2} s of processor time");
    Ok(())
}

/// Every open group joins, syncs and is looked at; returns those that a newcomer disturbed.
fn round(mut open: Vec<&mut [Seat]>) -> Result<Vec<&mut [Seat]>> {
    for group in &mut open {
        each(group, join)?;
    }
    for group in &mut open {
        each(group, |seat| expect(joined(seat)?, &[0]))?;
        each(group, |seat| {
            seat.sent = seat.member.send_sync(&mut seat.client)?;
            Ok(())
        })?;
    }
    let mut disturbed = Vec::new();
    for group in open {
        let mut stable = true;
        for seat in &mut *group {
            let answer = Member::receive_synced(&mut seat.client, seat.sent)?;
            expect(answer.error_code, &[0, code::REBALANCE, code::ILLEGAL_GENERATION])?;
            let mine = *answer.assignment == *seat.member.id.as_bytes();
            ensure!(answer.error_code != 0 || mine, "somebody else's assignment");
            stable &= answer.error_code == 0;
        }
        for seat in &mut *group {
            let code = seat.member.heartbeat(&mut seat.client)?;
            expect(code, &[0, code::REBALANCE, code::ILLEGAL_GENERATION])?;
            stable &= code == 0;
        }
        if !stable {
            disturbed.push(group);
        }
    }
    Ok(disturbed)
}

fn join(seat: &mut Seat) -> Result<()> {
    seat.sent = seat.member.send_join(&mut seat.client)?;
    Ok(())
}

fn joined(seat: &mut Seat) -> Result<i16> {
    seat.member.receive_joined(&mut seat.client, seat.sent)
}

fn each(seats: &mut [Seat], act: impl FnMut(&mut Seat) -> Result<()>) -> Result<()> {
    seats.iter_mut().try_for_each(act)
}

fn expect(code: i16, allowed: &[i16]) -> Result<()> {
    if !allowed.contains(&code) {
        bail!("error {code}, not one of {allowed:?}");
    }
    Ok(())
}
