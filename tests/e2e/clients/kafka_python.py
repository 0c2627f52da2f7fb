"""Driver over kafka-python: the same code for the 3.x line and for 2.0.2, which still is widely installed.

2.0.2 has no idempotence, no static members, deletes no records, alters no configuration incrementally, does not
change a group's offsets, and knows no code 87. Neither line says why it waits for an unknown topic.
"""

import json
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.errors import KafkaError, OffsetOutOfRangeError

from scenario import Held, Orders, Scenario, eventually, main, say, say_lookup, say_record

TIMEOUT = 20
# A topic that takes no record without a key, and none that is older than an hour.
STRICT = {"cleanup.policy": "compact", "message.timestamp.before.max.ms": "3600000"}
IS_OLD = kafka.__version__.startswith("2.")


def produce(bootstrap, scenario, prefix):
    scenario = Scenario(scenario, "kafka-python")
    more = {} if IS_OLD else {"enable_idempotence": True}
    for codec in scenario.codecs:
        topic = f"{prefix}-{codec}"
        producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            compression_type=None if codec == "none" else codec,
            acks="all",
            linger_ms=100,
            **more,
        )
        sent = [
            producer.send(
                topic,
                partition=record.partition,
                key=record.key,
                value=record.value,
                headers=record.headers,
                timestamp_ms=record.timestamp,
            )
            for record in scenario.records
        ]
        for future in sent:
            future.get(TIMEOUT)
        producer.close()
        say(topic=topic)


def consumer(bootstrap, **more):
    settings = {"group_id": None, "enable_auto_commit": False, "auto_offset_reset": "none", **more}
    return KafkaConsumer(bootstrap_servers=bootstrap, **settings)


def consume(bootstrap, scenario, *topics):
    scenario = Scenario(scenario)
    reader = consumer(bootstrap)
    for topic in topics:
        for number, asked in scenario.times:
            place = TopicPartition(topic, number)
            found = reader.offsets_for_times({place: asked})[place]
            say_lookup(topic, number, asked, found.offset if found else None)
    places = [TopicPartition(t, number) for t in topics for number in range(scenario.partitions)]
    reader.assign(places)
    reader.seek_to_beginning(*places)
    missing = dict(reader.end_offsets(places))
    deadline = time.monotonic() + TIMEOUT
    while any(count > 0 for count in missing.values()) and time.monotonic() < deadline:
        for place, records in reader.poll(timeout_ms=500).items():
            missing[place] -= len(records)
            for record in records:
                say_record(
                    record.topic,
                    record.partition,
                    record.offset,
                    record.timestamp,
                    record.key,
                    record.value,
                    record.headers,
                )
    reader.close()


def admin(bootstrap, prefix):
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    reader = consumer(bootstrap)
    topic = f"{prefix}-admin"
    create(client, topic, 2, {"retention.ms": "3600000"})
    eventually(lambda: partitions(client, topic) == 2)
    say(case="created", got=partitions(client, topic))
    say(case="described", got=retention(client, topic))
    if not IS_OLD:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "7200000"})
        client.alter_configs([resource], incremental=True)
        eventually(lambda: retention(client, topic) == "7200000")
        say(case="altered", got=retention(client, topic))
    client.create_partitions({topic: NewPartitions(4)})
    eventually(lambda: partitions(client, topic) == 4)
    say(case="extended", got=partitions(client, topic))
    if not IS_OLD:
        producer = KafkaProducer(bootstrap_servers=bootstrap)
        for number in range(10):
            producer.send(topic, f"{number}".encode(), partition=0).get(TIMEOUT)
        producer.close()
        place = TopicPartition(topic, 0)
        client.delete_records({place: 4})
        say(case="records deleted", got=reader.beginning_offsets([place])[place])
    say(case="brokers", got=len(client.describe_cluster()["brokers"]))
    client.delete_topics([topic])
    say(case="deleted", got=eventually(lambda: topic not in client.list_topics()))
    reader.close()
    client.close()


def create(client, topic, count, config, replicas=1):
    new = NewTopic(topic, num_partitions=count, replication_factor=replicas, topic_configs=config)
    answer = client.create_topics([new])
    if IS_OLD:
        refuse(answer.topic_errors)


def refuse(rows):
    """2.0.2 hands answers back without looking at the error codes in them."""
    for row in rows:
        if row[1] != 0:
            raise kafka.errors.for_code(row[1])


def partitions(client, topic):
    found = [row for row in client.describe_topics([topic]) if not row["error_code"]]
    return len(found[0]["partitions"]) if found else 0


def retention(client, topic):
    answer = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    if IS_OLD:
        rows = answer[0].resources[0][4]
        return next(row[1] for row in rows if row[0] == "retention.ms")
    return find_value(answer, "retention.ms")


def find_value(answer, name):
    """The 3.x line nests by type and resource; what is wanted is the one value of that name."""
    if isinstance(answer, dict):
        if name in answer:
            found = answer[name]
            return found["value"] if isinstance(found, dict) else found
        answer = answer.values()
    for part in answer:
        if isinstance(part, (dict, list)):
            found = find_value(part, name)
            if found is not None:
                return found
    return None


def errors(bootstrap, prefix):
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    topic = f"{prefix}-errors"
    create(client, topic, 2, {"max.message.bytes": "10000"})
    eventually(lambda: partitions(client, topic) == 2)
    say(case="topic exists", got=code(lambda: create(client, topic, 1, {})))
    say(case="topic name", got=code(lambda: create(client, "no such/name", 1, {})))
    say(case="no partitions", got=code(lambda: create(client, f"{topic}-none", 0, {})))
    say(case="unknown config", got=code(lambda: create(client, f"{topic}-x", 1, {"no.such": "1"})))
    say(case="replicas", got=code(lambda: create(client, f"{topic}-two", 1, {}, replicas=2)))
    say(case="fewer partitions", got=code(lambda: shrink(client, topic)))
    say(case="delete unknown", got=code(lambda: client.delete_topics([f"{topic}-unknown"])))
    say(case="describe unknown", got=client.describe_topics([f"{topic}-unknown"])[0]["error_code"])
    say(case="too large", got=code(lambda: produce_one(bootstrap, topic, bytes(20_000))))
    strict = f"{topic}-strict"
    create(client, strict, 1, STRICT)
    eventually(lambda: partitions(client, strict) == 1)
    if not IS_OLD:
        say(case="null key", got=code(lambda: produce_one(bootstrap, strict, b"1")))
    say(case="timestamp", got=code(lambda: produce_one(bootstrap, strict, b"1", key=b"1", timestamp_ms=1)))
    say(case="out of range", got=code(lambda: out_of_range(bootstrap, topic)))
    say(case="session timeout", got=code(lambda: be_hasty(bootstrap, topic)))
    if not IS_OLD:
        say(case="fenced", got=code(lambda: be_fenced(bootstrap, topic)))
    client.close()


def shrink(client, topic):
    answer = client.create_partitions({topic: NewPartitions(1)})
    if IS_OLD:
        refuse(answer.topic_errors)


def code(action):
    try:
        action()
    except OffsetOutOfRangeError:
        return OffsetOutOfRangeError.errno
    except KafkaError as failure:
        return failure.errno
    return 0


def produce_one(bootstrap, topic, value, **more):
    producer = KafkaProducer(bootstrap_servers=bootstrap, retries=0)
    try:
        producer.send(topic, value, **more).get(TIMEOUT)
    finally:
        producer.close()


def out_of_range(bootstrap, topic):
    reader = consumer(bootstrap)
    place = TopicPartition(topic, 0)
    reader.assign([place])
    reader.seek(place, 1_000_000)
    try:
        for _ in range(10):
            reader.poll(timeout_ms=1000)
    finally:
        reader.close()


def be_hasty(bootstrap, topic):
    reader = consumer(bootstrap, group_id=f"{topic}-hasty", session_timeout_ms=100, heartbeat_interval_ms=30)
    reader.subscribe([topic])
    try:
        reader.poll(timeout_ms=TIMEOUT * 1000)
    finally:
        reader.close(autocommit=False)


def be_fenced(bootstrap, topic):
    """The second member in a static seat takes it from the first."""
    settings = {"group_id": f"{topic}-fenced", "group_instance_id": "seat", "auto_offset_reset": "earliest"}
    # The commit shall be what tells the first one: told by a heartbeat, it refuses to commit by itself.
    settings |= {"session_timeout_ms": 60_000, "heartbeat_interval_ms": 55_000}
    members = [consumer(bootstrap, **settings) for _ in range(2)]
    for reader in members:
        # The library joins anew when it first hears of a topic's partitions, and a poll whose time is up in
        # the middle of that leaves it joining for good: so it shall know them, and have time.
        reader.partitions_for_topic(topic)
        reader.subscribe([topic])
        eventually(lambda: reader.poll(timeout_ms=1000) or reader.assignment())
    members[0].commit({TopicPartition(topic, 0): position(0)})


class Listener(kafka.ConsumerRebalanceListener):
    def __init__(self, held):
        self.held = held

    def on_partitions_assigned(self, assigned):
        self.held.gain([place.partition for place in assigned])

    def on_partitions_revoked(self, revoked):
        self.held.lose([place.partition for place in revoked])


def member(bootstrap, options):
    options = json.loads(options)
    topic = options["topic"]
    reader = consumer(
        bootstrap,
        group_id=options["group"],
        session_timeout_ms=options["session_ms"],
        heartbeat_interval_ms=options["heartbeat_ms"],
        auto_offset_reset="earliest",
        **({"group_instance_id": options["instance"]} if options["instance"] else {}),
    )
    orders, held = Orders(), Held()
    reader.subscribe([topic], listener=Listener(held))
    while True:
        for records in reader.poll(timeout_ms=500).values():
            for record in records:
                held.read(record.partition, record.offset)
        order, numbers = orders.next()
        if order == "commit" and held.next_offsets:
            reader.commit({TopicPartition(topic, p): position(o) for p, o in held.next_offsets.items()})
        elif order == "seek":
            reader.seek(TopicPartition(topic, numbers[0]), numbers[1])
        elif order == "leave":
            reader.close(autocommit=False)
        if order:
            say(done=order)
        if order == "leave":
            return


def writer(bootstrap, topic, partitions):
    more = {} if IS_OLD else {"enable_idempotence": True}
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", **more)
    orders, number = Orders(), 0
    while orders.next()[0] != "leave":
        sent = producer.send(topic, b"%d" % number, partition=number % int(partitions))
        try:
            done = sent.get(TIMEOUT)
            say(acked=[done.partition, done.offset])
        except KafkaError:
            # Not acknowledged, so nobody need find it.
            pass
        number += 1
    say(done="leave")


def position(offset):
    if IS_OLD:
        return kafka.OffsetAndMetadata(offset, "")
    return kafka.OffsetAndMetadata(offset, "", -1)


def group(bootstrap, name, topic, use):
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    api = OldGroups(client) if IS_OLD else Groups(client)
    say(case="listed", got=name in api.names())
    state, members = api.describe(name)
    say(case="state", got=state)
    say(case="members", got=members)
    if use == "used":
        say(case="delete used", got=code(lambda: api.delete(name)))
        client.close()
        return
    say(case="offsets", got=sorted(api.offsets(name).items()))
    if not IS_OLD:
        client.alter_group_offsets(name, {TopicPartition(topic, 0): position(3)})
        say(case="offset altered", got=api.offsets(name)[0])
        client.delete_group_offsets(name, [TopicPartition(topic, 1)])
        say(case="offset deleted", got=1 not in api.offsets(name))
    api.delete(name)
    say(case="group deleted", got=name not in api.names())
    say(case="delete unknown group", got=code(lambda: api.delete(name)))
    client.close()


class Groups:
    def __init__(self, client):
        self.client = client

    def names(self):
        return [row["group_id"] for row in self.client.list_groups()]

    def describe(self, name):
        found = self.client.describe_groups([name])[name]
        return found["group_state"], len(found["members"])

    def offsets(self, name):
        found = self.client.list_group_offsets({name: None})[name]
        return {place.partition: position.offset for place, position in found.items()}

    def delete(self, name):
        said = self.client.delete_groups([name])[name]
        if said != "OK":
            raise getattr(kafka.errors, said)


class OldGroups(Groups):
    def names(self):
        return [row[0] for row in self.client.list_consumer_groups()]

    def describe(self, name):
        found = self.client.describe_consumer_groups([name])[0]
        return found.state, len(found.members)

    def offsets(self, name):
        found = self.client.list_consumer_group_offsets(name)
        return {place.partition: position.offset for place, position in found.items()}

    def delete(self, name):
        for _, failure in self.client.delete_consumer_groups([name]):
            if failure.errno:
                raise failure


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
