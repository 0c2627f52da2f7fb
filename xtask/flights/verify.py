"""Reads every flight back through kafka-python and checks it against the data set, field by field."""

import argparse
import sys
import time
from collections import Counter

from kafka import KafkaConsumer, TopicPartition

import flights


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--sample", type=int)
    arguments = parser.parse_args()

    expected = {
        dict(event["headers"])["ce_id"]: event
        for event in flights.events(arguments.data, arguments.sample)
    }
    carriers = Counter(event["carrier"] for event in expected.values())
    started = time.monotonic()
    seen = Counter()
    for record in read(arguments.bootstrap):
        identity = dict(record.headers)["ce_id"]
        event = expected.pop(identity, None)
        if event is None:
            sys.exit(f"{identity} stands at {record.partition}/{record.offset}, for the second time")
        for name in ("key", "value", "timestamp", "headers"):
            if getattr(record, name) != event[name]:
                sys.exit(f"{identity}: {name} is {getattr(record, name)}, was {event[name]}")
        seen[event["carrier"]] += 1
    if expected:
        sys.exit(f"{len(expected)} flights are missing, the first is {next(iter(expected))}")
    if seen != carriers:
        sys.exit(f"counts per carrier differ: {seen} here, {carriers} in the data set")
    print(f"verified {seen.total()} flights in {time.monotonic() - started:.1f} s")
    print("per carrier: " + " ".join(f"{carrier}={seen[carrier]}" for carrier in sorted(seen)))


def read(bootstrap):
    """Every record of the topic, each partition checked to have no gap."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        fetch_max_bytes=16 << 20,
        max_partition_fetch_bytes=4 << 20,
    )
    partitions = [TopicPartition(flights.TOPIC, number) for number in range(flights.PARTITIONS)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    following = dict.fromkeys(partitions, 0)
    idle_since = time.monotonic()
    while any(following[partition] < ends[partition] for partition in partitions):
        for partition, records in consumer.poll(timeout_ms=1000).items():
            for record in records:
                if record.offset != following[partition]:
                    sys.exit(f"{partition} goes from {following[partition]} to {record.offset}")
                following[partition] += 1
                yield record
            idle_since = time.monotonic()
        if time.monotonic() - idle_since > 30:
            sys.exit(f"nothing more arrives; read up to {following}, the ends are {ends}")
    consumer.close()


if __name__ == "__main__":
    main()
