"""Spark: a structured streaming query over what is there now."""

import glob
import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, get_json_object

bootstrap, topic, _count, folder, jars = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.jars", ",".join(glob.glob(f"{jars}/libs/*.jar")))
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
counted = {}


def add(batch, _number):
    for row in batch.groupBy("carrier").count().collect():
        counted[row["carrier"]] = counted.get(row["carrier"], 0) + row["count"]


records = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", bootstrap)
    .option("subscribe", topic)
    .option("startingOffsets", "earliest")
    .option("maxOffsetsPerTrigger", "10000")
    .load()
)
flights = records.select(get_json_object(col("value").cast("string"), "$.carrier").alias("carrier"))
query = (
    flights.writeStream.foreachBatch(add)
    .option("checkpointLocation", folder)
    .trigger(availableNow=True)
    .start()
)
query.awaitTermination()
print(json.dumps(counted))
