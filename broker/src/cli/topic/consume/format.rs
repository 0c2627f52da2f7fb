//! How a consumed record is written: a template for people, an object for programs.

use std::str::FromStr;

use protocol_records::Record;
use serde_json::{Value, json};

use crate::cli::output::bytes_value;

/// A record with its place.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) timestamp_ms: i64,
    pub(super) record: &'a Record<'a>,
}

/// A parsed `--format`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Key,
    Value,
    Topic,
    Partition,
    Offset,
    TimestampMs,
    Date,
    Headers,
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let piece = match (c, c == '%' || c == '\\') {
                (c, false) => Piece::Text(c.to_string().into_bytes()),
                (sign, true) => match (sign, rest.next()) {
                    ('%', Some('k')) => Piece::Key,
                    ('%', Some('v' | 's')) => Piece::Value,
                    ('%', Some('t')) => Piece::Topic,
                    ('%', Some('p')) => Piece::Partition,
                    ('%', Some('o')) => Piece::Offset,
                    ('%', Some('T')) => Piece::TimestampMs,
                    ('%', Some('d')) => Piece::Date,
                    ('%', Some('h')) => Piece::Headers,
                    ('\\', Some('n')) => Piece::Text(vec![b'\n']),
                    ('\\', Some('t')) => Piece::Text(vec![b'\t']),
                    ('\\', Some('0')) => Piece::Text(vec![0]),
                    ('%', Some('%')) => Piece::Text(vec![b'%']),
                    ('\\', Some('\\')) => Piece::Text(vec![b'\\']),
                    (sign, other) => {
                        let other = other.map_or_else(String::new, |other| other.to_string());
                        return Err(format!(
                            "\"{sign}{other}\" means nothing in a template; %k %v %t %p %o %T %d %h \
                             %% \\n \\t \\0 \\\\ do"
                        ));
                    }
                },
            };
            pieces.push(piece);
        }
        Ok(Self(pieces))
    }
}

impl Template {
    /// The record as this template writes it. An absent key or value is empty.
    pub(super) fn render(&self, shown: &Shown<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Key => out.extend_from_slice(shown.record.key.unwrap_or_default()),
                Piece::Value => out.extend_from_slice(shown.record.value.unwrap_or_default()),
                Piece::Topic => out.extend_from_slice(shown.topic.as_bytes()),
                Piece::Partition => out.extend_from_slice(shown.partition.to_string().as_bytes()),
                Piece::Offset => out.extend_from_slice(shown.offset.to_string().as_bytes()),
                Piece::TimestampMs => {
                    out.extend_from_slice(shown.timestamp_ms.to_string().as_bytes());
                }
                Piece::Date => out.extend_from_slice(date(shown.timestamp_ms).as_bytes()),
                Piece::Headers => headers(shown.record, &mut out),
            }
        }
        out
    }
}

impl Shown<'_> {
    /// The record for programs. Headers are a list: their names may repeat.
    pub(super) fn to_json(&self) -> Value {
        let headers: Vec<Value> = self
            .record
            .headers
            .clone()
            .map(|header| {
                json!({ "key": bytes_value(Some(header.key)), "value": bytes_value(header.value) })
            })
            .collect();
        json!({
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "timestamp_ms": self.timestamp_ms,
            "timestamp": date(self.timestamp_ms),
            "key": bytes_value(self.record.key),
            "value": bytes_value(self.record.value),
            "headers": headers,
        })
    }
}

fn headers(record: &Record<'_>, out: &mut Vec<u8>) {
    for (index, header) in record.headers.clone().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(header.key);
        out.push(b'=');
        out.extend_from_slice(header.value.unwrap_or_default());
    }
}

/// RFC 3339 with milliseconds; "-" where a batch carries no time.
fn date(timestamp_ms: i64) -> String {
    if timestamp_ms < 0 {
        return "-".to_owned();
    }
    jiff::Timestamp::from_millisecond(timestamp_ms)
        .map_or_else(|_| "-".to_owned(), |timestamp| format!("{timestamp:.3}"))
}

#[cfg(test)]
mod tests {
    use protocol_records::{BatchBuilder, Header, batches};
    use protocol_types::{Codec, Timestamp};
    use rstest::rstest;

    use super::*;

    /// Runs `check` on one record with two headers of the same name.
    fn with_record(key: Option<&[u8]>, value: Option<&[u8]>, check: impl Fn(&Shown<'_>)) {
        let mut builder = BatchBuilder::new(Codec::None);
        let headers =
            [Header { key: b"h", value: Some(b"1") }, Header { key: b"h", value: Some(b"2") }];
        builder.push(Timestamp(1_357_017_300_123), key, value, &headers);
        let bytes = builder.build().unwrap();
        let batch = batches(&bytes).next().unwrap().unwrap();
        let decoded = batch.decode(1 << 20).unwrap();
        let record = decoded.records().next().unwrap().unwrap();
        let timestamp_ms = decoded.timestamp_of(&record).0;
        check(&Shown { topic: "t", partition: 3, offset: 7, timestamp_ms, record: &record });
    }

    #[rstest]
    #[case("%v\\n", "value\n")]
    #[case(
        "%t[%p]@%o\\t%k=%v %h %T %d %%",
        "t[3]@7\tkey=value h=1,h=2 1357017300123 \
           2013-01-01T05:15:00.123Z %"
    )]
    fn templates_render(#[case] template: &str, #[case] text: &str) {
        with_record(Some(b"key"), Some(b"value"), |shown| {
            let rendered = template.parse::<Template>().unwrap().render(shown);
            assert_eq!(String::from_utf8(rendered).unwrap(), text);
        });
    }

    #[rstest]
    #[case("%x")]
    #[case("%")]
    #[case("\\q")]
    fn an_unknown_sign_is_refused(#[case] template: &str) {
        assert!(template.parse::<Template>().unwrap_err().contains("means nothing"));
    }

    #[test]
    fn objects_keep_duplicate_headers_nulls_and_binary_values() {
        with_record(None, Some(b"\xff"), |shown| {
            let json = shown.to_json();
            assert_eq!(json["key"], Value::Null);
            assert_eq!(json["value"], json!({ "encoding": "base64", "data": "/w==" }));
            let header = |value: &str| json!({ "key": "h", "value": value });
            assert_eq!(json["headers"], json!([header("1"), header("2")]));
            assert_eq!(json["timestamp"], "2013-01-01T05:15:00.123Z");
        });
    }
}
