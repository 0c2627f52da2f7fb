"""Driver over aiokafka, the asyncio client.

It deletes and changes no offsets of a group, deletes no group, changes the configuration of a resource only whole, does not
say in which static seat it commits, so that no commit is fenced, and knows no code 87.
"""

import asyncio
import json
import logging

from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    OffsetAndMetadata,
    TopicPartition,
)
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from scenario import Held, Orders, Scenario, main, say, say_lookup, say_record

TIMEOUT = 20
# A topic that takes no record without a key, and none that is older than an hour.
STRICT = {"cleanup.policy": "compact", "message.timestamp.before.max.ms": "3600000"}
logging.disable(logging.CRITICAL)


async def produce(bootstrap, scenario, prefix):
    scenario = Scenario(scenario, "aiokafka")
    for codec in scenario.codecs:
        topic = f"{prefix}-{codec}"
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            compression_type=None if codec == "none" else codec,
            enable_idempotence=True,
            linger_ms=100,
        )
        await producer.start()
        sent = [
            await producer.send(
                topic,
                partition=record.partition,
                key=record.key,
                value=record.value,
                headers=record.headers,
                timestamp_ms=record.timestamp,
            )
            for record in scenario.records
        ]
        await asyncio.wait_for(asyncio.gather(*sent), TIMEOUT)
        await producer.stop()
        say(topic=topic)


def consumer(bootstrap, **more):
    settings = {"group_id": None, "enable_auto_commit": False, "auto_offset_reset": "none", **more}
    return AIOKafkaConsumer(bootstrap_servers=bootstrap, **settings)


async def consume(bootstrap, scenario, *topics):
    scenario = Scenario(scenario)
    places = [TopicPartition(t, number) for t in topics for number in range(scenario.partitions)]
    reader = consumer(bootstrap)
    reader.assign(places)
    await reader.start()
    for topic in topics:
        for number, asked in scenario.times:
            place = TopicPartition(topic, number)
            found = (await reader.offsets_for_times({place: asked}))[place]
            say_lookup(topic, number, asked, found.offset if found else None)
    await reader.seek_to_beginning(*places)
    missing = sum((await reader.end_offsets(places)).values())
    while missing > 0:
        found = await reader.getmany(timeout_ms=TIMEOUT * 1000)
        if not found:
            break
        for records in found.values():
            missing -= len(records)
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
    await reader.stop()


async def admin(bootstrap, prefix):
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    topic = f"{prefix}-admin"
    await create(client, topic, 2, {"retention.ms": "3600000"})
    say(case="created", got=await partitions(client, topic, 2))
    say(case="described", got=await retention(client, topic))
    await client.alter_configs([resource(topic, {"retention.ms": "7200000"})])
    say(case="altered", got=await retention(client, topic))
    refuse((await client.create_partitions({topic: NewPartitions(4)})).topic_errors)
    say(case="extended", got=await partitions(client, topic, 4))
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    for number in range(10):
        await producer.send_and_wait(topic, f"{number}".encode(), partition=0)
    await producer.stop()
    place = TopicPartition(topic, 0)
    low = await client.delete_records({place: RecordsToDelete(4)})
    say(case="records deleted", got=low[place])
    say(case="brokers", got=len((await client.describe_cluster())["brokers"]))
    refuse((await client.delete_topics([topic])).topic_error_codes)
    say(case="deleted", got=topic not in await client.list_topics())
    await client.close()


async def create(client, topic, count, config, replicas=1):
    new = NewTopic(topic, num_partitions=count, replication_factor=replicas, topic_configs=config)
    refuse((await client.create_topics([new])).topic_errors)


def refuse(rows):
    """The library hands answers back without looking at the error codes in them."""
    for row in rows:
        if row[1] != 0:
            raise for_code(row[1])


async def partitions(client, topic, wanted):
    """Metadata follows a change a little later."""
    for _ in range(TIMEOUT * 20):
        found = (await client.describe_topics([topic]))[0]
        if len(found["partitions"]) == wanted:
            break
        await asyncio.sleep(0.05)
    return len(found["partitions"])


def resource(topic, config=None):
    return ConfigResource(ConfigResourceType.TOPIC, topic, config)


async def retention(client, topic):
    answer = (await client.describe_configs([resource(topic)]))[0]
    return next(row[1] for row in answer.resources[0][4] if row[0] == "retention.ms")


async def errors(bootstrap, prefix):
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    topic = f"{prefix}-errors"
    unknown = f"{topic}-unknown"
    await create(client, topic, 2, {"max.message.bytes": "10000"})
    await partitions(client, topic, 2)
    say(case="topic exists", got=await code(create(client, topic, 1, {})))
    say(case="topic name", got=await code(create(client, "no such/name", 1, {})))
    say(case="no partitions", got=await code(create(client, f"{topic}-none", 0, {})))
    say(case="unknown config", got=await code(create(client, f"{topic}-x", 1, {"no.such": "1"})))
    say(case="replicas", got=await code(create(client, f"{topic}-two", 1, {}, replicas=2)))
    fewer = {topic: NewPartitions(1)}
    say(case="fewer partitions", got=await code(client.create_partitions(fewer)))
    say(case="delete unknown", got=(await client.delete_topics([unknown])).topic_error_codes[0][1])
    say(case="describe unknown", got=(await client.describe_topics([unknown]))[0]["error_code"])
    strict = f"{topic}-strict"
    await create(client, strict, 1, STRICT)
    await partitions(client, strict, 1)
    await client.close()
    say(case="too large", got=await code(produce_one(bootstrap, topic, bytes(20_000))))
    say(case="produce unknown", got=await code(produce_one(bootstrap, unknown, b"1")))
    say(case="timestamp", got=await code(produce_one(bootstrap, strict, b"1", key=b"1", timestamp_ms=1)))
    say(case="out of range", got=await code(out_of_range(bootstrap, topic)))
    say(case="session timeout", got=await code(be_hasty(bootstrap, topic)))


async def code(action):
    try:
        await action
    except KafkaError as failure:
        return failure.errno
    return 0


async def produce_one(bootstrap, topic, value, **more):
    # An unknown topic is waited for as long as a request may take.
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, **more)
    finally:
        await producer.stop()


async def out_of_range(bootstrap, topic):
    reader = consumer(bootstrap)
    place = TopicPartition(topic, 0)
    reader.assign([place])
    await reader.start()
    reader.seek(place, 1_000_000)
    try:
        await asyncio.wait_for(reader.getone(), TIMEOUT)
    finally:
        await reader.stop()


async def be_hasty(bootstrap, topic):
    settings = {"session_timeout_ms": 100, "heartbeat_interval_ms": 30}
    reader = consumer(bootstrap, group_id=f"{topic}-hasty", **settings)
    reader.subscribe([topic])
    try:
        await asyncio.wait_for(reader.start(), TIMEOUT)
        await asyncio.wait_for(reader.getone(), TIMEOUT)
    finally:
        await reader.stop()


class Listener(ConsumerRebalanceListener):
    def __init__(self, held):
        self.held = held

    async def on_partitions_assigned(self, assigned):
        self.held.gain([place.partition for place in assigned])

    async def on_partitions_revoked(self, revoked):
        self.held.lose([place.partition for place in revoked])


async def member(bootstrap, options):
    options = json.loads(options)
    topic = options["topic"]
    reader = consumer(
        bootstrap,
        group_id=options["group"],
        group_instance_id=options["instance"],
        session_timeout_ms=options["session_ms"],
        heartbeat_interval_ms=options["heartbeat_ms"],
        auto_offset_reset="earliest",
    )
    orders, held = Orders(), Held()
    reader.subscribe([topic], listener=Listener(held))
    await reader.start()
    while True:
        for records in (await reader.getmany(timeout_ms=50)).values():
            for record in records:
                held.read(record.partition, record.offset)
        order, numbers = orders.next()
        if order == "commit" and held.next_offsets:
            offsets = {TopicPartition(topic, p): OffsetAndMetadata(o, "") for p, o in held.next_offsets.items()}
            await reader.commit(offsets)
        elif order == "seek":
            reader.seek(TopicPartition(topic, numbers[0]), numbers[1])
        elif order == "leave":
            await reader.stop()
        if order:
            say(done=order)
        if order == "leave":
            return


async def writer(bootstrap, topic, partitions):
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    orders, number = Orders(), 0
    while orders.next()[0] != "leave":
        sent = await producer.send_and_wait(topic, b"%d" % number, partition=number % int(partitions))
        say(acked=[sent.partition, sent.offset])
        number += 1
    await producer.stop()
    say(done="leave")


async def group(bootstrap, name, topic, use):
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    # Error code, name, state, and members as the sixth.
    found = (await client.describe_consumer_groups([name]))[0].groups[0]
    say(case="listed", got=name in [row[0] for row in await client.list_consumer_groups()])
    say(case="state", got=found[2])
    say(case="members", got=len(found[5]))
    if use == "idle":
        offsets = await client.list_consumer_group_offsets(name)
        pairs = [(place.partition, position.offset) for place, position in offsets.items()]
        say(case="offsets", got=sorted(pairs))
    await client.close()


def run(command):
    return lambda *words: asyncio.run(command(*words))


main({command.__name__: run(command) for command in (produce, consume, admin, errors, member, writer, group)})
