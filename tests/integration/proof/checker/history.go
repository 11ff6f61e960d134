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
	// Key names what the call is about, which is judged alone.
	Key string `json:"key,omitempty"`
	// Item is what create, save, append and join add, and what a redacted revision is to hold; no two
	// calls have the same.
	Item string `json:"item,omitempty"`
	// At says of a join how much was there when its item was added, as the caller saw it; Begins
	// that nothing older may be in its revision. What went together is one append of all Items.
	At     int      `json:"at,omitempty"`
	Begins bool     `json:"begins,omitempty"`
	Items  []string `json:"-"`
	// Expected is what save asks to be the newest revision.
	Expected *Pin `json:"expected,omitempty"`
	// Revision is the one that load or rollback names; 0 is the newest. Pin names it by its id as
	// well: what a label is to pin, or what a reader has from one.
	Revision int  `json:"revision,omitempty"`
	Pin      *Pin `json:"pin,omitempty"`
	// Limit is how many revisions a history asks for; 0 is all.
	Limit int `json:"limit,omitempty"`
	// Without and Redact are the revisions that a rewrite is to take out, and to give other data.
	Without []int `json:"without,omitempty"`
	Redact  int   `json:"redact,omitempty"`
	// First is the oldest revision that a cut leaves; Keep how many of the newest it has to leave.
	First int `json:"first,omitempty"`
	Keep  int `json:"keep,omitempty"`
	// Ranges are the first and last numbers of what a head withdraws; none end a withdrawal. Of a call
	// that spared labels they are what it erased.
	Ranges [][]int `json:"ranges,omitempty"`
	// Spares says of an erasure that it withdraws first; Since is when its call began.
	Spares bool  `json:"spares,omitempty"`
	Since  int64 `json:"since,omitempty"`
	// Label is the name of the label that the call is about.
	Label  string `json:"label,omitempty"`
	Answer Answer `json:"answer"`
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
	// Erased and Redacted are what a rewrite tells of its work, ascending.
	Erased   []int `json:"erased,omitempty"`
	Redacted []int `json:"redacted,omitempty"`
	// Pin is what a label pins.
	Pin      *Pin `json:"pin,omitempty"`
	contents digest
}

func (o *Operation) unknown() bool {
	return o.Return == nil
}

// reads says that the call has no effect whatever it answers.
func (o *Operation) reads() bool {
	return isRead[o.Kind]
}

var isRead = map[string]bool{
	"load": true, "peek": true, "history": true, "pruned": true, "label_of": true, "spared": true,
	"unpinned": true, "ended": true,
}

// reworks says that the call makes no revision, but other ones of those that are there.
func (o *Operation) reworks() bool {
	return o.Kind == "cut" || o.Kind == "rewrite" || o.Kind == "withdraw"
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
		if operation.Item != "" {
			operation.Items = []string{operation.Item}
		}
		history = append(history, operation)
	}
	return together(history), lines.Err()
}
