use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use broker_env::sim::{Call, Fault, FaultDisk, MemDisk, Rule};
use proptest::prelude::*;
use protocol_records::BatchView;

use super::*;
use crate::sealed::fixture::{DIR, Plan, identity, mem_disk, unpaced, write, write_into};
use crate::sealed::{SealedFileWriter, SealedMeta, WriteLanes, reclaim, remove};

fn cache(disk: &Arc<dyn Disk>, files: usize) -> FileCache {
    let limits =
        CacheLimits { files, index_bytes: 1 << 20, buffer_bytes: 1 << 20, ahead_bytes: 4 << 20 };
    FileCache::new(Arc::clone(disk), PathBuf::from(DIR), limits)
}

const ALL: ReadLimits = ReadLimits { bytes_max: u64::MAX, upto: Offset::MAX, at_least_one: true };

fn read(cache: &FileCache, segment: SegmentRef) -> Result<SealedRead, ReadError> {
    cache.read(&SealedPart { segment, from: segment.base }, ALL)
}

#[test]
fn open_files_stay_within_the_limit() {
    let disk = mem_disk();
    let plan = |n: u64| Plan::new(0, n, &[&[1], &[2]], &n.to_le_bytes());
    let metas: Vec<SealedMeta> = (0..50).map(|n| write(&disk, n, &[plan(n)]).unwrap()).collect();
    let cache = cache(&disk, 8);
    for _ in 0..2 {
        for (n, meta) in (0..).zip(&metas) {
            let got = read(&cache, meta.segments[0].segment).unwrap();
            assert_eq!(&got.bytes[..], plan(n).bytes());
            assert!(cache.open_files() <= 8, "{} files are open", cache.open_files());
        }
    }
}

#[test]
fn buffers_are_used_again_once_their_bytes_are_dropped() {
    let disk = mem_disk();
    let meta = write(&disk, 1, &[Plan::new(0, 0, &[[1].as_slice(); 4], &[5; 50_000])]).unwrap();
    let cache = cache(&disk, 8);
    let first = read(&cache, meta.segments[0].segment).unwrap().bytes;
    let place = first.as_ptr();
    let second = read(&cache, meta.segments[0].segment).unwrap().bytes;
    assert_ne!(second.as_ptr(), place, "a buffer in use is not given away");
    drop(first);
    assert_eq!(read(&cache, meta.segments[0].segment).unwrap().bytes.as_ptr(), place);
}

#[test]
fn a_removed_file_is_forgotten() {
    let disk = mem_disk();
    let meta = write(&disk, 1, &[Plan::new(0, 0, &[&[1]], b"")]).unwrap();
    let cache = cache(&disk, 8);
    read(&cache, meta.segments[0].segment).unwrap();
    remove(disk.as_ref(), Path::new(DIR), FileId(1)).unwrap();
    remove(disk.as_ref(), Path::new(DIR), FileId(1)).unwrap();
    cache.forget(FileId(1));
    assert!(matches!(read(&cache, meta.segments[0].segment), Err(ReadError::Io { .. })));
}

#[test]
fn a_file_that_is_removed_while_it_is_opened_does_not_stay_open() {
    let disk = mem_disk();
    let meta = write(&disk, 1, &[Plan::new(0, 0, &[&[1]], b"")]).unwrap();
    let faulty = FaultDisk::over(Arc::clone(&disk));
    let cache = Arc::new(cache(&(Arc::new(faulty.clone()) as Arc<dyn Disk>), 8));
    let (removed, forgets) = (AtomicBool::new(false), Arc::downgrade(&cache));
    // The first read of it is the check of its header.
    let remove = move |_: &Path| {
        if !removed.swap(true, Ordering::SeqCst) {
            remove(disk.as_ref(), Path::new(DIR), FileId(1)).unwrap();
            forgets.upgrade().unwrap().forget(FileId(1));
        }
        false
    };
    faulty.inject(Rule::on(Call::Read).path(remove), Fault::Eio);
    read(&cache, meta.segments[0].segment).unwrap();
    assert_eq!(cache.open_files(), 0);
}

#[test]
fn the_map_of_a_large_file_is_read_once() {
    let disk = mem_disk();
    let stamps = vec![[1].as_slice(); 10_000];
    let meta = write(&disk, 1, &[Plan::new(0, 0, &stamps, b"")]).unwrap();
    let faulty = FaultDisk::over(disk);
    let cache = cache(&(Arc::new(faulty.clone()) as Arc<dyn Disk>), 256);
    let segment = meta.segments[0].segment;
    let one = |base| {
        let limits = ReadLimits { bytes_max: 0, ..ALL };
        cache.read(&SealedPart { segment, from: Offset(base) }, limits).unwrap()
    };
    let reads = Arc::<AtomicUsize>::default();
    one(0);
    let counted = Arc::clone(&reads);
    let count = move |_: &Path| {
        counted.fetch_add(1, Ordering::SeqCst);
        false
    };
    faulty.inject(Rule::on(Call::Read).path(count), Fault::Eio);
    one(5_000);
    assert_eq!(reads.load(Ordering::SeqCst), 1, "the batch alone");
}

#[test]
fn a_dead_segment_gives_its_blocks_back_and_its_neighbours_stay() {
    let mem = MemDisk::new();
    mem.create_dir_all(Path::new(DIR)).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(mem.clone());
    let large = |partition| Plan::new(partition, 0, &[[1].as_slice(); 10], &[7; 20_000]);
    let plans = [large(0), large(1), large(2)];
    let writer = SealedFileWriter::create(
        Arc::clone(&disk),
        Path::new(DIR),
        identity(1),
        &WriteLanes::default(),
        unpaced(),
    )
    .unwrap();
    let meta = write_into(writer, &plans).unwrap();
    let before = mem.image().used_bytes();
    let dead = meta.segments[1].segment;
    let range = dead.at..dead.at + dead.len;
    reclaim(disk.as_ref(), Path::new(DIR), dead.file, range.clone()).unwrap();
    let freed = before - mem.image().used_bytes();
    assert!(freed > dead.len - 4096, "{freed} of {} bytes", dead.len);

    let cache = cache(&disk, 8);
    for live in [0, 2] {
        let got = read(&cache, meta.segments[live].segment).unwrap();
        assert_eq!(&got.bytes[..], plans[live].bytes());
    }
    assert!(matches!(read(&cache, dead), Err(ReadError::Corrupt(_))), "never zeros as data");
    reclaim(disk.as_ref(), Path::new(DIR), FileId(9), range).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn trap_60_a_timestamp_is_found_record_by_record(
        stamps in prop::collection::vec(prop::collection::vec(-1..60_i64, 1..5), 1..15),
        target in 0..65_i64,
        from in 0..50_u64,
        upto in 0..60_u64,
    ) {
        let slices: Vec<&[i64]> = stamps.iter().map(Vec::as_slice).collect();
        let plan = Plan::new(0, 0, &slices, b"value");
        let disk = mem_disk();
        let meta = write(&disk, 1, std::slice::from_ref(&plan)).unwrap();
        let segment = meta.segments[0].segment;
        let got = cache(&disk, 4).find_timestamp(&segment, Timestamp(target), Offset(from), Offset(upto));

        // Only whole batches below the mark count.
        let readable: u64 = plan.batches.iter().map(|batch| BatchView::parse(batch).unwrap().next_offset())
            .take_while(|next| next.0 <= upto).last().map_or(0, |next| next.0);
        let records = (0..).zip(stamps.iter().flatten().copied());
        let found = records
            .filter(|&(offset, stamp)| offset >= from && offset < readable && stamp >= target)
            .map(|(offset, stamp)| (Offset(offset), Timestamp(stamp)))
            .next();
        prop_assert_eq!(got.unwrap(), found);
    }
}
