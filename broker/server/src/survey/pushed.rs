//! Metrics that clients pushed (KIP-714), all in one family: their names are theirs.

use broker_telemetry::{Shown, Telemetry};
use parking_lot::Mutex;
use protocol_types::Instant;

use super::text::{Exposition, float};

#[cfg(test)]
mod tests;

pub(super) fn write(telemetry: &Mutex<Telemetry>, now: Instant, out: &mut Exposition) {
    let (series, instances) = {
        let mut telemetry = telemetry.lock();
        telemetry.expire(now);
        (telemetry.series().collect::<Vec<Shown>>(), telemetry.instances())
    };
    out.gauge("ringtide_client_telemetry_instances", "Client instances known by telemetry.");
    out.sample(&[], float(instances as u64));
    out.gauge(
        "ringtide_client_metric",
        "Newest values of metrics that clients pushed (KIP-714), sums added up.",
    );
    for shown in &series {
        sample(shown, out);
    }
}

fn sample(shown: &Shown, out: &mut Exposition) {
    let instance = shown.instance.to_string();
    let names: Vec<String> = shown.labels.iter().map(|(name, _)| label(name)).collect();
    let mut labels = vec![
        ("metric", shown.metric.as_str()),
        ("client_instance_id", &instance),
        ("client_id", &shown.client_id),
        ("client_software_name", &shown.software_name),
    ];
    for (name, (_, value)) in names.iter().zip(&shown.labels) {
        // A name given twice would make the whole text unreadable.
        if labels.iter().all(|(other, _)| other != name) {
            labels.push((name, value));
        }
    }
    out.sample(&labels, shown.value);
}

/// An attribute's name as a label's.
fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("attribute_{}", name.chars().map(plain).collect::<String>())
}
