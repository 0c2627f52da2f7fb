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
    let marks: [(&str, &str, MarkOf); 3] = [
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
    for (name, help, value) in marks {
        out.gauge(name, help);
        for topic in &topics {
            for (index, partition) in topic.partitions().iter().enumerate() {
                let marks = deps.partitions.marks(partition);
                let labels = [("topic", &**topic.name()), ("partition", &index.to_string())];
                out.sample(&labels, float(value(&marks)));
            }
        }
    }
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
