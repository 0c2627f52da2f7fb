// Driver over Apache Kafka's own Java client, in one file that compiles against 3.9 and 4.x alike. What must be
// refused stands in Refusals.java beside it, how a group is used and administered in Groups.java.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Client {
    static final ObjectMapper JSON = new ObjectMapper();
    static final long TIMEOUT_MS = 20_000;

    public static void main(String[] words) throws Exception {
        String bootstrap = words[1];
        switch (words[0]) {
            case "produce" -> produce(bootstrap, JSON.readTree(new File(words[2])), words[3]);
            case "consume" -> consume(
                    bootstrap, JSON.readTree(new File(words[2])), Arrays.asList(words).subList(3, words.length));
            case "admin" -> admin(bootstrap, words[2] + "-admin");
            case "errors" -> Refusals.errors(bootstrap, words[2] + "-errors");
            case "writer" -> write(bootstrap, words[2], Integer.parseInt(words[3]));
            case "member" -> Groups.member(bootstrap, JSON.readTree(words[2]));
            case "group" -> Groups.group(bootstrap, words[2], words[3], words[4]);
            default -> throw new IllegalArgumentException(words[0]);
        }
        System.out.flush();
    }

    static void produce(String bootstrap, JsonNode scenario, String prefix) throws Exception {
        for (JsonNode codec : scenario.get("codecs")) {
            String topic = prefix + "-" + codec.asText();
            Map<String, Object> more = Map.of("compression.type", codec.asText(), "linger.ms", 100);
            try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, more)) {
                List<Future<RecordMetadata>> sent = new ArrayList<>();
                for (JsonNode record : scenario.get("records")) {
                    sent.add(producer.send(record(topic, record)));
                }
                for (Future<RecordMetadata> future : sent) {
                    future.get();
                }
            }
            say(JSON.createObjectNode().put("topic", topic));
        }
    }

    /** One record after the other, until told to leave. */
    static void write(String bootstrap, String topic, int partitions) throws Exception {
        LinkedBlockingQueue<String[]> orders = Groups.orders();
        try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, Map.of())) {
            for (int number = 0; orders.peek() == null; number++) {
                byte[] value = Integer.toString(number).getBytes();
                RecordMetadata written = producer.send(
                        new ProducerRecord<>(topic, number % partitions, null, value)).get();
                ArrayNode place = JSON.createArrayNode().add(written.partition()).add(written.offset());
                say(JSON.createObjectNode().set("acked", place));
            }
        }
        say(JSON.createObjectNode().put("done", "leave"));
    }

    static ProducerRecord<byte[], byte[]> record(String topic, JsonNode fields) throws Exception {
        byte[] part = bytes(fields.get("value"));
        byte[] value = part;
        if (part != null) {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            for (int time = 0; time < fields.get("times").asInt(); time++) {
                whole.write(part);
            }
            value = whole.toByteArray();
        }
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic,
                fields.get("partition").asInt(),
                fields.get("timestamp").asLong(),
                bytes(fields.get("key")),
                value);
        for (JsonNode header : fields.get("headers")) {
            record.headers().add(header.get(0).asText(), bytes(header.get(1)));
        }
        return record;
    }

    static void consume(String bootstrap, JsonNode scenario, List<String> topics) throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap, Map.of())) {
            List<TopicPartition> places = new ArrayList<>();
            for (String topic : topics) {
                for (int partition = 0; partition < scenario.get("partitions").asInt(); partition++) {
                    places.add(new TopicPartition(topic, partition));
                }
                for (JsonNode pair : scenario.get("times_asked")) {
                    lookUp(consumer, new TopicPartition(topic, pair.get(0).asInt()), pair.get(1).asLong());
                }
            }
            consumer.assign(places);
            consumer.seekToBeginning(places);
            long missing = consumer.endOffsets(places).values().stream().mapToLong(Long::longValue).sum();
            long deadline = System.currentTimeMillis() + TIMEOUT_MS;
            while (missing > 0 && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    missing--;
                    sayRecord(record);
                }
            }
        }
    }

    static void lookUp(KafkaConsumer<byte[], byte[]> consumer, TopicPartition place, long asked) throws Exception {
        OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(place, asked)).get(place);
        ObjectNode line = JSON.createObjectNode().put("topic", place.topic()).put("partition", place.partition());
        line.put("asked", asked).put("offset", found == null ? null : found.offset());
        say(line);
    }

    static void sayRecord(ConsumerRecord<byte[], byte[]> record) throws Exception {
        ObjectNode line = JSON.createObjectNode().put("topic", record.topic()).put("partition", record.partition());
        line.put("offset", record.offset()).put("timestamp", record.timestamp());
        line.put("key", text(record.key())).put("value", text(record.value()));
        ArrayNode headers = line.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(text(header.value()));
        }
        say(line);
    }

    static void admin(String bootstrap, String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            create(admin, topic, 2, Map.of("retention.ms", "3600000"));
            eventually(() -> partitions(admin, topic) == 2);
            say("created", partitions(admin, topic));
            say("described", retention(admin, topic));
            AlterConfigOp set =
                    new AlterConfigOp(new ConfigEntry("retention.ms", "7200000"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(resource(topic), List.<AlterConfigOp>of(set))).all().get();
            eventually(() -> retention(admin, topic).equals("7200000"));
            say("altered", retention(admin, topic));
            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
            eventually(() -> partitions(admin, topic) == 4);
            say("extended", partitions(admin, topic));
            try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, Map.of())) {
                for (int number = 0; number < 10; number++) {
                    producer.send(new ProducerRecord<>(topic, 0, null, new byte[] {(byte) number})).get();
                }
            }
            TopicPartition place = new TopicPartition(topic, 0);
            long low = admin.deleteRecords(Map.of(place, RecordsToDelete.beforeOffset(4)))
                    .lowWatermarks().get(place).get().lowWatermark();
            say("records deleted", low);
            say("brokers", admin.describeCluster().nodes().get().size());
            admin.deleteTopics(List.of(topic)).all().get();
            say("deleted", eventually(() -> !admin.listTopics().names().get().contains(topic)));
        }
    }

    static void create(Admin admin, String topic, int partitions, Map<String, String> config) throws Exception {
        NewTopic wanted = new NewTopic(topic, partitions, (short) 1).configs(config);
        admin.createTopics(List.of(wanted)).all().get();
    }

    static int partitions(Admin admin, String topic) throws Exception {
        try {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
        } catch (ExecutionException unknownYet) {
            return 0;
        }
    }

    static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    static String retention(Admin admin, String topic) throws Exception {
        ConfigResource resource = resource(topic);
        return admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value();
    }

    static KafkaProducer<byte[], byte[]> producer(String bootstrap, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("bootstrap.servers", bootstrap);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    static KafkaConsumer<byte[], byte[]> consumer(String bootstrap, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(
                Map.of("bootstrap.servers", bootstrap, "enable.auto.commit", false, "auto.offset.reset", "none"));
        settings.putAll(more);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static boolean eventually(Callable<Boolean> question) throws Exception {
        long deadline = System.currentTimeMillis() + TIMEOUT_MS;
        while (!question.call()) {
            if (System.currentTimeMillis() > deadline) {
                return false;
            }
            Thread.sleep(50);
        }
        return true;
    }

    static byte[] bytes(JsonNode text) {
        return text.isNull() ? null : HexFormat.of().parseHex(text.asText());
    }

    static String text(byte[] bytes) {
        return bytes == null ? null : HexFormat.of().formatHex(bytes);
    }

    static void say(String name, Object got) {
        say(JSON.createObjectNode().put("case", name).set("got", JSON.valueToTree(got)));
    }

    static void say(JsonNode line) {
        // A node's own text is JSON.
        System.out.println(line);
        System.out.flush();
    }
}
