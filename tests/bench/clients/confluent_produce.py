"""Produces as fast as librdkafka takes it, with its defaults; prints what came of it as JSON.

Arguments: bootstrap address, topic, number of records, bytes of a record.
"""

import json
import os
import sys
import time

from confluent_kafka import Producer

FLUSH_SECONDS = 60


def main(bootstrap, topic, records, size):
    failed = 0

    def report(error, _message):
        nonlocal failed
        failed += error is not None

    # Reports of success would cost a call into Python for every record.
    producer = Producer({"bootstrap.servers": bootstrap, "delivery.report.only.error": True})
    value = os.urandom(size)
    began = time.monotonic()
    for _ in range(records):
        while True:
            try:
                producer.produce(topic, value, on_delivery=report)
                break
            except BufferError:
                producer.poll(0.01)
    left = producer.flush(FLUSH_SECONDS)
    seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "failed": failed + left}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
