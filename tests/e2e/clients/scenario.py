"""What the Python drivers share: the scenario file, the orders they take and the lines they write."""

import json
import queue
import sys
import threading
import time


def decoded(text):
    return None if text is None else bytes.fromhex(text)


def encoded(value):
    return None if value is None else value.hex()


class Scenario:
    """The records that `client` can write."""

    def __init__(self, path, client=None):
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        self.partitions = content["partitions"]
        self.codecs = content["codecs"]
        self.times = [tuple(pair) for pair in content["times_asked"]]
        records = [Record(fields) for fields in content["records"]]
        self.records = [record for record in records if client not in record.not_by]


class Record:
    def __init__(self, fields):
        self.partition = fields["partition"]
        self.timestamp = fields["timestamp"]
        self.key = decoded(fields["key"])
        value = decoded(fields["value"])
        self.value = None if value is None else value * fields["times"]
        self.headers = [(name, decoded(content)) for name, content in fields["headers"]]
        self.not_by = fields["not_by"]


def say(**fields):
    print(json.dumps(fields), flush=True)


def say_record(topic, partition, offset, timestamp, key, value, headers):
    say(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=timestamp,
        key=encoded(key),
        value=encoded(value),
        headers=[[name, encoded(content)] for name, content in headers],
    )


def say_lookup(topic, partition, asked, offset):
    """`offset` is None where no record is as young."""
    say(topic=topic, partition=partition, asked=asked, offset=offset)


class Orders:
    """What standard input tells a member to do, an order a line. Its end is the order to leave."""

    def __init__(self):
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in sys.stdin:
            self.lines.put(line.split())
        self.lines.put(["leave"])

    def next(self):
        """An order and its numbers, or nothing."""
        try:
            word, *numbers = self.lines.get_nowait()
        except queue.Empty:
            return None, []
        return word, [int(number) for number in numbers]


class Held:
    """The partitions that a member holds, said after each change, and where it goes on in each."""

    def __init__(self):
        self.partitions = set()
        self.next_offsets = {}

    def gain(self, partitions):
        self.partitions.update(partitions)
        self.say()

    def lose(self, partitions):
        self.partitions.difference_update(partitions)
        for partition in partitions:
            self.next_offsets.pop(partition, None)
        self.say()

    def say(self):
        say(assigned=sorted(self.partitions))

    def read(self, partition, offset):
        self.next_offsets[partition] = offset + 1
        say(read=[partition, offset])


def eventually(question, seconds=15):
    """Asks until the answer is true: metadata follows a change a little later."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(0.05)


def main(commands):
    """Calls the function of the command named first with the words after it."""
    name, *words = sys.argv[1:]
    commands[name](*words)
