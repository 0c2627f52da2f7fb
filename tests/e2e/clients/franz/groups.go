package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type options struct {
	Group       string `json:"group"`
	Topic       string `json:"topic"`
	Instance    string `json:"instance"`
	Protocol    string `json:"protocol"`
	SessionMs   int    `json:"session_ms"`
	HeartbeatMs int    `json:"heartbeat_ms"`
}

// held is the partitions of a member, said after each change, and where it goes on in each.
type held struct {
	sync.Mutex
	next map[int32]int64
}

// change is called by the library's own goroutine. A partition without a record read goes on at -1.
func (held *held) change(topic string, gained bool) func(context.Context, *kgo.Client, map[string][]int32) {
	return func(_ context.Context, _ *kgo.Client, places map[string][]int32) {
		held.Lock()
		defer held.Unlock()
		for _, partition := range places[topic] {
			if gained {
				held.next[partition] = -1
			} else {
				delete(held.next, partition)
			}
		}
		partitions := []int32{}
		for partition := range held.next {
			partitions = append(partitions, partition)
		}
		slices.Sort(partitions)
		say(line{"assigned": partitions})
	}
}

func (held *held) read(record *kgo.Record) {
	held.Lock()
	defer held.Unlock()
	if _, still := held.next[record.Partition]; still {
		held.next[record.Partition] = record.Offset + 1
	}
	say(line{"read": []int64{int64(record.Partition), record.Offset}})
}

func (held *held) positions(topic string) map[string]map[int32]kgo.EpochOffset {
	held.Lock()
	defer held.Unlock()
	positions := map[int32]kgo.EpochOffset{}
	for partition, offset := range held.next {
		if offset >= 0 {
			positions[partition] = kgo.EpochOffset{Epoch: -1, Offset: offset}
		}
	}
	return map[string]map[int32]kgo.EpochOffset{topic: positions}
}

func member(bootstrap, text string) {
	var options options
	check(json.Unmarshal([]byte(text), &options))
	topic := options.Topic
	held := &held{next: map[int32]int64{}}
	more := []kgo.Opt{
		kgo.ConsumerGroup(options.Group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(time.Duration(options.SessionMs) * time.Millisecond),
		kgo.HeartbeatInterval(time.Duration(options.HeartbeatMs) * time.Millisecond),
		kgo.OnPartitionsAssigned(held.change(topic, true)),
		kgo.OnPartitionsRevoked(held.change(topic, false)),
		kgo.OnPartitionsLost(held.change(topic, false)),
		kgo.Balancers(kgo.RangeBalancer()),
	}
	if options.Protocol == "consumer" {
		more = append(more, kgo.ServerSideBalancer())
	}
	if options.Instance != "" {
		more = append(more, kgo.InstanceID(options.Instance))
	}
	client := client(bootstrap, more...)
	orders := orders()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		client.PollFetches(ctx).EachRecord(held.read)
		cancel()
		select {
		case order := <-orders:
			obey(client, held, topic, order)
			say(line{"done": order[0]})
			if order[0] == "leave" {
				return
			}
		default:
		}
	}
}

func obey(client *kgo.Client, held *held, topic string, order []string) {
	switch order[0] {
	case "commit":
		client.CommitOffsetsSync(context.Background(), held.positions(topic), committed)
	case "seek":
		partition, _ := strconv.Atoi(order[1])
		offset, _ := strconv.Atoi(order[2])
		place := map[int32]kgo.EpochOffset{int32(partition): {Epoch: -1, Offset: int64(offset)}}
		client.SetOffsets(map[string]map[int32]kgo.EpochOffset{topic: place})
	case "leave":
		client.Close()
	}
}

func committed(
	_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, err error,
) {
	check(err)
	for _, topic := range answer.Topics {
		for _, partition := range topic.Partitions {
			check(kerr.ErrorForCode(partition.ErrorCode))
		}
	}
}

// hasty is what a group says to a member with a short session.
func hasty(ctx context.Context, bootstrap, topic string) error {
	member := client(bootstrap, kgo.ConsumerGroup(topic+"-hasty"), kgo.ConsumeTopics(topic),
		kgo.SessionTimeout(100*time.Millisecond), kgo.HeartbeatInterval(30*time.Millisecond))
	defer member.Close()
	return member.PollFetches(ctx).Err()
}

// fenced is what a member is told whose static seat another one has taken.
func fenced(ctx context.Context, bootstrap, topic string) error {
	var members []*kgo.Client
	for range 2 {
		assigned := make(chan bool, 1)
		member := client(bootstrap, kgo.ConsumerGroup(topic+"-fenced"), kgo.ConsumeTopics(topic),
			kgo.InstanceID("seat"), kgo.DisableAutoCommit(),
			// The commit shall be what tells the first one, not a heartbeat before it.
			kgo.SessionTimeout(60*time.Second), kgo.HeartbeatInterval(55*time.Second),
			kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { assigned <- true }))
		defer member.Close()
		members = append(members, member)
		select {
		case <-assigned:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var refused error
	place := map[string]map[int32]kgo.EpochOffset{topic: {0: {Epoch: -1, Offset: 0}}}
	members[0].CommitOffsetsSync(ctx, place,
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, err error) {
			check(err)
			refused = kerr.ErrorForCode(answer.Topics[0].Partitions[0].ErrorCode)
		})
	return refused
}

// orders come on standard input, a line each; its end is the order to leave.
func orders() <-chan []string {
	orders := make(chan []string)
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			orders <- strings.Fields(lines.Text())
		}
		orders <- []string{"leave"}
	}()
	return orders
}

func group(bootstrap, name, topic, use string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	client := client(bootstrap)
	defer client.Close()
	admin := kadm.NewClient(client)
	listed := func() bool {
		groups, err := admin.ListGroups(ctx)
		check(err)
		_, found := groups[name]
		return found
	}
	sayCase("listed", listed())
	state, members := describe(ctx, admin, name)
	sayCase("state", state)
	sayCase("members", members)
	if use == "used" {
		_, err := admin.DeleteGroup(ctx, name)
		sayCase("delete used", code(err))
		return
	}
	offsets := func() [][2]int64 {
		found, err := admin.FetchOffsets(ctx, name)
		check(err)
		pairs := [][2]int64{}
		found.Each(func(offset kadm.OffsetResponse) {
			pairs = append(pairs, [2]int64{int64(offset.Partition), offset.At})
		})
		slices.SortFunc(pairs, func(one, other [2]int64) int { return int(one[0] - other[0]) })
		return pairs
	}
	sayCase("offsets", offsets())
	wanted := kadm.Offsets{}
	wanted.AddOffset(topic, 0, 3, -1)
	check(admin.CommitAllOffsets(ctx, name, wanted))
	sayCase("offset altered", offsets()[0][1])
	place := kadm.TopicsSet{}
	place.Add(topic, 1)
	_, err := admin.DeleteOffsets(ctx, name, place)
	check(err)
	sayCase("offset deleted", offsets()[1][0] != 1)
	_, err = admin.DeleteGroup(ctx, name)
	check(err)
	sayCase("group deleted", !listed())
	_, err = admin.DeleteGroup(ctx, name)
	sayCase("delete unknown group", code(err))
}

// describe asks as for a group of the consumer protocol first: such groups have no other description.
func describe(ctx context.Context, admin *kadm.Client, name string) (string, int) {
	if found, err := admin.DescribeConsumerGroups(ctx, name); err == nil && found[name].Err == nil {
		return found[name].State, len(found[name].Members)
	}
	found, err := admin.DescribeGroups(ctx, name)
	check(err)
	check(found[name].Err)
	return found[name].State, len(found[name].Members)
}
