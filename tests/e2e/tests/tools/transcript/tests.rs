use anyhow::Result;

use super::{Transcript, compare};
use crate::tools::differences::Differences;

const LISTED: &str = "# Because.\n$ list\n- theirs\n+ ours\n";

fn difference(golden: &str, found: &str) -> Result<()> {
    compare(&Transcript::parse(golden), &Transcript::parse(found), &Differences::parse(LISTED)?)
}

#[test]
fn a_listed_difference_is_fine_where_it_is_listed() -> Result<()> {
    difference("$ list\ntheirs\n$ show\nsame\n", "$ list\nours\n$ show\nsame\n")
}

#[test]
fn it_is_not_fine_at_another_command() {
    let golden = "$ list\ntheirs\n$ show\ntheirs\n";
    assert!(difference(golden, "$ list\nours\n$ show\nours\n").is_err());
    assert!(difference(golden, "$ list\ntheirs\n$ show\nours\n").is_err());
}

#[test]
fn it_is_not_fine_more_often_than_it_is_listed() {
    assert!(difference("$ list\ntheirs\n", "$ list\nours\nours\n").is_err());
    assert!(difference("$ list\ntheirs\ntheirs\n", "$ list\nours\n").is_err());
}

#[test]
fn one_that_is_gone_is_not_listed_any_longer() {
    assert!(difference("$ list\ntheirs\n", "$ list\ntheirs\n").is_err());
}
