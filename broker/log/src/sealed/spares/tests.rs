use std::sync::Arc;

use broker_env::sim::{Kept, MemDisk, RecordingDisk};

use super::*;
use crate::ReadLimits;
use crate::sealed::fixture::{DIR, Plan, identity, unpaced, write, write_into};
use crate::sealed::{
    CacheLimits, FileCache, SealedFile, SealedFileWriter, SealedMeta, WriteLanes, list,
};
use crate::{SealedPart, SegmentRef};
use protocol_types::Offset;

const MINUTE: Duration = Duration::from_secs(60);

fn disk() -> (MemDisk, Arc<dyn Disk>) {
    let mem = MemDisk::new();
    mem.create_dir_all(Path::new(DIR)).unwrap();
    (mem.clone(), Arc::new(mem))
}

fn spares(disk: &Arc<dyn Disk>) -> Spares {
    Spares::new(Arc::clone(disk), PathBuf::from(DIR))
}

fn plan(batches: usize, value: u8) -> Plan {
    Plan::new(0, 0, &vec![[1].as_slice(); batches], &vec![value; 50_000])
}

fn write_over(disk: &Arc<dyn Disk>, file: u64, spare: Option<Spare>, plan: Plan) -> SealedMeta {
    let lanes = WriteLanes::default();
    let (disk, dir, identity) = (Arc::clone(disk), Path::new(DIR), identity(file));
    let writer =
        SealedFileWriter::create_over(spare, disk, dir, identity, &lanes, unpaced()).unwrap();
    write_into(writer, &[plan]).unwrap()
}

fn bytes_of(disk: &Arc<dyn Disk>, file: u64) -> Vec<u8> {
    let file = disk.open(&path_of(Path::new(DIR), FileId(file)), Open::read()).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

#[test]
fn a_file_in_anothers_space_is_the_file_it_would_have_been() {
    for batches in [3, 90, 200] {
        let (_, disk) = disk();
        write(&disk, 1, &[plan(90, 1)]).unwrap();
        let mut spares = spares(&disk);
        spares.keep(FileId(1), Instant(0)).unwrap();
        let spare = spares.take(u64::MAX, |_| false).unwrap();
        write_over(&disk, 2, Some(spare), plan(batches, 2));
        assert_eq!(list(&*disk, Path::new(DIR)).unwrap().len(), 1);
        let over = bytes_of(&disk, 2);
        let (_, fresh) = self::disk();
        write_over(&fresh, 2, None, plan(batches, 2));
        assert!(over == bytes_of(&fresh, 2), "{batches} batches over 90");
        let open = SealedFile::open(&*disk, Path::new(DIR), FileId(2)).unwrap();
        open.verify_segment(0).unwrap();
    }
}

#[test]
fn the_space_is_found_and_not_asked_for_again() {
    let (mem, disk) = disk();
    write(&disk, 1, &[plan(90, 1)]).unwrap();
    let used = mem.image().used_bytes();
    let mut spares = spares(&disk);
    spares.keep(FileId(1), Instant(0)).unwrap();
    assert_eq!(mem.image().used_bytes(), used);
    let spare = spares.take(90 * 50_000, |_| false);
    assert_eq!(spares.bytes(), 0);
    write_over(&disk, 2, spare, plan(90, 2));
    assert_eq!(mem.image().used_bytes(), used);
}

#[test]
fn the_one_of_the_fitting_length_is_taken() {
    let (_, disk) = disk();
    for (file, batches) in [(1, 10), (2, 40), (3, 100), (4, 30)] {
        write(&disk, file, &[plan(batches, 1)]).unwrap();
    }
    let mut spares = spares(&disk);
    (1..=4).for_each(|file| spares.keep(FileId(file), Instant(0)).unwrap());
    let len = |spare: Option<Spare>| spare.map(|spare| spare.len() / 50_000);
    assert_eq!(len(spares.take(25 * 50_000, |_| false)), Some(30), "the shortest that holds it");
    assert_eq!(len(spares.take(25 * 50_000, |_| false)), Some(40));
    assert_eq!(len(spares.take(25 * 50_000, |_| false)), Some(10), "100 would be cut to a quarter");
    assert_eq!(len(spares.take(25 * 50_000, |_| false)), None);
    assert_eq!(len(spares.take(500 * 50_000, |_| false)), Some(100));
    assert_eq!(len(spares.take(500 * 50_000, |_| false)), None);
}

#[test]
fn who_reads_a_dead_file_gets_its_bytes_to_the_end() {
    let (_, disk) = disk();
    let meta = write(&disk, 1, &[plan(20, 1)]).unwrap();
    let limits = CacheLimits { files: 4, index_bytes: 1 << 20, buffer_bytes: 0, ahead_bytes: 0 };
    let cache = FileCache::new(Arc::clone(&disk), PathBuf::from(DIR), limits);
    let segment: SegmentRef = meta.segments[0].segment;
    let all = ReadLimits { bytes_max: u64::MAX, upto: Offset::MAX, at_least_one: true };
    let part = SealedPart { segment, from: Offset(0) };
    cache.read(&part, all).unwrap();
    let mut spares = spares(&disk);
    spares.keep(FileId(1), Instant(0)).unwrap();
    // It is still in the cache, as it is for a reader that began before.
    assert!(spares.take(20 * 50_000, |file| cache.is_read(file)).is_none());
    assert_eq!(cache.read(&part, all).unwrap().bytes, plan(20, 1).bytes());
    cache.forget(FileId(1));
    assert!(spares.take(20 * 50_000, |file| cache.is_read(file)).is_some());
    cache.read(&part, all).unwrap_err();
    assert!(!cache.is_read(FileId(1)), "who could not open it does not count");
}

#[test]
fn what_nobody_takes_over_goes_in_time() {
    let (mem, disk) = disk();
    for file in [1, 2] {
        write(&disk, file, &[plan(10, 1)]).unwrap();
    }
    let mut spares = spares(&disk);
    spares.keep(FileId(1), Instant(0)).unwrap();
    spares.keep(FileId(2), Instant(30_000_000_000)).unwrap();
    spares.release(Instant(59_000_000_000), MINUTE).unwrap();
    assert_eq!(disk.list(Path::new(DIR)).unwrap().len(), 2);
    spares.release(Instant(60_000_000_000), MINUTE).unwrap();
    assert_eq!(disk.list(Path::new(DIR)).unwrap().len(), 1);
    spares.release(Instant(90_000_000_000), MINUTE).unwrap();
    assert_eq!(disk.list(Path::new(DIR)).unwrap(), []);
    assert_eq!((spares.bytes(), mem.image().used_bytes()), (0, 0));
}

#[test]
fn many_dead_files_do_not_go_all_at_once() {
    let (_, disk) = disk();
    let mut spares = spares(&disk);
    let mut lens = Vec::new();
    for file in 1..=10 {
        let path = path_of(Path::new(DIR), FileId(file));
        let sparse = disk.open(&path, Open::create_new()).unwrap();
        sparse.set_len(50 << 20).unwrap();
        spares.keep(FileId(file), Instant(0)).unwrap();
    }
    for seconds in [60, 64, 65, 69, 70, 74, 75] {
        spares.release(Instant(seconds * 1_000_000_000), MINUTE).unwrap();
        lens.push(disk.list(Path::new(DIR)).unwrap().len());
    }
    assert_eq!(lens, [7, 7, 4, 4, 1, 1, 0]);
}

#[test]
fn however_much_died_it_is_gone_in_half_an_hour() {
    let mem = MemDisk::with_capacity(1 << 50);
    mem.create_dir_all(Path::new(DIR)).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(mem);
    let mut spares = spares(&disk);
    for file in 1..=200 {
        let path = path_of(Path::new(DIR), FileId(file));
        disk.open(&path, Open::create_new()).unwrap().set_len(1 << 30).unwrap();
        spares.keep(FileId(file), Instant(0)).unwrap();
    }
    let mut release =
        |second: u64| spares.release(Instant(second * 1_000_000_000), MINUTE).unwrap();
    (60..120).for_each(&mut release);
    assert!(!disk.list(Path::new(DIR)).unwrap().is_empty(), "not all at once");
    (120..1_800).for_each(release);
    assert_eq!(disk.list(Path::new(DIR)).unwrap(), []);
}

#[test]
fn spares_go_when_they_hold_more_than_what_is_free() {
    let (_, roomy) = disk();
    let each = write(&roomy, 1, &[plan(10, 1)]).unwrap().len;
    let mem = MemDisk::with_capacity(each * 7 / 2);
    mem.create_dir_all(Path::new(DIR)).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(mem);
    let mut spares = spares(&disk);
    for file in [1, 2, 3] {
        write(&disk, file, &[plan(10, 1)]).unwrap();
        spares.keep(FileId(file), Instant(0)).unwrap();
    }
    spares.release(Instant(1), MINUTE).unwrap();
    assert_eq!(spares.bytes(), each, "one is no more than what the other two made free");
}

#[test]
fn what_an_earlier_run_left_is_removed() {
    let (_, disk) = disk();
    for file in [1, 2] {
        write(&disk, file, &[plan(1, 1)]).unwrap();
    }
    spares(&disk).keep(FileId(1), Instant(0)).unwrap();
    remove_spares(&*disk, Path::new(DIR)).unwrap();
    let left: Vec<String> =
        disk.list(Path::new(DIR)).unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(left, ["0000000000000002.sealed"]);
}

#[test]
fn a_spare_never_takes_the_place_of_a_file() {
    let (_, disk) = disk();
    for file in [1, 2] {
        write(&disk, file, &[plan(3, 1)]).unwrap();
    }
    let before = bytes_of(&disk, 2);
    let mut spares = spares(&disk);
    spares.keep(FileId(1), Instant(0)).unwrap();
    let spare = spares.take(3 * 50_000, |_| false);
    let (lanes, dir) = (WriteLanes::default(), Path::new(DIR));
    SealedFileWriter::create_over(spare, Arc::clone(&disk), dir, identity(2), &lanes, unpaced())
        .unwrap_err();
    assert_eq!(bytes_of(&disk, 2), before);
}

#[test]
fn a_crash_leaves_the_new_file_whole_or_nothing_that_passes_for_it() {
    let mem = MemDisk::new();
    mem.create_dir_all(Path::new(DIR)).unwrap();
    let written: Arc<dyn Disk> = Arc::new(mem.clone());
    write(&written, 1, &[plan(4, 1)]).unwrap();
    let recording = RecordingDisk::over(mem.image());
    let disk: Arc<dyn Disk> = Arc::new(recording.clone());
    let mut spares = spares(&disk);
    spares.keep(FileId(1), Instant(0)).unwrap();
    let spare = spares.take(4 * 50_000, |_| false);
    assert!(spare.is_some());
    write_over(&disk, 2, spare, plan(3, 2));
    recording.log().mark(2);

    let mut points = recording.log().points();
    while let Some(point) = points.advance() {
        let pending = point.pending();
        let every_second = (0..pending).step_by(2);
        let half = every_second.fold(Kept::none(pending), |kept, at| kept.with(at, true));
        for kept in [Kept::none(pending), Kept::all(pending), half] {
            let found: Arc<dyn Disk> = Arc::new(MemDisk::from_image(point.image(&kept)));
            let whole = SealedFile::open(&*found, Path::new(DIR), FileId(2))
                .and_then(|file| file.verify_segment(0));
            assert!(whole.is_ok() || point.marks().is_empty(), "{kept:?}: {whole:?}");
            if whole.is_ok() {
                assert!(bytes_of(&found, 2) == bytes_of(&disk, 2), "{kept:?}");
            }
        }
    }
}
