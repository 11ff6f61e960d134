// Judges histories of calls on one versioned document: is there one order of them, in keeping with
// the times, in which a document that one client has alone gives the same answers?
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
			verdict.Refused = smallest(history)
		}
		if err := lines.Encode(verdict); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
}

func judge(history []*Operation, timeout time.Duration) string {
	switch porcupine.CheckOperationsTimeout(model, tasks(history), timeout) {
	case porcupine.Ok:
		return "accepted"
	case porcupine.Illegal:
		return "refused"
	}
	return "undecided"
}
