use super::*;

fn form(prefix: i16) -> Form {
    if prefix >= 4 { Form::Flexible } else { Form::Fixed }
}

#[test]
fn both_forms_come_back() {
    for prefix in [1, 4] {
        let mut writer = Writer::new(prefix, form(prefix));
        writer.string("täxt");
        writer.nullable_string(None);
        writer.byte_array(b"bytes");
        writer.count(300);
        writer.i32(-7);
        writer.no_tags();
        let bytes = writer.finish();

        let (read, mut reader) = Reader::new("test", &bytes, form).unwrap();
        assert_eq!(read, prefix);
        assert_eq!(reader.string::<&str>().unwrap(), "täxt");
        assert_eq!(reader.nullable_string::<&str>().unwrap(), None);
        assert_eq!(&*reader.byte_array().unwrap(), b"bytes");
        assert!(reader.clone().count().is_err(), "300 elements in a handful of bytes");
    }
}

#[test]
fn a_flexible_text_is_compact() {
    let mut writer = Writer::new(4, Form::Flexible);
    writer.string(&"a".repeat(200));
    assert_eq!(writer.finish()[..4], [0, 4, 0xc9, 0x01]);
}

#[test]
fn what_is_cut_off_is_refused_not_read_past() {
    let mut writer = Writer::new(4, Form::Flexible);
    writer.string("text");
    writer.i64(1);
    writer.no_tags();
    let bytes = writer.finish();
    for length in 0..bytes.len() {
        let read = || {
            let (_, mut reader) = Reader::new("test", &bytes[..length], form)?;
            reader.string::<&str>()?;
            reader.i64()?;
            reader.skip_tags()
        };
        assert!(read().is_err(), "{length} bytes");
    }
}

#[test]
fn unknown_tagged_fields_are_skipped() {
    let bytes = [0, 4, 2, 9, 1, 0xff, 0, 2, 1, 2];
    let (_, mut reader) = Reader::new("test", &bytes, form).unwrap();
    let mut seen = Vec::new();
    let read = reader.tags(|tag, mut field| {
        seen.push((tag, field.i8()?));
        Ok(())
    });
    assert_eq!(read, Ok(()));
    assert_eq!(seen, [(9, -1), (0, 1)]);
}

#[test]
fn a_tagged_field_comes_back() {
    let mut writer = Writer::new(4, Form::Flexible);
    writer.one_tag(5, |tag| tag.string("five"));
    let bytes = writer.finish();
    let (_, mut reader) = Reader::new("test", &bytes, form).unwrap();
    let mut seen = None;
    let read = reader.tags(|tag, mut field| {
        seen = Some((tag, field.string::<String>()?));
        field.end()
    });
    assert_eq!((read, seen), (Ok(()), Some((5, "five".to_owned()))));
    assert_eq!(reader.end(), Ok(()));
}

/// What a guard lets pass at most.
#[test]
fn the_longest_text_is_written_whole() {
    let text = "x".repeat(32_767);
    for prefix in [1, 4] {
        let mut writer = Writer::new(prefix, form(prefix));
        writer.string(&text);
        let bytes = writer.finish();
        let (_, mut reader) = Reader::new("test", &bytes, form).unwrap();
        assert_eq!(reader.string::<&str>().unwrap(), text);
    }
}

#[test]
fn lengths_that_lie_are_refused_without_allocating() {
    let bytes = [0, 4, 0xff, 0xff, 0xff, 0xff, 0x0f];
    let (_, reader) = Reader::new("test", &bytes, form).unwrap();
    assert!(reader.clone().string::<&str>().is_err());
    assert!(reader.clone().list(Reader::i32).is_err());
    let (_, mut endless) = Reader::new("test", &[0, 4, 255, 255, 255, 255, 255, 1], form).unwrap();
    assert!(endless.count().is_err());
}
