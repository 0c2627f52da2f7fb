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
        assert_eq!(&*reader.string().unwrap(), "täxt");
        assert_eq!(reader.nullable_string().unwrap(), None);
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
            reader.string()?;
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
    reader
        .tags(|tag, field| {
            seen.push((tag, field.to_vec()));
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [(9, vec![0xff]), (0, vec![1, 2])]);
}
