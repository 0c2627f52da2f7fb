// What Client.java's command `errors` does: everything that must be refused, and Kafka's code that the library shows.

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

class Refusals {
    /** A topic that takes no record without a key, and none that is older than an hour. */
    static final Map<String, String> STRICT =
            Map.of("cleanup.policy", "compact", "message.timestamp.before.max.ms", "3600000");

    static void errors(String bootstrap, String topic) throws Exception {
        String unknown = topic + "-unknown";
        String strict = topic + "-strict";
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            Client.create(admin, topic, 2, Map.of("max.message.bytes", "10000"));
            Client.create(admin, strict, 1, STRICT);
            Client.eventually(() -> Client.partitions(admin, topic) == 2 && Client.partitions(admin, strict) == 1);
            NewTopic twice = new NewTopic(topic + "-two", 1, (short) 2);
            Map<String, NewPartitions> fewer = Map.of(topic, NewPartitions.increaseTo(1));
            say("topic exists", () -> Client.create(admin, topic, 1, Map.of()));
            say("topic name", () -> Client.create(admin, "no such/name", 1, Map.of()));
            say("no partitions", () -> Client.create(admin, topic + "-none", 0, Map.of()));
            say("unknown config", () -> Client.create(admin, topic + "-x", 1, Map.of("no.such", "1")));
            say("replicas", () -> admin.createTopics(List.of(twice)).all().get());
            say("fewer partitions", () -> admin.createPartitions(fewer).all().get());
            say("delete unknown", () -> admin.deleteTopics(List.of(unknown)).all().get());
            say("describe unknown", () -> admin.describeTopics(List.of(unknown)).allTopicNames().get());
        }
        byte[] one = {1};
        say("too large", () -> produce(bootstrap, new ProducerRecord<>(topic, new byte[20_000])));
        say("produce unknown", () -> produce(bootstrap, new ProducerRecord<>(unknown, one)));
        say("null key", () -> produce(bootstrap, new ProducerRecord<>(strict, one)));
        say("timestamp", () -> produce(bootstrap, new ProducerRecord<>(strict, 0, 1L, one, one)));
        say("out of range", () -> readFarBehindTheEnd(bootstrap, new TopicPartition(topic, 0)));
        say("session timeout", () -> beHasty(bootstrap, topic));
        say("fenced", () -> beFenced(bootstrap, topic));
    }

    interface Action {
        void run() throws Exception;
    }

    static void say(String name, Action action) {
        Client.say(name, code(action));
    }

    static int code(Action action) {
        try {
            action.run();
            return 0;
        } catch (OffsetOutOfRangeException failure) {
            // The consumer's own exception, not the one that stands for the broker's code.
            return Errors.OFFSET_OUT_OF_RANGE.code();
        } catch (Exception failure) {
            // What the broker said is the cause of what the library makes of it.
            Throwable said = failure;
            while (said.getCause() != null) {
                said = said.getCause();
            }
            return Errors.forException(said).code();
        }
    }

    static void produce(String bootstrap, ProducerRecord<byte[], byte[]> record) throws Exception {
        // An unknown topic is waited for.
        try (KafkaProducer<byte[], byte[]> producer = Client.producer(bootstrap, Map.of("max.block.ms", 3000))) {
            producer.send(record).get();
        }
    }

    static void readFarBehindTheEnd(String bootstrap, TopicPartition place) {
        try (KafkaConsumer<byte[], byte[]> consumer = Client.consumer(bootstrap, Map.of())) {
            consumer.assign(List.of(place));
            consumer.seek(place, 1_000_000);
            consumer.poll(Duration.ofMillis(Client.TIMEOUT_MS));
        }
    }

    static void beHasty(String bootstrap, String topic) {
        Map<String, Object> timing = Map.of(
                "group.id", topic + "-hasty", "session.timeout.ms", 100, "heartbeat.interval.ms", 30);
        try (KafkaConsumer<byte[], byte[]> consumer = Client.consumer(bootstrap, timing)) {
            consumer.subscribe(List.of(topic));
            consumer.poll(Duration.ofMillis(Client.TIMEOUT_MS));
        }
    }

    /** The second member in a static seat takes it from the first. */
    static void beFenced(String bootstrap, String topic) throws Exception {
        Map<String, Object> seat = new HashMap<>(Map.of(
                "group.id", topic + "-fenced", "group.instance.id", "seat", "auto.offset.reset", "earliest"));
        // The commit shall be what tells the first one, not a heartbeat before it.
        seat.putAll(Map.of("session.timeout.ms", "60000", "heartbeat.interval.ms", "55000"));
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int number = 0; number < 2; number++) {
            KafkaConsumer<byte[], byte[]> member = Client.consumer(bootstrap, seat);
            members.add(member);
            member.subscribe(List.of(topic));
            Client.eventually(() -> {
                member.poll(Duration.ofMillis(50));
                return !member.assignment().isEmpty();
            });
        }
        try {
            members.get(0).commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0)));
        } finally {
            members.forEach(KafkaConsumer::close);
        }
    }
}
