// Driver over franz-go: the same commands as the other drivers beside it.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// For anything the broker is asked.
const limit = 20 * time.Second

func main() {
	words := os.Args[1:]
	switch {
	case len(words) == 4 && words[0] == "produce":
		produce(words[1], words[2], words[3])
	case len(words) > 3 && words[0] == "consume":
		consume(words[1], words[2], words[3:])
	case len(words) == 3 && words[0] == "admin":
		admin(words[1], words[2]+"-admin")
	case len(words) == 3 && words[0] == "errors":
		refusals(words[1], words[2]+"-errors")
	case len(words) == 3 && words[0] == "member":
		member(words[1], words[2])
	case len(words) == 4 && words[0] == "writer":
		write(words[1], words[2], words[3])
	case len(words) == 5 && words[0] == "group":
		group(words[1], words[2], words[3], words[4])
	default:
		check(fmt.Errorf("unknown command %v, see the folder's README", words))
	}
}

func client(bootstrap string, more ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(bootstrap))...)
	check(err)
	return client
}

func produce(bootstrap, path, prefix string) {
	scenario := readScenario(path)
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	for _, codec := range scenario.Codecs {
		topic := prefix + "-" + codec
		client := client(bootstrap, kgo.RecordPartitioner(kgo.ManualPartitioner()),
			kgo.ProducerBatchCompression(codecs[codec]), kgo.ProducerLinger(100*time.Millisecond))
		var records []*kgo.Record
		for _, fields := range scenario.Records {
			record := &kgo.Record{
				Topic: topic, Partition: fields.Partition, Timestamp: time.UnixMilli(fields.Timestamp),
				Key: decode(fields.Key), Value: decode(fields.Value),
			}
			if record.Value != nil {
				record.Value = bytes.Repeat(record.Value, fields.Times)
			}
			for _, header := range fields.Headers {
				record.Headers = append(record.Headers, kgo.RecordHeader{Key: *header[0], Value: decode(header[1])})
			}
			records = append(records, record)
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		check(client.ProduceSync(ctx, records...).FirstErr())
		cancel()
		client.Close()
		say(line{"topic": topic})
	}
}

// write produces one record after the other, until told to leave.
func write(bootstrap, topic, count string) {
	partitions, err := strconv.Atoi(count)
	check(err)
	client := client(bootstrap, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	orders := orders()
	for number := 0; ; number++ {
		select {
		case order := <-orders:
			say(line{"done": order[0]})
			return
		default:
		}
		record := &kgo.Record{Topic: topic, Partition: int32(number % partitions), Value: []byte(strconv.Itoa(number))}
		check(client.ProduceSync(context.Background(), record).FirstErr())
		say(line{"acked": []int64{int64(record.Partition), record.Offset}})
	}
}

func consume(bootstrap, path string, topics []string) {
	scenario := readScenario(path)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	places := map[string]map[int32]kgo.Offset{}
	for _, topic := range topics {
		places[topic] = map[int32]kgo.Offset{}
		for partition := range scenario.Partitions {
			places[topic][partition] = kgo.NewOffset().AtStart()
		}
	}
	client := client(bootstrap, kgo.ConsumePartitions(places))
	defer client.Close()
	admin := kadm.NewClient(client)
	for _, topic := range topics {
		for _, pair := range scenario.TimesAsked {
			found, err := admin.ListOffsetsAfterMilli(ctx, pair[1], topic)
			check(err)
			listed, _ := found.Lookup(topic, int32(pair[0]))
			check(listed.Err)
			var offset any
			// Where no record is as young, the library answers with the end and no timestamp.
			if listed.Timestamp >= 0 {
				offset = listed.Offset
			}
			say(line{"topic": topic, "partition": pair[0], "asked": pair[1], "offset": offset})
		}
	}
	ends, err := admin.ListEndOffsets(ctx, topics...)
	check(err)
	missing := int64(0)
	ends.Each(func(end kadm.ListedOffset) { missing += end.Offset })
	for missing > 0 {
		fetches := client.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(sayRecord)
		missing -= int64(fetches.NumRecords())
	}
}
