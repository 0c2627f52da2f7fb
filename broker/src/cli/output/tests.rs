use rstest::rstest;
use serde_json::json;

use super::*;

fn sample() -> Rows {
    Rows {
        columns: &["name", "replicas", "leader_epoch"],
        rows: vec![
            json!({ "name": "a", "replicas": [1, 2], "leader_epoch": 3, "extra": { "k": "v" } }),
            json!({ "name": "b: \"c\"", "replicas": [], "leader_epoch": null }),
        ],
    }
}

fn written(format: Format, rows: &Rows) -> String {
    let mut out = Vec::new();
    Output::new(format).write(rows, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_table_has_a_heading_and_only_its_columns() {
    let text = written(Format::Table, &sample());
    let lines: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["NAME", "REPLICAS", "LEADER", "EPOCH"]);
    assert_eq!(lines[1], ["a", "1,2", "3"]);
    assert_eq!(lines[2].last(), Some(&"-"));
}

#[test]
fn json_is_an_array_and_json_lines_are_objects() {
    let parsed: Value = serde_json::from_str(&written(Format::Json, &sample())).unwrap();
    assert_eq!(parsed, Value::Array(sample().rows));
    let text = written(Format::Jsonl, &sample());
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, sample().rows);
}

#[test]
fn yaml_quotes_what_needs_it() {
    assert_eq!(
        written(Format::Yaml, &sample()),
        "- extra:\n    k: \"v\"\n  leader_epoch: 3\n  name: \"a\"\n  replicas:\n    - 1\n    - 2\n\
         - leader_epoch: null\n  name: \"b: \\\"c\\\"\"\n  replicas: []\n"
    );
}

#[rstest]
#[case(Format::Json, "[]\n")]
#[case(Format::Jsonl, "")]
#[case(Format::Yaml, "[]\n")]
fn an_empty_list_is_still_a_list(#[case] format: Format, #[case] text: &str) {
    assert_eq!(written(format, &Rows { columns: &[], rows: vec![] }), text);
    let mut out = Vec::new();
    Stream::new(format, &mut out).finish().unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), text);
}

#[rstest]
#[case(Format::Table, "plain\nplain\n")]
#[case(Format::Json, "[{\"n\":1},\n{\"n\":1}]\n")]
#[case(Format::Jsonl, "{\"n\":1}\n{\"n\":1}\n")]
#[case(Format::Yaml, "- n: 1\n- n: 1\n")]
fn a_stream_is_the_same_list(#[case] format: Format, #[case] text: &str) {
    let mut out = Vec::new();
    let mut stream = Stream::new(format, &mut out);
    for _ in 0..2 {
        stream.item(|| json!({ "n": 1 }), || b"plain\n".to_vec()).unwrap();
    }
    stream.finish().unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), text);
}

#[rstest]
#[case(None, json!(null))]
#[case(Some("text".as_bytes()), json!("text"))]
#[case(Some(b"\xff".as_slice()), json!({ "encoding": "base64", "data": "/w==" }))]
#[case(Some(b"\xff\x00\x01\x02".as_slice()), json!({ "encoding": "base64", "data": "/wABAg==" }))]
#[case(Some(b"\xff\x00\x01".as_slice()), json!({ "encoding": "base64", "data": "/wAB" }))]
fn bytes_survive_json(#[case] bytes: Option<&[u8]>, #[case] value: Value) {
    assert_eq!(bytes_value(bytes), value);
}

#[rstest]
#[case("topic ls", Format::Table)]
#[case("topic ls -o json --nope", Format::Json)]
#[case("topic ls -ojsonl", Format::Jsonl)]
#[case("topic ls -o=yaml", Format::Yaml)]
#[case("--output json topic", Format::Json)]
#[case("topic ls --output=jsonl", Format::Jsonl)]
#[case("topic ls -o xml", Format::Table)]
#[case("topic ls -o", Format::Table)]
fn the_form_is_found_on_a_line_that_cannot_be_parsed(#[case] line: &str, #[case] form: Format) {
    assert_eq!(Format::asked_for(line.split(' ').map(OsString::from)), form);
}
