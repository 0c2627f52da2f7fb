package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func admin(bootstrap, topic string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	client := client(bootstrap, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(50*time.Millisecond))
	defer client.Close()
	admin := kadm.NewClient(client)
	check(create(ctx, admin, topic, 2, "retention.ms", "3600000"))
	sayCase("created", partitions(ctx, admin, topic, 2))
	sayCase("described", retention(ctx, admin, topic))
	value := "7200000"
	set := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}}
	_, err := admin.AlterTopicConfigs(ctx, set, topic)
	check(err)
	sayCase("altered", retention(ctx, admin, topic))
	_, err = admin.UpdatePartitions(ctx, 4, topic)
	check(err)
	sayCase("extended", partitions(ctx, admin, topic, 4))
	for number := range 10 {
		record := &kgo.Record{Topic: topic, Partition: 0, Value: []byte{byte(number)}}
		check(client.ProduceSync(ctx, record).FirstErr())
	}
	before := kadm.Offsets{}
	before.AddOffset(topic, 0, 4, -1)
	low, err := admin.DeleteRecords(ctx, before)
	check(err)
	deleted, _ := low.Lookup(topic, 0)
	check(deleted.Err)
	sayCase("records deleted", deleted.LowWatermark)
	metadata, err := admin.BrokerMetadata(ctx)
	check(err)
	sayCase("brokers", len(metadata.Brokers))
	answers, err := admin.DeleteTopics(ctx, topic)
	check(err)
	check(answers[topic].Err)
	sayCase("deleted", partitions(ctx, admin, topic, 0) == 0)
}

func create(ctx context.Context, admin *kadm.Client, topic string, count int32, config ...string) error {
	configs := map[string]*string{}
	if len(config) == 2 {
		configs[config[0]] = &config[1]
	}
	answer, err := admin.CreateTopic(ctx, count, 1, configs, topic)
	if answer.Err != nil {
		return answer.Err
	}
	return err
}

// partitions waits: metadata follows a change a little later.
func partitions(ctx context.Context, admin *kadm.Client, topic string, wanted int) int {
	for {
		found, err := admin.ListTopics(ctx, topic)
		check(err)
		count := len(found[topic].Partitions)
		if count == wanted {
			return count
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func retention(ctx context.Context, admin *kadm.Client, topic string) any {
	answers, err := admin.DescribeTopicConfigs(ctx, topic)
	check(err)
	answer, err := answers.On(topic, nil)
	check(err)
	for _, config := range answer.Configs {
		if config.Key == "retention.ms" {
			return *config.Value
		}
	}
	return nil
}

func refusals(bootstrap, topic string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	client := client(bootstrap)
	defer client.Close()
	admin := kadm.NewClient(client)
	check(create(ctx, admin, topic, 2, "max.message.bytes", "10000"))
	partitions(ctx, admin, topic, 2)
	sayCase("topic exists", code(create(ctx, admin, topic, 1)))
	sayCase("topic name", code(create(ctx, admin, "no such/name", 1)))
	sayCase("no partitions", code(create(ctx, admin, topic+"-none", 0)))
	sayCase("unknown config", code(create(ctx, admin, topic+"-x", 1, "no.such", "1")))
	twice, err := admin.CreateTopic(ctx, 1, 2, nil, topic+"-two")
	if twice.Err != nil {
		err = twice.Err
	}
	sayCase("replicas", code(err))
	fewer, err := admin.UpdatePartitions(ctx, 1, topic)
	check(err)
	sayCase("fewer partitions", code(fewer[topic].Err))
	unknown := topic + "-unknown"
	answers, err := admin.DeleteTopics(ctx, unknown)
	check(err)
	sayCase("delete unknown", code(answers[unknown].Err))
	found, err := admin.ListTopics(ctx, unknown)
	check(err)
	sayCase("describe unknown", code(found[unknown].Err))
	strict := topic + "-strict"
	compact, hour := "compact", "3600000"
	// A topic that takes no record without a key, and none that is older than an hour.
	configs := map[string]*string{"cleanup.policy": &compact, "message.timestamp.before.max.ms": &hour}
	_, err = admin.CreateTopic(ctx, 1, 1, configs, strict)
	check(err)
	partitions(ctx, admin, strict, 1)
	one := []byte{1}
	produceRefused(ctx, bootstrap, "too large", &kgo.Record{Topic: topic, Value: make([]byte, 20_000)})
	produceRefused(ctx, bootstrap, "produce unknown", &kgo.Record{Topic: unknown, Value: one})
	produceRefused(ctx, bootstrap, "null key", &kgo.Record{Topic: strict, Value: one})
	old := &kgo.Record{Topic: strict, Key: one, Value: one, Timestamp: time.UnixMilli(1)}
	produceRefused(ctx, bootstrap, "timestamp", old)
	sayCase("out of range", code(outOfRange(ctx, bootstrap, topic)))
	sayCase("session timeout", code(hasty(ctx, bootstrap, topic)))
	sayCase("fenced", code(fenced(ctx, bootstrap, topic)))
}

// produceRefused turns compression off: by default the library would send the large record as a few bytes.
func produceRefused(ctx context.Context, bootstrap, name string, record *kgo.Record) {
	client := client(bootstrap, kgo.ProducerBatchCompression(kgo.NoCompression()))
	defer client.Close()
	sayCase(name, code(client.ProduceSync(ctx, record).FirstErr()))
}

func outOfRange(ctx context.Context, bootstrap, topic string) error {
	places := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(1_000_000)}}
	reader := client(bootstrap, kgo.ConsumePartitions(places), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	defer reader.Close()
	return reader.PollFetches(ctx).Err()
}
