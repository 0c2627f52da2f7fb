"""Bytewax: a dataflow over every partition, until each has been read to its end."""

import json
import sys

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, cluster_main

bootstrap, topic, _count = sys.argv[1:]
counted = []
flow = Dataflow("flights")
records = op.input("read", flow, KafkaSource([bootstrap], [topic], tail=False))
carriers = op.map("carrier", records, lambda record: json.loads(record.value)["carrier"])
op.output("write", op.count_final("count", carriers, lambda carrier: carrier), TestingSink(counted))
cluster_main(flow, [], 0)
print(json.dumps(dict(counted)))
