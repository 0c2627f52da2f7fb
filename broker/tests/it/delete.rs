//! `topic delete` against a broker that this test plays.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use rstest::rstest;

use crate::broker::ringtide;

const API_VERSIONS: i16 = 18;
const DELETE_TOPICS: i16 = 20;

/// The key, the version and the correlation id of the next request.
fn request(stream: &mut TcpStream) -> Option<(i16, i16, i32)> {
    let mut len = [0; 4];
    stream.read_exact(&mut len).ok()?;
    let mut frame = vec![0; usize::try_from(u32::from_be_bytes(len)).unwrap()];
    stream.read_exact(&mut frame).ok()?;
    let short = |at: usize| i16::from_be_bytes([frame[at], frame[at + 1]]);
    Some((short(0), short(2), i32::from_be_bytes(frame[4..8].try_into().unwrap())))
}

/// That DeleteTopics is served in these versions; in version 0 of ApiVersions.
fn served(correlation_id: i32, min: i16, max: i16) -> Vec<u8> {
    let mut answer = correlation_id.to_be_bytes().to_vec();
    answer.extend(0_i16.to_be_bytes());
    answer.extend(1_i32.to_be_bytes());
    answer.extend([DELETE_TOPICS, min, max].into_iter().flat_map(i16::to_be_bytes));
    answer
}

#[rstest]
#[case((1, 6), 6)]
#[case((1, 5), 5)]
fn a_deletion_without_a_good_answer_is_not_sent_again(
    #[case] (min, max): (i16, i16),
    #[case] version: i16,
) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut command = ringtide();
    command.args(["topic", "delete", "t", "--yes", "-b", &address]).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut asked = Vec::new();
    while let Some((api, version, correlation_id)) = request(&mut stream) {
        asked.push((api, version));
        let answer = match api {
            API_VERSIONS => served(correlation_id, min, max),
            // The answer to another request.
            _ => (correlation_id + 100).to_be_bytes().to_vec(),
        };
        let len = u32::try_from(answer.len()).unwrap().to_be_bytes();
        stream.write_all(&[&len, &answer[..]].concat()).unwrap();
    }
    assert_eq!(asked, [(API_VERSIONS, 0), (DELETE_TOPICS, version)]);
    assert!(!process.wait().unwrap().success());
}
