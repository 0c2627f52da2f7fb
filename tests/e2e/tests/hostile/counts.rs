//! Each length and count field of each served api in each version, set to the most it can say.
//!
//! A decoder that believes one reserves gigabytes for it, and the process is gone.

use anyhow::{Context, Result, ensure};
use protocol_types::ApiKey;
use protocol_wire::guard::{CountField, CountWidth, count_fields};
use protocol_wire::samples::served_versions;
use tests_e2e::broker::Broker;

use super::attack::{Outcome, attack, holds_memory, sample, serves, set_length};

/// 2^31 − 1 elements as an unsigned varint says it: one more, 0 being null.
const COMPACT: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 0x08];

struct Lie {
    what: String,
    frame: Vec<u8>,
}

#[test]
fn no_count_of_any_api_and_version_is_believed() -> Result<()> {
    let lies = lies()?;
    ensure!(lies.len() > 300, "{} lies are fewer than the served apis have fields", lies.len());
    let broker = Broker::start()?;
    // What the broker takes once for every kind of request it takes now.
    tell(&broker, &lies)?;
    holds_memory(&broker, 16 << 20, || tell(&broker, &lies))?;
    serves(&broker)
}

fn tell(broker: &Broker, lies: &[Lie]) -> Result<()> {
    for lie in lies {
        match attack(broker, &lie.frame).with_context(|| lie.what.clone())? {
            Outcome::Closed => {}
            Outcome::Answered(_) => anyhow::bail!("{} was answered", lie.what),
        }
    }
    serves(broker)
}

fn lies() -> Result<Vec<Lie>> {
    let mut lies = Vec::new();
    for (api, version) in served_versions() {
        let (frame, body_at) = sample(api, version)?;
        for field in count_fields(api, version, frame.get(body_at..).context("no body")?)? {
            lies.push(lie(api, version, &frame, body_at, &field));
        }
    }
    Ok(lies)
}

fn lie(api: ApiKey, version: i16, frame: &[u8], body_at: usize, field: &CountField) -> Lie {
    let count = match field.width {
        CountWidth::Int16 => i16::MAX.to_be_bytes().to_vec(),
        CountWidth::Int32 => i32::MAX.to_be_bytes().to_vec(),
        CountWidth::UnsignedVarint => COMPACT.to_vec(),
    };
    let at = body_at + field.at;
    let mut frame = frame.to_vec();
    frame.splice(at..at + field.len, count);
    set_length(&mut frame);
    let what = format!("{} v{version}, {} at {at}", api.name(), field.field);
    Lie { what, frame }
}
