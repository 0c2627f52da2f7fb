"""Flink: a bounded query in SQL."""

import glob
import json
import sys

from pyflink.table import EnvironmentSettings, TableEnvironment

bootstrap, topic, _count, _folder, jars = sys.argv[1:]
table = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
found = ";".join(f"file://{jar}" for jar in glob.glob(f"{jars}/libs/*.jar"))
table.get_config().set("pipeline.jars", found)
table.get_config().set("parallelism.default", "1")
table.execute_sql(
    f"""CREATE TABLE flights (carrier STRING) WITH (
        'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{bootstrap}',
        'properties.group.id' = 'flink', 'scan.startup.mode' = 'earliest-offset',
        'scan.bounded.mode' = 'latest-offset', 'format' = 'json')"""
)
rows = table.execute_sql("SELECT carrier, COUNT(*) FROM flights GROUP BY carrier").collect()
print(json.dumps({row[0]: row[1] for row in rows}))
