"""Produces every flight once, idempotently, through librdkafka."""

import argparse
import sys
import time

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

import flights


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--sample", type=int)
    arguments = parser.parse_args()

    create_topic(arguments.bootstrap)
    failures = []
    producer = Producer(
        {
            "bootstrap.servers": arguments.bootstrap,
            "enable.idempotence": True,
            "compression.type": "zstd",
            "linger.ms": 20,
            "queue.buffering.max.messages": 500_000,
        }
    )

    def on_delivery(error, message):
        if error is not None:
            failures.append(str(error))

    started = time.monotonic()
    count = 0
    for event in flights.events(arguments.data, arguments.sample):
        while True:
            try:
                producer.produce(
                    flights.TOPIC,
                    key=event["key"],
                    value=event["value"],
                    timestamp=event["timestamp"],
                    headers=event["headers"],
                    on_delivery=on_delivery,
                )
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        count += 1
    left = producer.flush(120)
    if left or failures:
        sys.exit(f"{left} flights not acknowledged, {len(failures)} failed: {failures[:3]}")
    print(f"produced {count} flights in {time.monotonic() - started:.1f} s")


def create_topic(bootstrap):
    """Event times lie years back, so that a time limit on retention would delete at once."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topic = NewTopic(
        flights.TOPIC,
        num_partitions=flights.PARTITIONS,
        replication_factor=1,
        config={"retention.ms": "-1"},
    )
    try:
        admin.create_topics([topic])[flights.TOPIC].result(30)
    except KafkaException as failure:
        if failure.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            sys.exit(f"topic {flights.TOPIC} exists: delete it, or run with --verify-only")
        raise


if __name__ == "__main__":
    main()
