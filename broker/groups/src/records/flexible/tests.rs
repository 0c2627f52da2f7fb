use super::*;

#[test]
fn what_is_written_is_read_back() {
    let mut writer = Writer::new(7);
    writer.string("topic");
    writer.nullable_string(None);
    writer.nullable_string(Some(""));
    writer.varint(300);
    writer.uuid(TopicId([9; 16]));
    writer.one_tag(5, |tag| tag.i32(-1));
    let bytes = writer.finish();
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.i16(), Some(7));
    assert_eq!(reader.string().as_deref(), Some("topic"));
    assert_eq!(reader.nullable_string(), Some(None));
    assert_eq!(reader.nullable_string(), Some(Some(String::new())));
    assert_eq!(reader.varint(), Some(300));
    assert_eq!(reader.uuid(), Some(TopicId([9; 16])));
    let mut seen = None;
    let tags = reader.tags(|tag, mut value| {
        seen = Some((tag, value.i32()?));
        Some(())
    });
    assert_eq!((tags, seen), (Some(()), Some((5, -1))));
    assert_eq!(reader.take(1), None);
}

#[test]
fn lengths_that_lie_are_refused_without_allocating() {
    let mut huge = Writer::default();
    huge.varint(u64::MAX >> 2);
    let bytes = huge.finish();
    assert_eq!(Reader::new(&bytes).string(), None);
    assert_eq!(Reader::new(&bytes).list(Reader::i32), None);
    assert_eq!(Reader::new(&[0xff; 12]).varint(), None);
}
