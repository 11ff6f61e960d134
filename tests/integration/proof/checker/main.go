// Judges histories of calls on versioned documents, and on labels that pin revisions of them: is there
// one order of the calls on each, in keeping with the times, in which a document that one client has
// alone gives the same answers?
//
// Each argument is a file, one JSON object a line for each call; each line of the output is the
// verdict on one file, in the same order.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// Verdict is what came of one history.
type Verdict struct {
	File string `json:"file"`
	// Result is "accepted", "refused", or "undecided" when the time did not suffice.
	Result  string  `json:"result"`
	Calls   int     `json:"calls"`
	Seconds float64 `json:"seconds"`
	// Refused is a small part of a refused history that is refused as well.
	Refused []*Operation `json:"refused,omitempty"`
}

func main() {
	timeout := flag.Duration("timeout", time.Minute, "for each check of a history")
	shrink := flag.Bool("shrink", false, "look for a small part of what is refused")
	flag.Parse()
	lines := json.NewEncoder(os.Stdout)
	for _, path := range flag.Args() {
		history, err := readHistory(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		began := time.Now()
		verdict := Verdict{File: path, Calls: len(history)}
		verdict.Result = judge(history, *timeout)
		verdict.Seconds = time.Since(began).Seconds()
		if *shrink && verdict.Result == "refused" {
			verdict.Refused = refusedPart(history, *timeout)
		}
		if err := lines.Encode(verdict); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
}

// judge judges what is about one key after the other.
func judge(history []*Operation, timeout time.Duration) string {
	result := "accepted"
	for _, part := range byKey(history) {
		if verdict := judgeOne(part, timeout); verdict != "accepted" && result != "refused" {
			result = verdict
		}
	}
	return result
}

func byKey(history []*Operation) map[string][]*Operation {
	parts := map[string][]*Operation{}
	for _, call := range history {
		parts[call.Key] = append(parts[call.Key], call)
	}
	return parts
}

// refusedPart is small, and refused as well.
func refusedPart(history []*Operation, timeout time.Duration) []*Operation {
	for _, part := range byKey(history) {
		if judgeOne(part, timeout) == "refused" {
			return smallest(part)
		}
	}
	return nil
}

func judgeOne(history []*Operation, timeout time.Duration) string {
	switch porcupine.CheckOperationsTimeout(model, tasks(history), timeout) {
	case porcupine.Ok:
		return "accepted"
	case porcupine.Illegal:
		return "refused"
	}
	return "undecided"
}
