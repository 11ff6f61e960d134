package main

import "maps"

// pins are the labels by their names. A map is never changed once it belongs to a state.
type pins map[string]label

// label is where a label is: a document of its own, with numbers of its own.
type label struct {
	pin   Pin
	moved int // its own revision
	gone  bool
}

func (p pins) are(other pins) bool {
	return maps.Equal(p, other)
}

func (p pins) with(name string, at label) pins {
	next := maps.Clone(p)
	if next == nil {
		next = pins{}
	}
	next[name] = at
	return next
}

// at is where a label is, and whether there is one that was not deleted.
func (p pins) at(name string) (label, bool) {
	found, known := p[name]
	return found, known && !found.gone
}

// move is the effect of a call that moves or deletes a label: the pin was read, and is not looked at.
func move(before document, call *Operation) (document, bool) {
	old, alive := before.labels.at(call.Label)
	switch {
	case call.Kind == "unlabel" && !alive:
		return before, false
	case call.Expected != nil && call.Expected.Number == 0 && alive:
		return before, false
	case call.Expected != nil && call.Expected.Number != 0 && old.moved != call.Expected.Number:
		return before, false
	}
	next := label{moved: old.moved + 1, gone: call.Kind == "unlabel"}
	if call.Pin != nil && !next.gone {
		next.pin = *call.Pin
	}
	before.labels = before.labels.with(call.Label, next)
	return before, true
}

// labelled says whether what is told of a label is so.
func labelled(before document, call *Operation) bool {
	at, alive := before.labels.at(call.Label)
	switch call.Kind {
	case "label_of":
		return alive && at.moved == call.Answer.Number && at.pin == *call.Answer.Pin
	case "spared": // behind its withdrawal an erasure asked what is pinned
		pinned := before.at(at.pin.Number)
		return !alive || pinned == nil || !agree(pinned.writeID, at.pin.WriteID) ||
			!call.names(pinned.number)
	case "unpinned": // a purge was not refused
		return !alive
	}
	panic("no such kind of call: " + call.Kind)
}
