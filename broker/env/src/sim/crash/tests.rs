use std::collections::BTreeSet;

use rstest::rstest;

use super::*;
use crate::crash_safe::{read_file, replace_file};
use crate::disk::{BLOCK, SECTOR};

const A: &str = "/a";

/// What a reader finds in file `path` of each possible image of the last crash point.
fn outcomes(disk: &RecordingDisk, path: &str) -> BTreeSet<Option<Vec<u8>>> {
    let mut points = disk.log().points();
    let mut found = BTreeSet::new();
    while let Some(point) = points.advance() {
        if point.issued() == disk.log().len() {
            found = images(&point).map(|image| content(image, path)).collect();
        }
    }
    found
}

fn images(point: &CrashPoint<'_>) -> impl Iterator<Item = Image> {
    Choices::default().subsets(point.pending()).map(|kept| point.image(&kept))
}

fn content(image: Image, path: &str) -> Option<Vec<u8>> {
    read_file(&MemDisk::from_image(image), Path::new(path)).unwrap()
}

fn open(disk: &RecordingDisk) -> Arc<dyn DiskFile> {
    disk.open(Path::new(A), Open::create()).unwrap()
}

/// A disk with the durable file `/a` of `sectors` sectors filled with 0.
fn with_file(sectors: usize) -> (RecordingDisk, Arc<dyn DiskFile>) {
    let disk = MemDisk::new();
    let file = disk.open(Path::new(A), Open::create()).unwrap();
    file.write_at(&vec![0; sectors * SECTOR], 0, Sync::Later).unwrap();
    let disk = RecordingDisk::over(disk.image());
    let file = open(&disk);
    (disk, file)
}

fn sectors(fill: &[u8]) -> Option<Vec<u8>> {
    Some(fill.iter().flat_map(|&byte| [byte; SECTOR]).collect())
}

#[test]
fn unsynced_sectors_survive_in_any_subset() {
    let (disk, file) = with_file(2);
    file.write_at(&[1; 2 * SECTOR], 0, Sync::Later).unwrap();
    disk.log().mark(7);
    let all = [[0, 0], [0, 1], [1, 0], [1, 1]];
    assert_eq!(outcomes(&disk, A), all.iter().map(|fill| sectors(fill)).collect());
}

#[test]
fn every_version_of_a_sector_may_survive() {
    let (disk, file) = with_file(1);
    file.write_at(&[1; SECTOR], 0, Sync::Later).unwrap();
    file.write_at(&[2; SECTOR], 0, Sync::Later).unwrap();
    let all = [[0], [1], [2]];
    assert_eq!(outcomes(&disk, A), all.iter().map(|fill| sectors(fill)).collect());
}

#[test]
fn a_sync_makes_all_earlier_writes_durable() {
    let (disk, file) = with_file(2);
    file.write_at(&[1; SECTOR], 0, Sync::Later).unwrap();
    file.write_at(&[2; SECTOR], SECTOR as u64, Sync::Later).unwrap();
    file.sync_data().unwrap();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([sectors(&[1, 2])]));
}

#[test]
fn own_bytes_are_durable_alone() {
    let (disk, file) = with_file(3);
    file.write_at(&[1; SECTOR], 0, Sync::Later).unwrap();
    file.write_at(&[2; SECTOR], SECTOR as u64, Sync::OwnBytes).unwrap();
    disk.log().mark(0);
    assert_eq!(
        outcomes(&disk, A),
        BTreeSet::from([sectors(&[0, 2, 0]), sectors(&[1, 2, 0])]),
        "the write before is not flushed"
    );
}

#[test]
fn own_bytes_in_flight_may_be_torn() {
    let (disk, file) = with_file(2);
    file.write_at(&[2; 2 * SECTOR], 0, Sync::OwnBytes).unwrap();
    assert_eq!(outcomes(&disk, A).len(), 4);
    disk.log().mark(0);
    assert_eq!(outcomes(&disk, A), BTreeSet::from([sectors(&[2, 2])]));
}

#[test]
fn durable_own_bytes_are_not_undone_by_an_older_version() {
    let (disk, file) = with_file(1);
    file.write_at(&[1; SECTOR], 0, Sync::Later).unwrap();
    file.write_at(&[2; SECTOR], 0, Sync::OwnBytes).unwrap();
    disk.log().mark(0);
    assert_eq!(outcomes(&disk, A), BTreeSet::from([sectors(&[2])]));
}

#[test]
fn a_cut_before_own_bytes_does_not_undo_them() {
    let (disk, file) = with_file(2);
    file.write_at(&[1; SECTOR], SECTOR as u64, Sync::Later).unwrap();
    file.set_len(0).unwrap();
    file.write_at(&[2; SECTOR], 0, Sync::OwnBytes).unwrap();
    disk.log().mark(0);
    assert_eq!(outcomes(&disk, A), BTreeSet::from([sectors(&[2])]));
}

#[test]
fn a_grown_file_has_its_length_or_not() {
    let (disk, file) = with_file(1);
    file.write_at(b"tail", SECTOR as u64, Sync::Later).unwrap();
    let longer = [sectors(&[0]).unwrap(), b"tail".to_vec()].concat();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([sectors(&[0]), Some(longer)]));
}

#[test]
fn holes_and_allocations_are_pending_until_synced() {
    let (disk, file) = with_file(0);
    file.allocate(BLOCK as u64).unwrap();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([sectors(&[]), sectors(&[0; 8])]));
    file.write_at(&[1; BLOCK], 0, Sync::Later).unwrap();
    file.sync_data().unwrap();
    file.punch_hole(0, BLOCK as u64).unwrap();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([sectors(&[1; 8]), sectors(&[0; 8])]));
}

#[test]
fn a_new_file_needs_its_directory_synced() {
    let disk = RecordingDisk::default();
    let file = open(&disk);
    file.write_at(b"x", 0, Sync::OwnBytes).unwrap();
    file.sync_data().unwrap();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([None, Some(b"x".to_vec())]));
    disk.sync_dir(Path::new("/")).unwrap();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([Some(b"x".to_vec())]));
}

#[test]
fn a_removal_needs_its_directory_synced() {
    let (disk, _file) = with_file(1);
    disk.remove_file(Path::new(A)).unwrap();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([None, sectors(&[0])]));
    disk.sync_dir(Path::new("/")).unwrap();
    assert_eq!(outcomes(&disk, A), BTreeSet::from([None]));
}

#[test]
fn a_removed_directory_may_be_there_in_parts() {
    let start = MemDisk::new();
    start.create_dir_all(Path::new("/d")).unwrap();
    for name in ["/d/x", "/d/y"] {
        start.open(Path::new(name), Open::create()).unwrap();
    }
    let disk = RecordingDisk::over(start.image());
    disk.remove_dir_all(Path::new("/d")).unwrap();
    let seen = |disk: &RecordingDisk| {
        let mut points = disk.log().points();
        let mut last = BTreeSet::new();
        while let Some(point) = points.advance() {
            last = images(&point)
                .map(|image| {
                    ["/d", "/d/x", "/d/y"].map(|path| image.node(Path::new(path)).is_some())
                })
                .collect();
        }
        last
    };
    let mixed =
        [[true, true, true], [true, true, false], [true, false, true], [true, false, false]];
    let gone = [false; 3];
    assert_eq!(seen(&disk), mixed.into_iter().chain([gone]).collect());
    disk.sync_dir(Path::new("/")).unwrap();
    assert_eq!(seen(&disk), BTreeSet::from([gone]));
}

#[test]
fn marks_tell_what_was_promised_before_the_crash() {
    let (disk, file) = with_file(1);
    for what in 1..=3 {
        file.write_at(&[what; SECTOR], 0, Sync::OwnBytes).unwrap();
        disk.log().mark(u64::from(what));
    }
    let mut points = disk.log().points();
    let mut promised = Vec::new();
    while let Some(point) = points.advance() {
        let last = point.marks().last().map_or(0, |&what| u8::try_from(what).unwrap());
        promised.push(last);
        for image in images(&point) {
            let byte = content(image, A).unwrap()[0];
            assert!(byte >= last, "{byte} survived although {last} was promised");
        }
    }
    assert_eq!(promised, [0, 0, 1, 1, 2, 2, 3]);
}

/// The promise of `replace_file`: old or new at every crash, new once it has returned.
#[test]
fn a_replaced_file_is_old_or_new_after_any_crash() {
    let start = MemDisk::new();
    let path = Path::new("/d/state");
    start.create_dir_all(Path::new("/d")).unwrap();
    let (old, new) = (vec![1; 3000], vec![2; 2000]);
    replace_file(&start, path, &old).unwrap();
    let disk = RecordingDisk::over(start.image());
    replace_file(&disk, path, &new).unwrap();
    disk.log().mark(1);

    let (mut points, mut states, mut olds) = (disk.log().points(), 0, 0);
    while let Some(point) = points.advance() {
        for image in images(&point) {
            let found = content(image, "/d/state").unwrap();
            states += 1;
            olds += usize::from(found == old);
            assert!(found == new || (found == old && point.marks().is_empty()));
        }
    }
    assert!(olds > 0 && olds < states, "both outcomes were staged: {olds} of {states}");
}

#[test]
fn recovery_can_crash_in_turn() {
    let (disk, file) = with_file(1);
    file.write_at(&[1; SECTOR], 0, Sync::Later).unwrap();
    let mut points = disk.log().points();
    let mut found = BTreeSet::new();
    while let Some(point) = points.advance() {
        for image in images(&point) {
            let second = RecordingDisk::over(image);
            open(&second).write_at(&[9; SECTOR], 0, Sync::Later).unwrap();
            found.extend(outcomes(&second, A));
        }
    }
    assert_eq!(found, [[0], [1], [9]].iter().map(|fill| sectors(fill)).collect());
}

#[rstest]
#[case::few(0, 1)]
#[case::exhaustive(12, 1 << 12)]
#[case::many(13, 2 + 13 + 2000)]
fn few_changes_are_tried_in_every_subset(#[case] pending: usize, #[case] expected: usize) {
    let subsets: Vec<Kept> = Choices::default().subsets(pending).collect();
    assert_eq!(subsets.len(), expected);
    if pending <= 12 {
        assert_eq!(subsets.iter().collect::<BTreeSet<_>>().len(), expected, "all differ");
    } else {
        let lost_one = |at: usize| (0..pending).all(|i| subsets[2 + at].has(i) == (i != at));
        assert!((0..pending).all(lost_one), "every single loss is tried");
    }
}
