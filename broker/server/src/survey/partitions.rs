//! Topics and partitions: how many there are, where each begins and ends.

use std::sync::Arc;

use broker_partitions::{Marks, Topic};
use config::PartitionDetail;

use super::{
    SurveyDeps,
    text::{Exposition, float},
};

/// How a metric reads the marks of a partition.
type MarkOf = fn(&Marks) -> u64;

/// A partition as it was looked at.
struct Seen<'a> {
    topic: &'a str,
    partition: String,
    marks: Marks,
}

pub(super) fn write(deps: &SurveyDeps, out: &mut Exposition) {
    let settings = &deps.config.metrics;
    let image = deps.controller.image();
    out.gauge("ringtide_topics", "Topics.");
    out.sample(&[], float(image.topic_count() as u64));
    out.gauge("ringtide_partitions", "Partitions of all topics.");
    out.sample(&[], float(image.partition_count()));
    let topics: Vec<Arc<Topic>> = image
        .topics_by_name()
        .iter()
        .filter(|topic| settings.topics.admits(&topic.name))
        .filter_map(|topic| deps.partitions.topic(&topic.name))
        .collect();
    out.gauge("ringtide_topic_partitions", "Partitions of a topic.");
    for topic in &topics {
        out.sample(&[("topic", topic.name())], float(topic.partitions().len() as u64));
    }
    traffic(&topics, out);
    if settings.partition_detail == PartitionDetail::None {
        return;
    }
    // Once for all families: they agree with each other, and each partition's lock is taken once.
    let seen: Vec<Seen<'_>> = topics.iter().flat_map(|topic| look(deps, topic)).collect();
    let families: [(&str, &str, MarkOf); 3] = [
        ("ringtide_partition_log_start_offset", "First offset that can be read.", |marks| {
            marks.log_start.0
        }),
        ("ringtide_partition_high_watermark_offset", "Offset up to which can be read.", |marks| {
            marks.high_watermark.0
        }),
        ("ringtide_partition_log_end_offset", "Offset the next record gets.", |marks| {
            marks.log_end.0
        }),
    ];
    for (name, help, value) in families {
        out.gauge(name, help);
        for Seen { topic, partition, marks } in &seen {
            let labels = [("topic", *topic), ("partition", partition.as_str())];
            out.sample(&labels, float(value(marks)));
        }
    }
}

/// The marks of each partition of a topic.
fn look<'a>(deps: &SurveyDeps, topic: &'a Topic) -> Vec<Seen<'a>> {
    let mut seen = Vec::new();
    for (index, partition) in topic.partitions().iter().enumerate() {
        let (partition, marks) = (index.to_string(), deps.partitions.marks(partition));
        seen.push(Seen { topic: topic.name(), partition, marks });
    }
    seen
}

/// Both families whole: a topic that nobody uses shows that with zeros.
fn traffic(topics: &[Arc<Topic>], out: &mut Exposition) {
    out.counter("ringtide_produce_bytes_total", "Bytes of appended batches.");
    for topic in topics {
        out.sample(&[("topic", topic.name())], float(topic.traffic().produced.get()));
    }
    let help = "Bytes of fetched batches: from ring memory, or from files.";
    out.counter("ringtide_fetch_bytes_total", help);
    for topic in topics {
        let traffic = topic.traffic();
        for (source, bytes) in [("ring", &traffic.fetched_ring), ("file", &traffic.fetched_file)] {
            let labels = [("topic", &**topic.name()), ("source", source)];
            out.sample(&labels, float(bytes.get()));
        }
    }
}
