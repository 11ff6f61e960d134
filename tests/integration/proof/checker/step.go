package main

import "github.com/anishathalye/porcupine"

var model = porcupine.Model{
	Init: func() any { return document{} },
	Step: func(state, input, _ any) (bool, any) {
		return step(state.(document), input.(*task))
	},
	Equal: func(a, b any) bool { return a.(document).is(b.(document)) },
	Hash:  func(state any) uint64 { return state.(document).hash() },
}

// step says whether `before` allows the answer of the call, and what is there afterwards.
func step(before document, call *task) (bool, document) {
	switch {
	case call.Kind == "end":
		return true, document{over: true}
	case call.unknown():
		return maybe(before, call)
	case call.Answer.Error != "":
		return refusal(before, call.Operation), before
	case call.reads():
		return read(before, call.Operation), before
	}
	if call.Kind == "purge" && call.Answer.Number == 0 {
		// It erased no document, only what another one left; readers do not see that.
		return !before.exists(), before
	}
	after, applies := effect(before, call.Operation)
	if !applies {
		return false, before
	}
	number := touched(before, after, call.Operation)
	return call.Answer.Number == number && agree(call.Answer.WriteID, after.writeID()), after
}

// touched is the number that a call tells: of what it wrote, or of what a purge erased.
func touched(before, after document, call *Operation) int {
	if call.Kind == "purge" {
		return before.number()
	}
	return after.number()
}

// maybe is the step of a call whose outcome is unknown. It has its effect, or it comes to nothing
// when all is over: that it comes to nothing earlier is the same, and would be many more orders to
// look at.
func maybe(before document, call *task) (bool, document) {
	if before.over {
		return !call.seen, before
	}
	after, applies := effect(before, call.Operation)
	if call.number != 0 && call.number != touched(before, after, call.Operation) {
		return false, before
	}
	return applies, after
}

// refusal says whether the call may be told this error. A conflict is no statement about what is
// there: whether it really had no effect is what later calls show.
func refusal(before document, call *Operation) bool {
	switch call.Answer.Error {
	case "conflict":
		return !call.reads()
	case "already_exists":
		return call.Kind == "create" && before.alive()
	case "not_found":
		switch call.Kind {
		case "load", "rollback":
			if call.Revision == 0 {
				return !before.alive()
			}
			named := before.at(call.Revision)
			return named == nil || named.deleted
		case "delete":
			return !before.alive()
		case "restore", "purge", "history":
			return !before.exists()
		}
	}
	return false // any other error, of a store that does work
}

// read says whether a load or a history shows what is there.
func read(before document, call *Operation) bool {
	answer := &call.Answer
	if call.Kind == "history" {
		return history(before.newest, answer)
	}
	shown := before.newest
	if call.Revision != 0 {
		shown = before.at(call.Revision)
	}
	return shown != nil && !shown.deleted && shown.number == answer.Number &&
		agree(shown.writeID, answer.WriteID) && shown.contents == answer.contents
}

func history(newest *revision, answer *Answer) bool {
	if newest == nil || newest.number != answer.Number {
		return false
	}
	for _, writeID := range answer.WriteIDs {
		if newest == nil || !agree(newest.writeID, writeID) {
			return false
		}
		newest = newest.below
	}
	return true
}

// effect is what the call makes of the document, and whether it can do anything.
func effect(before document, call *Operation) (document, bool) {
	id := call.Answer.WriteID
	one := digestOf([]string{call.Item})
	switch call.Kind {
	case "save":
		if call.Expected != nil && !before.isAt(call.Expected) {
			return before, false
		}
		return before.put(id, one, false), true
	case "create":
		if before.alive() {
			return before, false
		}
		return before.put(id, one, false), true
	case "append":
		if before.alive() {
			one = before.newest.contents.with(call.Item)
		}
		return before.put(id, one, false), true
	case "delete":
		if !before.alive() {
			return before, false
		}
		return before.put(id, digest{}, true), true
	case "restore":
		if !before.exists() {
			return before, false
		}
		if before.alive() { // it stays as it is
			return before, true
		}
		return before.put(id, before.newest.below.contents, false), true
	case "rollback":
		named := before.at(call.Revision)
		if named == nil || named.deleted {
			return before, false
		}
		return before.put(id, named.contents, false), true
	case "purge":
		return document{}, before.exists()
	}
	panic("no such kind of call: " + call.Kind)
}
