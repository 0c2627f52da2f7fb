// Kafka Streams: words of the flights' values, regrouped through a repartition topic and counted in a table that has
// a changelog topic. Run by the JDK's source launcher: java -cp 'libs/*' WordCount.java BOOTSTRAP TOPIC COUNT FOLDER

import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;

public class WordCount {
    static final long PATIENCE_MS = 120_000;

    public static void main(String[] words) throws Exception {
        long count = Long.parseLong(words[2]);
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "word-count");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, words[0]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, words[3]);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500);
        settings.put("auto.offset.reset", "earliest");

        StreamsBuilder builder = new StreamsBuilder();
        Map<String, Long> counted = new ConcurrentHashMap<>();
        builder.stream(words[1], Consumed.with(Serdes.ByteArray(), Serdes.String()))
                .flatMapValues(value -> Arrays.asList(value.split("[{},]")))
                .filter((key, word) -> word.startsWith("\"carrier\":"))
                .groupBy((key, word) -> word.split("\"")[3], Grouped.with(Serdes.String(), Serdes.String()))
                .count()
                .toStream()
                .foreach(counted::put);

        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.start();
            long end = System.currentTimeMillis() + PATIENCE_MS;
            while (counted.values().stream().mapToLong(Long::longValue).sum() < count) {
                if (System.currentTimeMillis() > end) {
                    System.err.println("counted " + counted);
                    System.exit(1);
                }
                Thread.sleep(100);
            }
        }
        System.out.println(new TreeMap<>(counted).entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
                .collect(Collectors.joining(",", "{", "}")));
    }
}
