// What Client.java's commands `member` and `group` do.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

class Groups {
    /** The partitions that a member holds, said after each change, and where it goes on in each; -1 where unread. */
    static class Held implements ConsumerRebalanceListener {
        final TreeMap<Integer, Long> next = new TreeMap<>();

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> gained) {
            gained.forEach(place -> next.put(place.partition(), -1L));
            say();
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> lost) {
            lost.forEach(place -> next.remove(place.partition()));
            say();
        }

        private void say() {
            ArrayNode partitions = Client.JSON.createArrayNode();
            next.keySet().forEach(partitions::add);
            Client.say(Client.JSON.createObjectNode().set("assigned", partitions));
        }

        void read(ConsumerRecord<byte[], byte[]> record) {
            next.put(record.partition(), record.offset() + 1);
            ArrayNode place = Client.JSON.createArrayNode().add(record.partition()).add(record.offset());
            Client.say(Client.JSON.createObjectNode().set("read", place));
        }
    }

    static void member(String bootstrap, JsonNode options) throws Exception {
        String topic = options.get("topic").asText();
        Map<String, Object> more = new HashMap<>(Map.of(
                "group.id", options.get("group").asText(), "auto.offset.reset", "earliest"));
        if (options.get("protocol").asText().equals("classic")) {
            more.put("session.timeout.ms", options.get("session_ms").asInt());
            more.put("heartbeat.interval.ms", options.get("heartbeat_ms").asInt());
        } else {
            more.put("group.protocol", "consumer");
        }
        if (!options.get("instance").isNull()) {
            more.put("group.instance.id", options.get("instance").asText());
        }
        LinkedBlockingQueue<String[]> orders = orders();
        Held held = new Held();
        try (KafkaConsumer<byte[], byte[]> consumer = Client.consumer(bootstrap, more)) {
            if (options.path("pattern").isTextual()) {
                subscribeBy(consumer, options.get("pattern").asText(), held);
            } else {
                consumer.subscribe(List.of(topic), held);
            }
            while (true) {
                consumer.poll(Duration.ofMillis(50)).forEach(held::read);
                String[] order = orders.poll();
                if (order == null) {
                    continue;
                }
                switch (order[0]) {
                    case "commit" -> consumer.commitSync(positions(topic, held));
                    case "seek" -> consumer.seek(
                            new TopicPartition(topic, Integer.parseInt(order[1])), Long.parseLong(order[2]));
                    default -> consumer.close();
                }
                Client.say(Client.JSON.createObjectNode().put("done", order[0]));
                if (order[0].equals("leave")) {
                    return;
                }
            }
        }
    }

    /** By a pattern that the broker resolves. 3.9 has no such call, so it is looked for only where it is wanted. */
    static void subscribeBy(KafkaConsumer<byte[], byte[]> consumer, String pattern, Held held) throws Exception {
        Class<?> type = Class.forName("org.apache.kafka.clients.consumer.SubscriptionPattern");
        Object wanted = type.getConstructor(String.class).newInstance(pattern);
        KafkaConsumer.class.getMethod("subscribe", type, ConsumerRebalanceListener.class).invoke(consumer, wanted, held);
    }

    static Map<TopicPartition, OffsetAndMetadata> positions(String topic, Held held) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        held.next.forEach((partition, offset) -> {
            if (offset >= 0) {
                positions.put(new TopicPartition(topic, partition), new OffsetAndMetadata(offset));
            }
        });
        return positions;
    }

    /** What standard input tells to do, an order a line. Its end is the order to leave. */
    static LinkedBlockingQueue<String[]> orders() {
        LinkedBlockingQueue<String[]> orders = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in))) {
                lines.lines().forEach(line -> orders.add(line.split(" ")));
            } catch (IOException closed) {
                // The same as its end.
            }
            orders.add(new String[] {"leave"});
        });
        reader.setDaemon(true);
        reader.start();
        return orders;
    }

    static void group(String bootstrap, String name, String topic, String use) throws Exception {
        List<String> names = List.of(name);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            ConsumerGroupDescription found = admin.describeConsumerGroups(names).all().get().get(name);
            Client.say("listed", isListed(admin, name));
            Client.say("state", found.state().toString());
            Client.say("members", found.members().size());
            if (use.equals("used")) {
                Client.say("delete used", Refusals.code(() -> admin.deleteConsumerGroups(names).all().get()));
                return;
            }
            Client.say("offsets", pairs(offsets(admin, name)));
            TopicPartition first = new TopicPartition(topic, 0);
            admin.alterConsumerGroupOffsets(name, Map.of(first, new OffsetAndMetadata(3))).all().get();
            Client.say("offset altered", offsets(admin, name).get(0));
            admin.deleteConsumerGroupOffsets(name, Set.of(new TopicPartition(topic, 1))).all().get();
            Client.say("offset deleted", !offsets(admin, name).containsKey(1));
            admin.deleteConsumerGroups(names).all().get();
            Client.say("group deleted", !isListed(admin, name));
            Client.say("delete unknown group", Refusals.code(() -> admin.deleteConsumerGroups(names).all().get()));
        }
    }

    static boolean isListed(Admin admin, String name) throws Exception {
        return admin.listConsumerGroups().all().get().stream().anyMatch(row -> row.groupId().equals(name));
    }

    static TreeMap<Integer, Long> offsets(Admin admin, String name) throws Exception {
        TreeMap<Integer, Long> offsets = new TreeMap<>();
        admin.listConsumerGroupOffsets(name)
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach((place, position) -> offsets.put(place.partition(), position.offset()));
        return offsets;
    }

    static ArrayNode pairs(TreeMap<Integer, Long> offsets) {
        ArrayNode pairs = Client.JSON.createArrayNode();
        offsets.forEach((partition, offset) -> pairs.addArray().add(partition).add(offset));
        return pairs;
    }
}
