"""Quix Streams: an application in a consumer group that keeps its counts in a state with a changelog topic."""

import json
import sys

from quixstreams import Application

bootstrap, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
app = Application(
    broker_address=bootstrap,
    consumer_group="quix",
    auto_offset_reset="earliest",
    processing_guarantee="at-least-once",
    state_dir=sys.argv[4],
    loglevel="WARNING",
)
counted = {}


def add(flight, state):
    carrier = flight["carrier"]
    state.set("seen", state.get("seen", 0) + 1)
    counted[carrier] = counted.get(carrier, 0) + 1


app.dataframe(app.topic(topic, key_deserializer="bytes")).update(add, stateful=True)
app.run(count=count, timeout=60)
print(json.dumps(counted))
