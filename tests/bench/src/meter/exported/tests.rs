use super::*;

const TEXT: &str = "HTTP/1.1 200 OK\r\n\r\n# TYPE ringtide_wal_syncs_total counter\n\
                    ringtide_wal_syncs_total 40\n\nringtide_wal_groups_total 1200\n";

#[test]
fn counters_are_found_among_other_lines() {
    assert_eq!(Exported::parse(TEXT), Some(Exported { syncs: 40.0, groups: 1200.0 }));
    assert_eq!(Exported::parse("HTTP/1.1 404 Not Found\r\n\r\n"), None);
}
