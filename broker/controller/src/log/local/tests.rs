use broker_env::sim::{Call, Choices, Fault, FaultDisk, MemDisk, RecordingDisk, Rule, flip_bits};
use protocol_types::LocalId;
use rstest::rstest;

use super::*;

const DIR: &str = "metadata";

fn record(n: u32) -> Record {
    Record::LocalIdFloor { next: LocalId(n) }
}

/// A record of some sectors, so that a torn write has many states.
fn large(n: u32) -> Record {
    let resource = broker_metadata::Resource::AllBrokers;
    Record::ConfigSet { resource, name: n.to_string(), value: "x".repeat(3_000) }
}

fn open(disk: Arc<dyn Disk>) -> Result<LocalMetadataLog, LogError> {
    LocalMetadataLog::open(disk, DIR.as_ref())
}

fn replayed(disk: Arc<dyn Disk>) -> Result<Vec<Record>, LogError> {
    let mut records = Vec::new();
    open(disk)?.replay(&mut |record| records.push(record.clone()))?;
    Ok(records)
}

fn path(name: &str) -> PathBuf {
    Path::new(DIR).join(name)
}

/// A disk with three frames of one record each.
fn three_frames() -> Arc<MemDisk> {
    let disk = Arc::new(MemDisk::new());
    let mut log = open(disk.clone()).unwrap();
    for n in 1..=3 {
        log.append(&[record(n)]).unwrap();
    }
    disk
}

fn contents(disk: &dyn Disk, name: &str) -> Vec<u8> {
    read_file(disk, &path(name)).unwrap().unwrap()
}

#[test]
fn golden_bytes_of_version_0() {
    let disk = Arc::new(MemDisk::new());
    open(disk.clone()).unwrap().append(&[record(7), record(8)]).unwrap();
    let hex: String = contents(&*disk, LOG).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        concat!(
            "52544d4554414c47", // RTMETALG
            "0000",             // version
            "0000",             // reserved
            "0000000000000000", // position of the first frame
            "5101e98b",         // CRC-32C
            "52544d46",         // RTMF
            "1a000000",         // length of the payload
            "0000000000000000", // position
            "c8e135a3",         // CRC-32C
            "02000000",         // records
            "07000000",         // length
            "0a000007000000",   // LocalIdFloor
            "07000000",
            "0a000008000000",
        )
    );
}

#[test]
fn a_torn_tail_is_cut_wherever_it_was_torn() {
    let whole = contents(&*three_frames(), LOG);
    let two = whole.len() - (whole.len() - HEAD_LEN) / 3;
    for len in two..whole.len() {
        let disk = three_frames();
        let file = disk.open(&path(LOG), Open::update()).unwrap();
        file.set_len(len as u64).unwrap();
        assert_eq!(replayed(disk.clone()).unwrap(), [record(1), record(2)], "cut at {len}");
        let mut log = open(disk.clone()).unwrap();
        log.append(&[record(9)]).unwrap();
        drop(log);
        assert_eq!(replayed(disk).unwrap(), [record(1), record(2), record(9)]);
    }
}

#[test]
fn any_flipped_bit_before_the_last_frame_refuses_the_start_by_name() {
    let whole = contents(&*three_frames(), LOG);
    let two = whole.len() - (whole.len() - HEAD_LEN) / 3;
    for at in 0..two {
        for mask in [1, 0x80] {
            let disk = three_frames();
            flip_bits(&*disk, &path(LOG), at as u64, mask).unwrap();
            let error = replayed(disk).unwrap_err();
            assert!(
                matches!(error, LogError::Corrupt { .. } | LogError::UnknownVersion { .. }),
                "byte {at}: {error}"
            );
            assert!(error.to_string().contains("metadata.log"), "{error}");
        }
    }
}

#[test]
fn a_flipped_bit_in_the_last_frame_never_yields_another_record() {
    let whole = contents(&*three_frames(), LOG);
    let two = whole.len() - (whole.len() - HEAD_LEN) / 3;
    for at in two..whole.len() {
        let disk = three_frames();
        flip_bits(&*disk, &path(LOG), at as u64, 4).unwrap();
        assert_eq!(replayed(disk).unwrap(), [record(1), record(2)], "byte {at}");
    }
}

#[test]
fn a_second_process_is_refused() {
    let disk = Arc::new(MemDisk::new());
    let _first = open(disk.clone()).unwrap();
    let error = open(disk).unwrap_err();
    assert!(matches!(error, LogError::Locked { .. }), "{error}");
}

#[test]
fn a_damaged_snapshot_is_refused_by_name() {
    let disk = three_frames();
    open(disk.clone()).unwrap().snapshot(&[record(5)]).unwrap();
    flip_bits(&*disk, &path(SNAPSHOT), 20, 1).unwrap();
    let error = replayed(disk).unwrap_err();
    assert!(matches!(error, LogError::Snapshot { .. }), "{error}");
    assert!(error.to_string().contains("metadata.snapshot"), "{error}");
}

#[rstest]
#[case::log(LOG)]
#[case::snapshot(SNAPSHOT)]
fn a_missing_half_is_refused(#[case] name: &str) {
    let disk = three_frames();
    open(disk.clone()).unwrap().snapshot(&[record(5)]).unwrap();
    disk.remove_file(&path(name)).unwrap();
    let error = replayed(disk).unwrap_err();
    assert!(matches!(error, LogError::Corrupt { .. }), "{error}");
}

#[test]
fn a_snapshot_shrinks_the_log() {
    let disk = three_frames();
    let before = contents(&*disk, LOG).len();
    open(disk.clone()).unwrap().snapshot(&[record(5)]).unwrap();
    assert!(contents(&*disk, LOG).len() < before);
    assert_eq!(contents(&*disk, LOG).len(), HEAD_LEN);
}

#[rstest]
#[case::eio(Fault::Eio)]
#[case::short(Fault::ShortWrite { bytes: 30 })]
fn after_a_failed_append_nothing_is_taken_until_a_new_start(#[case] fault: Fault) {
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let mut log = open(disk.clone()).unwrap();
    log.append(&[record(1)]).unwrap();
    let injected = disk.inject(Rule::on(Call::Write).path(|path| path.ends_with(LOG)), fault);
    assert!(matches!(log.append(&[record(2)]), Err(LogError::Io { .. })));
    assert_eq!(injected.hits(), 1, "the fault landed");
    assert!(matches!(log.append(&[record(3)]), Err(LogError::Poisoned)));
    assert!(matches!(log.snapshot(&[]), Err(LogError::Poisoned)));
    drop(log);
    assert_eq!(replayed(disk).unwrap(), [record(1)]);
}

/// Whoever deletes topics for room must not be refused until a restart.
#[test]
fn a_full_disk_refuses_an_append_and_not_the_next() {
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let mut log = open(disk.clone()).unwrap();
    log.append(&[record(1)]).unwrap();
    let rule = Rule::on(Call::Write).path(|path| path.ends_with(LOG));
    let injected = disk.inject(rule, Fault::NoSpace);
    assert!(matches!(log.append(&[record(2)]), Err(LogError::Io { .. })));
    assert_eq!((injected.hits(), log.is_poisoned()), (1, false), "the fault landed");
    log.append(&[record(3)]).unwrap();
    drop(log);
    assert_eq!(replayed(disk).unwrap(), [record(1), record(3)]);
}

#[rstest]
#[case::cut(Call::SetLen)]
#[case::sync(Call::SyncData)]
fn what_a_full_disk_left_behind_is_cut_or_nothing_is_taken(#[case] call: Call) {
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let mut log = open(disk.clone()).unwrap();
    log.append(&[record(1)]).unwrap();
    let of_log = |path: &Path| path.ends_with(LOG);
    let full = disk.inject(Rule::on(Call::Write).path(of_log), Fault::NoSpace);
    let failed = disk.inject(Rule::on(call).path(of_log), Fault::Eio);
    assert!(matches!(log.append(&[record(2)]), Err(LogError::Io { .. })));
    assert_eq!((full.hits(), failed.hits()), (1, 1), "the faults landed");
    assert!(matches!(log.append(&[record(3)]), Err(LogError::Poisoned)));
    drop(log);
    assert_eq!(replayed(disk).unwrap(), [record(1)]);
}

#[rstest]
#[case::snapshot_write(Rule::on(Call::Write).path(|path| path.ends_with("metadata.snapshot.tmp")))]
#[case::snapshot_rename(Rule::on(Call::Rename).path(|path| path.ends_with("metadata.snapshot.tmp")))]
#[case::log_write(Rule::on(Call::Write).path(|path| path.ends_with("metadata.log.tmp")))]
#[case::log_rename(Rule::on(Call::Rename).path(|path| path.ends_with("metadata.log.tmp")))]
fn a_failed_snapshot_loses_nothing(#[case] rule: Rule) {
    let disk = Arc::new(FaultDisk::over(Arc::new(MemDisk::new())));
    let mut log = open(disk.clone()).unwrap();
    log.append(&[record(1)]).unwrap();
    let injected = disk.inject(rule, Fault::Eio);
    assert!(log.snapshot(&[record(1)]).is_err());
    assert_eq!(injected.hits(), 1, "the fault landed");
    let appended = log.append(&[record(2)]).is_ok();
    drop(log);
    let expected = if appended { vec![record(1), record(2)] } else { vec![record(1)] };
    assert_eq!(replayed(disk).unwrap(), expected);
}

#[test]
fn an_unreadable_file_is_an_error_not_an_empty_log() {
    let disk = Arc::new(FaultDisk::over(three_frames()));
    let injected = disk.inject(Rule::on(Call::Read).path(|path| path.ends_with(LOG)), Fault::Eio);
    let error = replayed(disk).unwrap_err();
    assert_eq!(injected.hits(), 1, "the fault landed");
    assert!(matches!(error, LogError::Io { ref error, .. } if error.kind() != ErrorKind::NotFound));
}

#[rstest]
#[case::log(LOG)]
#[case::snapshot(SNAPSHOT)]
fn a_file_of_which_nobody_knows_whether_it_is_there_is_not_begun_anew(#[case] name: &'static str) {
    let disk = three_frames();
    if name == SNAPSHOT {
        disk.rename(&path(LOG), &path("away")).unwrap();
    }
    let faults = Arc::new(FaultDisk::over(disk.clone()));
    let rule = Rule::on(Call::Exists).path(move |path| path.ends_with(name));
    let injected = faults.inject(rule, Fault::Eio);
    let error = replayed(faults).unwrap_err();
    assert!(matches!(error, LogError::Io { .. }), "{error}");
    assert_eq!(injected.hits(), 1, "the fault landed");
    if name == SNAPSHOT {
        disk.rename(&path("away"), &path(LOG)).unwrap();
    }
    assert_eq!(replayed(disk).unwrap().len(), 3);
}

/// Every state a crash may leave: what was acknowledged is there, in order, and at most the one
/// append in flight besides, whole or not at all.
#[test]
fn no_crash_loses_or_invents_a_record() {
    let disk = RecordingDisk::default();
    let mut log = open(Arc::new(disk.clone())).unwrap();
    let mut history = vec![Vec::new()];
    let mut appended = Vec::new();
    let mut step = 0;
    for n in 0..8 {
        appended.push(large(n));
        appended.push(record(n));
        log.append(&appended[appended.len() - 2..]).unwrap();
        history.push(appended.clone());
        step += 1;
        disk.log().mark(step);
        if n % 2 == 1 {
            // A snapshot of the same records: what is replayed must not change.
            log.snapshot(&appended).unwrap();
        }
    }
    drop(log);

    let choices = Choices { exhaustive: 9, random: 60, seed: 7 };
    let mut points = disk.log().points();
    let mut states = 0_u32;
    while let Some(point) = points.advance() {
        let acknowledged = usize::try_from(point.marks().last().copied().unwrap_or(0)).unwrap();
        for kept in choices.subsets(point.pending()) {
            states += 1;
            let found = replayed(Arc::new(MemDisk::from_image(point.image(&kept))))
                .unwrap_or_else(|error| panic!("after {} operations: {error}", point.issued()));
            let whole = history[acknowledged] == found
                || history.get(acknowledged + 1).is_some_and(|next| *next == found);
            assert!(whole, "after {} operations, {} records", point.issued(), found.len());
        }
    }
    assert!(states > 1_000, "only {states} states were looked at");
}
