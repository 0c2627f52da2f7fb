use broker_controller::commands::alter_configs::{
    AlterConfigs, Alteration, ConfigResource, Operation,
};
use rstest::rstest;

use super::*;
use crate::handlers::fixture::Fixture;

const DIR: &str = "/var/lib/ringtide";

#[rstest]
#[case::not_set("", false)]
#[case::all("*", true)]
#[case::all_among_others("/elsewhere,*", true)]
#[case::by_path("/var/lib/ringtide", true)]
#[case::among_others(" /elsewhere , /var/lib/ringtide ", true)]
#[case::another("/var/lib/ringtide2", false)]
#[case::above("/var/lib", false)]
fn the_directory_is_cordoned_as_the_setting_says(#[case] set: &str, #[case] expected: bool) {
    let fixture = Fixture::with(&[("cordoned.log.dirs", set)]);
    assert_eq!(is_cordoned(&fixture.controller.image(), DIR), expected);
}

#[test]
fn it_is_cordoned_at_run_time() {
    let fixture = Fixture::new();
    let set = |value: Option<&str>| {
        let alteration = Alteration {
            name: "cordoned.log.dirs".to_owned(),
            operation: if value.is_some() { Operation::Set } else { Operation::Delete },
            value: value.map(str::to_owned),
        };
        let resources = vec![(ConfigResource::Broker("1".to_owned()), vec![alteration])];
        let outcome = fixture.controller.submit(AlterConfigs { resources, validate_only: false });
        outcome.unwrap()[0].1.clone().unwrap();
        is_cordoned(&fixture.controller.image(), DIR)
    };
    assert!(set(Some(DIR)));
    assert!(!set(None));
}
