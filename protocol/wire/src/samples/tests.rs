use rstest::rstest;

use super::*;

#[rstest]
fn every_served_version_has_a_sample_of_each_kind(
    #[values(Fill::Full, Fill::Nulls, Fill::Empty)] fill: Fill,
) {
    for (api, version) in served_versions() {
        let encoded = frame(api, version, fill);
        assert!(encoded.is_ok(), "{} {version}: {encoded:?}", api.name());
    }
}
