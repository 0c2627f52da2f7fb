"""Driver over confluent-kafka, that is librdkafka with every codec."""

import time

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
)

from scenario import Scenario, eventually, main, say, say_lookup, say_record

TIMEOUT = 20


def produce(bootstrap, scenario, prefix):
    scenario = Scenario(scenario)
    for codec in scenario.codecs:
        topic = f"{prefix}-{codec}"
        failures = []
        producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "compression.type": codec,
                "enable.idempotence": True,
                "linger.ms": 100,
            }
        )
        for record in scenario.records:
            producer.produce(
                topic,
                partition=record.partition,
                key=record.key,
                value=record.value,
                headers=record.headers,
                timestamp=record.timestamp,
                on_delivery=lambda error, message: failures.append(str(error)) if error else None,
            )
        left = producer.flush(TIMEOUT)
        if left or failures:
            raise SystemExit(f"{topic}: {left} not acknowledged, failed: {failures}")
        say(topic=topic)


def consumer(bootstrap, **more):
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "unused",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            **more,
        }
    )


def consume(bootstrap, scenario, *topics):
    scenario = Scenario(scenario)
    reader = consumer(bootstrap)
    for topic in topics:
        for partition, asked in scenario.times:
            found = reader.offsets_for_times([TopicPartition(topic, partition, asked)], TIMEOUT)
            offset = found[0].offset
            say_lookup(topic, partition, asked, offset if offset >= 0 else None)
    missing = {}
    for topic in topics:
        for partition in range(scenario.partitions):
            low, high = reader.get_watermark_offsets(TopicPartition(topic, partition), TIMEOUT)
            missing[topic, partition] = high - low
    reader.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in missing])
    deadline = time.monotonic() + TIMEOUT
    while any(count > 0 for count in missing.values()) and time.monotonic() < deadline:
        for message in reader.consume(100, 0.1):
            if message.error():
                raise SystemExit(f"consume: {message.error()}")
            missing[message.topic(), message.partition()] -= 1
            say_record(
                message.topic(),
                message.partition(),
                message.offset(),
                message.timestamp()[1],
                message.key(),
                message.value(),
                message.headers() or [],
            )
    reader.close()


def admin(bootstrap, prefix):
    client = AdminClient({"bootstrap.servers": bootstrap})
    topic = f"{prefix}-admin"
    create(client, topic, 2, {"retention.ms": "3600000"})
    eventually(lambda: partitions(client, topic) == 2)
    say(case="created", got=partitions(client, topic))
    say(case="described", got=retention(client, topic))
    entry = ConfigEntry("retention.ms", "7200000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    client.incremental_alter_configs([resource])[resource].result(TIMEOUT)
    eventually(lambda: retention(client, topic) == "7200000")
    say(case="altered", got=retention(client, topic))
    client.create_partitions([NewPartitions(topic, 4)])[topic].result(TIMEOUT)
    eventually(lambda: partitions(client, topic) == 4)
    say(case="extended", got=partitions(client, topic))
    producer = Producer({"bootstrap.servers": bootstrap})
    for number in range(10):
        producer.produce(topic, f"{number}", partition=0)
    producer.flush(TIMEOUT)
    before = TopicPartition(topic, 0, 4)
    client.delete_records([before])[before].result(TIMEOUT)
    reader = consumer(bootstrap)
    say(case="records deleted", got=reader.get_watermark_offsets(TopicPartition(topic, 0), TIMEOUT)[0])
    reader.close()
    say(case="brokers", got=len(client.describe_cluster().result(TIMEOUT).nodes))
    client.delete_topics([topic])[topic].result(TIMEOUT)
    gone = eventually(lambda: topic not in client.list_topics(timeout=TIMEOUT).topics)
    say(case="deleted", got=gone)


def create(client, topic, count, config):
    new = NewTopic(topic, num_partitions=count, replication_factor=1, config=config)
    client.create_topics([new])[topic].result(TIMEOUT)


def partitions(client, topic):
    found = client.list_topics(timeout=TIMEOUT).topics.get(topic)
    return len(found.partitions) if found else 0


def retention(client, topic):
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    return client.describe_configs([resource])[resource].result(TIMEOUT)["retention.ms"].value


def errors(bootstrap, prefix):
    client = AdminClient({"bootstrap.servers": bootstrap})
    topic = f"{prefix}-errors"
    create(client, topic, 1, {"max.message.bytes": "10000"})
    eventually(lambda: partitions(client, topic) == 1)
    say(case="topic exists", got=code(lambda: create(client, topic, 1, {})))
    say(case="topic name", got=code(lambda: create(client, "no such/name", 1, {})))
    say(case="no partitions", got=code(lambda: create(client, f"{topic}-none", 0, {})))
    say(case="unknown config", got=code(lambda: create(client, f"{topic}-x", 1, {"no.such": "1"})))
    unknown = f"{topic}-unknown"
    say(case="delete unknown", got=code(lambda: client.delete_topics([unknown])[unknown].result(TIMEOUT)))
    say(case="too large", got=produce_error(bootstrap, topic))
    say(case="out of range", got=fetch_error(bootstrap, topic))


def code(action):
    try:
        action()
    except KafkaException as failure:
        return failure.args[0].code()
    return KafkaError.NO_ERROR


def produce_error(bootstrap, topic):
    codes = []
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce(
        topic,
        bytes(20_000),
        on_delivery=lambda error, message: codes.append(error.code() if error else 0),
    )
    producer.flush(TIMEOUT)
    return codes[0]


def fetch_error(bootstrap, topic):
    reader = consumer(bootstrap)
    reader.assign([TopicPartition(topic, 0, 1_000_000)])
    message = reader.poll(TIMEOUT)
    reader.close()
    error = message.error()
    # The library wraps the broker's code in its own and quotes it.
    return 1 if error and "out of range" in error.str().lower() else error.code()


main({"produce": produce, "consume": consume, "admin": admin, "errors": errors})
