use super::*;

fn page() -> String {
    let marks = Kind::ALL.map(|kind| {
        let (start, end) = kind.marks();
        format!("words\n{start}{end}")
    });
    marks.concat()
}

fn cell(kind: Kind, piece: &str, size: Size) -> Cell {
    Cell { kind, piece: piece.to_owned(), size }
}

#[test]
fn a_page_reads_as_it_was_written() {
    let costs = Costs::from([
        (cell(Kind::Instructions, "decode", Size::Large), 1234.0),
        (cell(Kind::Instructions, "decode", Size::Small), 56.0),
        (cell(Kind::Instructions, "dispatch", Size::Small), 7.0),
        (cell(Kind::Allocations, "decode", Size::Small), 0.25),
        (cell(Kind::SystemCalls, "depth 1", Size::Large), 3.0),
    ]);
    let order = ["dispatch", "decode", "depth 1"];
    let written = write(&page(), &costs, &order).unwrap();
    assert_eq!(read(&written).unwrap(), costs);
    assert_eq!(write(&written, &costs, &order).unwrap(), written);
    assert!(written.contains("| dispatch | – | 7 |\n| decode | 1234 | 56 |\n"), "{written}");
}

#[test]
fn a_page_without_marks_is_refused() {
    assert!(read("| decode | 1 | 2 |\n").is_err());
}

#[test]
fn a_tenth_more_fails_whatever_is_counted() {
    for (kind, recorded) in [
        (Kind::Instructions, 60.0),
        (Kind::Instructions, 40_000.0),
        (Kind::Allocations, 0.5),
        (Kind::Allocations, 5.0),
        (Kind::SystemCalls, 1.5),
    ] {
        assert_eq!(judge(kind, Some(recorded), recorded), Verdict::Within);
        let more = judge(kind, Some(recorded), recorded * 1.1);
        assert!(matches!(more, Verdict::Above { .. }), "{kind:?} {recorded}: {more:?}");
    }
    assert!(matches!(judge(Kind::Allocations, Some(0.0), 0.05), Verdict::Above { .. }));
}

#[test]
fn what_is_not_recorded_or_far_better_is_told() {
    assert_eq!(judge(Kind::Instructions, None, 1.0), Verdict::Unknown);
    assert_eq!(judge(Kind::Instructions, Some(1000.0), 880.0), Verdict::Below);
}
