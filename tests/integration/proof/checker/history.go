package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// Operation is one call of a client and what it was told; a line of a history.
type Operation struct {
	Client int   `json:"client"`
	Call   int64 `json:"call"`
	// Return is null when the outcome is unknown: the call may take effect at any later time, once.
	Return *int64 `json:"return"`
	Kind   string `json:"kind"`
	// Item is what create, save and append add; no two calls have the same.
	Item string `json:"item,omitempty"`
	// Expected is what save asks to be the newest revision.
	Expected *Pin `json:"expected,omitempty"`
	// Revision is the one that load or rollback names; 0 is the newest.
	Revision int    `json:"revision,omitempty"`
	Answer   Answer `json:"answer"`
	// Landed says of an unknown outcome that it had its effect: the number of the revision that the
	// store got from it; of a purge, that of the newest revision that it erased, -1 if not known.
	Landed int `json:"landed,omitempty"`
	// open says that it may have had its effect only after the part of a history that is looked at.
	open bool
}

// Pin names a revision by its number (0: no document), and by its write id if there is one.
type Pin struct {
	Number  int    `json:"number"`
	WriteID string `json:"write_id,omitempty"`
}

// Answer is what the caller got: an error, or a revision and what was read of it.
type Answer struct {
	Error   string   `json:"error,omitempty"`
	Number  int      `json:"number,omitempty"`
	WriteID string   `json:"write_id,omitempty"`
	Data    []string `json:"data,omitempty"`
	// WriteIDs are those of the newest revisions, newest first: what history tells.
	WriteIDs []string `json:"write_ids,omitempty"`
	contents digest
}

func (o *Operation) unknown() bool {
	return o.Return == nil
}

// reads says that the call has no effect whatever it answers.
func (o *Operation) reads() bool {
	return o.Kind == "load" || o.Kind == "history"
}

// withoutEffect says that the call changed nothing, as far as the caller was told.
func (o *Operation) withoutEffect() bool {
	return o.reads() || (!o.unknown() && o.Answer.Error != "")
}

func readHistory(path string) ([]*Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var history []*Operation
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		operation := new(Operation)
		if err := json.Unmarshal(lines.Bytes(), operation); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, len(history)+1, err)
		}
		if operation.Return != nil && *operation.Return <= operation.Call {
			return nil, fmt.Errorf("%s, line %d: it returned before it began", path, len(history)+1)
		}
		operation.Answer.contents = digestOf(operation.Answer.Data)
		history = append(history, operation)
	}
	return history, lines.Err()
}
