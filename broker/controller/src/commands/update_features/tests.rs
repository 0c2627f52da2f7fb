use rstest::rstest;

use super::*;
use crate::commands::fixture::Fixture;
use crate::features::GROUP_VERSION;

fn update(name: &str, level: i16, kind: UpgradeType) -> UpdateFeatures {
    let updates = vec![FeatureUpdate { name: name.to_owned(), level, kind }];
    UpdateFeatures { updates, validate_only: false }
}

#[test]
fn a_fresh_cluster_has_every_feature_at_its_highest_level() {
    let fixture = Fixture::new();
    let levels: Vec<_> = fixture.image.features().collect();
    assert_eq!(levels, [(GROUP_VERSION, 1), (METADATA_VERSION, 30)]);
}

#[rstest]
#[case::unknown_type(
    GROUP_VERSION,
    1,
    UpgradeType::Unknown,
    "Invalid update version 1 for feature group.version. The controller does not support the given upgrade type."
)]
#[case::negative(GROUP_VERSION, -1, UpgradeType::Upgrade,
    "Invalid update version -1 for feature group.version. A feature version cannot be less than 0.")]
#[case::too_high(
    GROUP_VERSION,
    2,
    UpgradeType::Upgrade,
    "Invalid update version 2 for feature group.version. Local controller 1 only supports versions 0-1"
)]
#[case::unknown(
    "share.version",
    1,
    UpgradeType::Upgrade,
    "Invalid update version 1 for feature share.version. Local controller 1 does not support this feature."
)]
#[case::down_without_saying_so(
    GROUP_VERSION,
    0,
    UpgradeType::Upgrade,
    "Invalid update version 0 for feature group.version. Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
)]
#[case::metadata(
    METADATA_VERSION,
    29,
    UpgradeType::SafeDowngrade,
    "Unsupported metadata.version downgrade from 30 to 29. Refusing to perform the requested downgrade because it might delete metadata information."
)]
#[case::metadata_unsafe(
    METADATA_VERSION,
    29,
    UpgradeType::UnsafeDowngrade,
    "Unsupported metadata.version downgrade from 30 to 29. Unsafe metadata downgrade is not supported in this version."
)]
#[case::metadata_too_low(
    METADATA_VERSION,
    6,
    UpgradeType::UnsafeDowngrade,
    "Invalid update version 6 for feature metadata.version. Local controller 1 only supports versions 7-30"
)]
fn refusals_are_in_kafkas_words(
    #[case] name: &str,
    #[case] level: i16,
    #[case] kind: UpgradeType,
    #[case] why: &str,
) {
    let refusal = Fixture::new().decide(update(name, level, kind)).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::InvalidUpdateVersion);
    assert_eq!(refusal.message, why);
}

#[test]
fn a_feature_goes_down_and_up_again() {
    let mut fixture = Fixture::new();
    fixture.run(update(GROUP_VERSION, 0, UpgradeType::SafeDowngrade)).unwrap();
    assert_eq!(fixture.image.feature(GROUP_VERSION), 0);
    let up = fixture.decide(update(GROUP_VERSION, 1, UpgradeType::SafeDowngrade)).unwrap_err();
    assert!(up.message.ends_with("Can't downgrade to a newer version."));
    fixture.run(update(GROUP_VERSION, 1, UpgradeType::Upgrade)).unwrap();
    fixture.run(update(GROUP_VERSION, 1, UpgradeType::Upgrade)).unwrap();
    assert_eq!(fixture.image.feature(GROUP_VERSION), 1);
}

#[test]
fn nothing_changes_when_one_is_refused_or_all_are_only_checked() {
    let down = FeatureUpdate {
        name: GROUP_VERSION.to_owned(),
        level: 0,
        kind: UpgradeType::UnsafeDowngrade,
    };
    let bad = FeatureUpdate { level: 9, ..down.clone() };
    let both = UpdateFeatures { updates: vec![down.clone(), bad], validate_only: false };
    assert!(Fixture::new().decide(both).is_err());
    let check = UpdateFeatures { updates: vec![down], validate_only: true };
    assert!(Fixture::new().decide(check).unwrap().records.is_empty());
}
