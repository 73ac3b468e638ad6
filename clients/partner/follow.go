// follow prints a task's events, one JSON text a line, from its first to its end: written against the contract, with Go's standard library alone.
//
//	go run follow.go http://127.0.0.1:8080/v1/tasks/TASK/events TOKEN
package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	cursor, wait := "", 500*time.Millisecond
	for !follow(os.Args[1], os.Args[2], &cursor, &wait) {
		time.Sleep(time.Duration(rand.Int63n(int64(wait)))) // anything up to half a second, then twice as much, at most 20 seconds
		wait = min(2*wait, 20*time.Second)
	}
}

// follow reads one connection behind the cursor and answers whether the task is over. What was cut comes again on the next one.
func follow(url, token string, cursor *string, wait *time.Duration) bool {
	const silence = 38 * time.Second // two and a half heartbeats
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watchdog := time.AfterFunc(silence, cancel)
	request, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	request.Header = http.Header{"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + token}, "Last-Event-ID": {*cursor}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	if code := response.StatusCode; code == 204 {
		return true // was read to its end before
	} else if code >= 400 && code < 500 && code != 408 && code != 429 {
		fmt.Fprintln(os.Stderr, "refused for good:", response.Status)
		os.Exit(1)
	}
	id, kind, data := "", "", ""
	lines := bufio.NewScanner(response.Body)
	for lines.Buffer(nil, 1<<20); lines.Scan(); watchdog.Reset(silence) {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); {
		case name == "id":
			id = value
		case name == "event":
			kind = value
		case name == "data":
			data = value
		case name == "" && value == "" && data != "":
			*cursor, *wait = id, 500*time.Millisecond
			if kind == "" {
				fmt.Println(data)
			} else if strings.Contains(data, `"type":"stream.end"`) {
				return true
			}
			kind, data = "", ""
		}
	}
	return false // what has come of an event without its empty line does not count
}
