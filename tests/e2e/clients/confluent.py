"""Driver over confluent-kafka, that is librdkafka with every codec. It has no call that deletes a group's offset."""

import json
import time

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
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

from scenario import Held, Orders, Scenario, eventually, main, say, say_lookup, say_record

TIMEOUT = 20
# A topic that takes no record without a key, and none that is older than an hour.
STRICT = {"cleanup.policy": "compact", "message.timestamp.before.max.ms": "3600000"}


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


def create(client, topic, count, config, replicas=1):
    new = NewTopic(topic, num_partitions=count, replication_factor=replicas, config=config)
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
    create(client, topic, 2, {"max.message.bytes": "10000"})
    eventually(lambda: partitions(client, topic) == 2)
    say(case="topic exists", got=code(lambda: create(client, topic, 1, {})))
    say(case="topic name", got=code(lambda: create(client, "no such/name", 1, {})))
    say(case="no partitions", got=code(lambda: create(client, f"{topic}-none", 0, {})))
    say(case="unknown config", got=code(lambda: create(client, f"{topic}-x", 1, {"no.such": "1"})))
    say(case="replicas", got=code(lambda: create(client, f"{topic}-two", 1, {}, replicas=2)))
    fewer = NewPartitions(topic, 1)
    say(case="fewer partitions", got=code(lambda: client.create_partitions([fewer])[topic].result(TIMEOUT)))
    unknown = f"{topic}-unknown"
    say(case="delete unknown", got=code(lambda: client.delete_topics([unknown])[unknown].result(TIMEOUT)))
    nowhere = TopicCollection([unknown])
    say(case="describe unknown", got=code(lambda: client.describe_topics(nowhere)[unknown].result(TIMEOUT)))
    say(case="too large", got=produce_error(bootstrap, topic, value=bytes(20_000)))
    say(case="produce unknown", got=produce_error(bootstrap, unknown, value=b"1"))
    strict = f"{topic}-strict"
    create(client, strict, 1, STRICT)
    eventually(lambda: partitions(client, strict) == 1)
    say(case="null key", got=produce_error(bootstrap, strict, value=b"1"))
    say(case="timestamp", got=produce_error(bootstrap, strict, value=b"1", key=b"1", timestamp=1))
    say(case="out of range", got=fetch_error(bootstrap, topic))
    say(case="session timeout", got=session_error(bootstrap, topic))
    say(case="fenced", got=code(lambda: be_fenced(bootstrap, topic)))


def code(action):
    try:
        action()
    except KafkaException as failure:
        return failure.args[0].code()
    return KafkaError.NO_ERROR


def produce_error(bootstrap, topic, **record):
    codes = []
    # By default an unknown topic is waited for.
    producer = Producer({"bootstrap.servers": bootstrap, "topic.metadata.propagation.max.ms": 0})
    producer.produce(
        topic,
        on_delivery=lambda error, message: codes.append(error.code() if error else 0),
        **record,
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


def session_error(bootstrap, topic):
    settings = {"group.id": f"{topic}-hasty", "session.timeout.ms": 100, "heartbeat.interval.ms": 30}
    reader = consumer(bootstrap, **settings)
    reader.subscribe([topic])
    message = reader.poll(TIMEOUT)
    reader.close()
    return message.error().code()


def be_fenced(bootstrap, topic):
    """The second member in a static seat takes it from the first."""
    settings = {"group.id": f"{topic}-fenced", "group.instance.id": "seat", "auto.offset.reset": "earliest"}
    # The commit shall be what tells the first one, not a heartbeat before it.
    settings |= {"session.timeout.ms": 60_000, "heartbeat.interval.ms": 55_000}
    members = [consumer(bootstrap, **settings) for _ in range(2)]
    for reader in members:
        reader.subscribe([topic])
        eventually(lambda: reader.poll(0.1) or reader.assignment())
    members[0].commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)


def member(bootstrap, options):
    options = json.loads(options)
    topic = options["topic"]
    settings = {"group.id": options["group"], "group.protocol": options["protocol"]}
    if options["protocol"] == "classic":
        settings |= {"session.timeout.ms": options["session_ms"], "heartbeat.interval.ms": options["heartbeat_ms"]}
    if options["instance"]:
        settings["group.instance.id"] = options["instance"]
    reader = consumer(bootstrap, **settings, **{"auto.offset.reset": "earliest"})
    orders, held = Orders(), Held()
    reader.subscribe(
        [topic],
        on_assign=lambda _, places: held.gain([place.partition for place in places]),
        on_revoke=lambda _, places: held.lose([place.partition for place in places]),
    )
    while True:
        message = reader.poll(0.05)
        if message and message.error():
            raise SystemExit(f"member: {message.error()}")
        if message:
            held.read(message.partition(), message.offset())
        order, numbers = orders.next()
        if order == "commit" and held.next_offsets:
            offsets = [TopicPartition(topic, *pair) for pair in held.next_offsets.items()]
            reader.commit(offsets=offsets, asynchronous=False)
        elif order == "seek":
            reader.seek(TopicPartition(topic, *numbers))
        elif order == "leave":
            reader.close()
        if order:
            say(done=order)
        if order == "leave":
            return


def writer(bootstrap, topic, partitions):
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    orders, number = Orders(), 0

    def delivered(error, message):
        if not error:
            say(acked=[message.partition(), message.offset()])

    while orders.next()[0] != "leave":
        producer.produce(topic, f"{number}", partition=number % int(partitions), on_delivery=delivered)
        producer.flush(TIMEOUT)
        number += 1
    say(done="leave")


def group(bootstrap, name, topic, use):
    client = AdminClient({"bootstrap.servers": bootstrap})
    offsets = lambda: committed(client, name)

    def listed():
        return name in [row.group_id for row in client.list_consumer_groups().result(TIMEOUT).valid]

    found = client.describe_consumer_groups([name])[name].result(TIMEOUT)
    say(case="listed", got=listed())
    say(case="state", got=found.state.name.capitalize())
    say(case="members", got=len(found.members))
    if use == "used":
        say(case="delete used", got=code(lambda: delete_group(client, name)))
        return
    say(case="offsets", got=sorted(offsets().items()))
    wanted = ConsumerGroupTopicPartitions(name, [TopicPartition(topic, 0, 3)])
    client.alter_consumer_group_offsets([wanted])[name].result(TIMEOUT)
    say(case="offset altered", got=offsets()[0])
    delete_group(client, name)
    say(case="group deleted", got=not listed())
    say(case="delete unknown group", got=code(lambda: delete_group(client, name)))


def committed(client, name):
    answer = client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(name)])[name].result(TIMEOUT)
    return {place.partition: place.offset for place in answer.topic_partitions}


def delete_group(client, name):
    client.delete_consumer_groups([name])[name].result(TIMEOUT)


main(
    {
        "produce": produce,
        "consume": consume,
        "admin": admin,
        "errors": errors,
        "member": member,
        "writer": writer,
        "group": group,
    }
)
