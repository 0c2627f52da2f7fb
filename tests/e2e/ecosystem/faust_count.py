"""Faust: an agent in a consumer group, until it has seen every record and committed."""

import json
import os
import sys

import faust

bootstrap, topic, count, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
app = faust.App(
    "faust",
    broker=f"kafka://{bootstrap}",
    datadir=folder,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
    worker_redirect_stdouts=False,
)
source = app.topic(topic, value_type=bytes, key_type=bytes, value_serializer="raw", key_serializer="raw")
counted = {}


@app.agent(source)
async def tally(stream):
    async for value in stream:
        carrier = json.loads(value)["carrier"]
        counted[carrier] = counted.get(carrier, 0) + 1


@app.timer(interval=1.0)
async def end_when_all_seen():
    if sum(counted.values()) >= count:
        await app.commit({source})
        print(json.dumps(counted), flush=True)
        os._exit(0)


faust.Worker(app, loglevel="WARNING", quiet=True).execute_from_commandline()
