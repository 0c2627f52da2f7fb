"""Driver over kcat, the command line client that stands on an older librdkafka.

kcat writes one message a run here, because key and headers are flags; it cannot set a timestamp. It shows a header
without a value and one with an empty value alike: this driver reports both as without. It has no administration beyond
showing metadata; as a member of a group it neither commits nor seeks when told to, but may commit by itself.
"""

import json
import re
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from scenario import Held, Orders, Scenario, eventually, main, say, say_lookup, say_record

END = b"\n-- end of record --\n"


def kcat(*words, stdin=b""):
    done = subprocess.run(["kcat", *words], input=stdin, capture_output=True, timeout=30)
    if done.returncode != 0:
        raise SystemExit(f"kcat {words}: {done.stderr.decode()}")
    return done.stdout


def produce(bootstrap, scenario, prefix):
    scenario = Scenario(scenario, "kcat")
    for codec in scenario.codecs:
        topic = f"{prefix}-{codec}"
        for record in scenario.records:
            words = ["-P", "-b", bootstrap, "-t", topic, "-p", str(record.partition), "-z", codec]
            for name, value in record.headers:
                words += ["-H", name if value is None else f"{name}={value.decode()}"]
            if record.value is None:
                # Only a line with a key can have nothing behind it.
                kcat(*words, "-Z", "-K:", stdin=record.key + b":\n")
                continue
            if record.key is not None:
                words += ["-k", record.key.decode()]
            with tempfile.NamedTemporaryFile() as file:
                file.write(record.value)
                file.flush()
                kcat(*words, file.name)
        say(topic=topic)


def consume(bootstrap, scenario, *topics):
    scenario = Scenario(scenario)
    form = "%p %o %T %K %S\n%k%s%h" + END.decode()

    def read(topic):
        return kcat("-C", "-q", "-e", "-b", bootstrap, "-t", topic, "-o", "beginning", "-f", form)

    def look_up(question):
        topic, (partition, asked) = question
        text = kcat("-Q", "-b", bootstrap, "-t", f"{topic}:{partition}:{asked}")
        return int(text.split()[-1])

    questions = [(topic, pair) for topic in topics for pair in scenario.times]
    # One run after the other would mostly wait for processes to start and end.
    with ThreadPoolExecutor(8) as pool:
        for topic, text in zip(topics, pool.map(read, topics)):
            while text:
                text = consume_one(topic, text)
        for (topic, (partition, asked)), offset in zip(questions, pool.map(look_up, questions)):
            say_lookup(topic, partition, asked, offset if offset >= 0 else None)


def consume_one(topic, text):
    """Reports the first record of `text` and returns the rest."""
    numbers, rest = text.split(b"\n", 1)
    partition, offset, timestamp, key_length, value_length = map(int, numbers.split())
    key, rest = take(rest, key_length)
    value, rest = take(rest, value_length)
    headers, rest = rest.split(END, 1)
    pairs = [pair.split(b"=", 1) for pair in headers.split(b",")] if headers else []
    named = [(name.decode(), None if text in (b"", b"NULL") else text) for name, text in pairs]
    say_record(topic, partition, offset, timestamp, key, value, named)
    return rest


def take(text, length):
    """A length of -1 is null."""
    return (None, text) if length < 0 else (text[:length], text[length:])


def admin(bootstrap, prefix):
    topic = f"{prefix}-admin"

    def metadata():
        return json.loads(kcat("-L", "-J", "-b", bootstrap, "-t", topic))

    # Asking for a topic by name creates it, where the broker creates topics by itself.
    kcat("-P", "-b", bootstrap, "-t", topic, "-p", "0", stdin=b"one\n")
    eventually(lambda: metadata()["topics"][0]["partitions"])
    say(case="brokers", got=len(metadata()["brokers"]))
    say(case="created by use", got=metadata()["topics"][0]["topic"] == topic)


def member(bootstrap, options):
    options = json.loads(options)
    settings = {
        "session.timeout.ms": options["session_ms"],
        "heartbeat.interval.ms": options["heartbeat_ms"],
        "auto.offset.reset": "earliest",
        "enable.auto.commit": str(options["commits"]).lower(),
        "auto.commit.interval.ms": "200",
    }
    if options["instance"]:
        settings["group.instance.id"] = options["instance"]
    # A broker that is away for a while is no reason to end.
    words = ["kcat", "-E", "-u", "-b", bootstrap, "-f", "%p %o\n", "-G", options["group"]]
    for name, value in settings.items():
        words += ["-X", f"{name}={value}"]
    held, orders = Held(), Orders()
    child = subprocess.Popen(
        [*words, options["topic"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    threading.Thread(target=follow, args=(child.stderr, held), daemon=True).start()
    threading.Thread(target=read, args=(child.stdout, held), daemon=True).start()
    while orders.next()[0] != "leave":
        if child.poll() is not None:
            raise SystemExit(f"kcat ended with {child.returncode}")
        time.sleep(0.05)
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        # Told to end while its group rebalances, it may wait for ever; its session then ends by itself.
        child.kill()
    say(done="leave")


def follow(lines, held):
    for line in lines:
        partitions = [int(number) for number in re.findall(r"\[(\d+)\]", line)]
        if "assigned:" in line:
            held.gain(partitions)
        elif "revoked:" in line:
            held.lose(partitions)


def read(lines, held):
    for line in lines:
        held.read(*map(int, line.split()))


main({"produce": produce, "consume": consume, "admin": admin, "member": member})
