use protocol_types::ApiKey;
use protocol_wire::messages::alter_client_quotas_request::OpData;

use super::*;
use crate::handlers::fixture::{assert_every_version_carries, code};

#[test]
fn a_default_has_no_name_and_a_removal_no_value() {
    let part = |kind, name: Option<&str>| {
        NamedPart::default().with_entity_type(text(kind)).with_entity_name(name.map(text))
    };
    let wire = Entry::default()
        .with_entity(vec![part("user", None), part("client-id", Some("c"))])
        .with_ops(vec![
            OpData::default().with_key(text("a")).with_value(2.5),
            OpData::default().with_key(text("b")).with_value(9.0).with_remove(true),
        ]);
    let read = alteration(&wire);
    assert_eq!(read.entity["user"], None);
    assert_eq!(read.entity["client-id"].as_deref(), Some("c"));
    assert_eq!(read.ops, [("a".to_owned(), Some(2.5)), ("b".to_owned(), None)]);
}

#[test]
fn an_answer_names_its_entity() {
    let entity = NamedEntity::from([("user".to_owned(), None)]);
    let refused = CommandError::new(ErrorCode::InvalidRequest, "why");
    let entries = vec![entry(&entity, &Ok(()), code), entry(&entity, &Err(refused), code)];
    assert_eq!((entries[0].error_code, entries[1].error_code), (0, 42));
    assert_eq!(entries[0].error_message, None);
    assert_eq!(entries[1].error_message, Some(text("why")));
    let response = AlterClientQuotasResponse::default().with_entries(entries);
    assert_every_version_carries(ApiKey::AlterClientQuotas, &response);
}
