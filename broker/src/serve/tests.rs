//! The last word of a failed start.

use anyhow::anyhow;

use super::told;

#[test]
fn a_cause_is_told_once() {
    let error = anyhow!("no space left").context("ring log /r: no space left; free some");
    assert_eq!(told(&error), "ring log /r: no space left; free some");
    let error = anyhow!("it is a directory").context("write the ports file p");
    assert_eq!(told(&error), "write the ports file p: it is a directory");
}
