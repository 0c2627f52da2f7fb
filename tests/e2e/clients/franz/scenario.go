package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// scenario is what scenario.json holds.
type scenario struct {
	Partitions int32      `json:"partitions"`
	Codecs     []string   `json:"codecs"`
	TimesAsked [][2]int64 `json:"times_asked"`
	Records    []struct {
		Partition int32        `json:"partition"`
		Timestamp int64        `json:"timestamp"`
		Key       *string      `json:"key"`
		Value     *string      `json:"value"`
		Times     int          `json:"times"`
		Headers   [][2]*string `json:"headers"`
	} `json:"records"`
}

func readScenario(path string) scenario {
	var found scenario
	text, err := os.ReadFile(path)
	check(err)
	check(json.Unmarshal(text, &found))
	return found
}

// decode tells null, which is nil, from empty.
func decode(text *string) []byte {
	if text == nil {
		return nil
	}
	bytes, err := hex.DecodeString(*text)
	check(err)
	return append([]byte{}, bytes...)
}

func encode(bytes []byte) any {
	if bytes == nil {
		return nil
	}
	return hex.EncodeToString(bytes)
}

type line map[string]any

func say(line line) {
	text, err := json.Marshal(line)
	check(err)
	fmt.Println(string(text))
}

func sayCase(name string, got any) {
	say(line{"case": name, "got": got})
}

func sayRecord(record *kgo.Record) {
	headers := [][2]any{}
	for _, header := range record.Headers {
		headers = append(headers, [2]any{header.Key, encode(header.Value)})
	}
	say(line{
		"topic": record.Topic, "partition": record.Partition, "offset": record.Offset,
		"timestamp": record.Timestamp.UnixMilli(), "key": encode(record.Key), "value": encode(record.Value),
		"headers": headers,
	})
}

// check ends the program when a step fails that must not.
func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// code is Kafka's number of an error.
func code(err error) int16 {
	var known *kerr.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &known):
		return known.Code
	}
	fmt.Fprintln(os.Stderr, err)
	return -1
}
