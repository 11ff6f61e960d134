package main

import (
	"slices"

	"github.com/anishathalye/porcupine"
)

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
	return told(before, after, call.Operation), after
}

// told says whether a call with this effect may have got its answer.
func told(before, after document, call *Operation) bool {
	switch call.Kind {
	case "purge":
		return call.Answer.Number == before.number()-before.first+1
	case "cut", "withdraw", "rewrite": // their effect has looked at it
		return true
	case "label", "unlabel":
		return call.Answer.Number == after.labels[call.Label].moved
	}
	return call.Answer.Number == after.number() && agree(call.Answer.WriteID, after.writeID())
}

// touched is the number by which the store knows the effect: of what was written, or of the newest
// revision that a purge erased; 0 where there is none.
func touched(before, after document, call *Operation) int {
	switch call.Kind {
	case "purge":
		return before.number()
	case "cut", "withdraw", "rewrite":
		return 0
	case "label", "unlabel":
		return after.labels[call.Label].moved
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
	number := touched(before, after, call.Operation)
	if call.number != 0 && number != 0 && call.number != number {
		return false, before
	}
	return applies, after
}

// refusal says whether the call may be told this error. A conflict is no statement about what is
// there: whether it really had no effect is what later calls show. Only a reader who names a revision
// by its id learns from it that there is another one of that number.
func refusal(before document, call *Operation) bool {
	switch call.Answer.Error {
	case "conflict":
		return !call.reads() || call.Kind == "pruned" ||
			(call.Pin != nil && otherLineage(before, call.Pin))
	case "already_exists":
		if call.Kind == "label" {
			_, alive := before.labels.at(call.Label)
			return alive
		}
		return call.Kind == "create" && before.alive()
	case "revision_pruned":
		if call.Kind == "peek" && call.Pin != nil && before.withdraws(call.Revision) {
			return before.at(call.Revision) != nil
		}
		return slices.ContainsFunc(call.named(), func(number int) bool {
			named := before.at(number)
			return named != nil && before.gone(named)
		})
	case "not_found":
		return missing(before, call)
	}
	return false // any other error, of a store that does work
}

func otherLineage(before document, pin *Pin) bool {
	named := before.at(pin.Number)
	return named != nil && named.number >= before.first && !agree(named.writeID, pin.WriteID)
}

// named are the revisions that a call is about.
func (o *Operation) named() []int {
	switch o.Kind {
	case "load", "peek", "rollback":
		return []int{o.Revision}
	case "rewrite":
		return o.Without
	}
	return nil
}

func missing(before document, call *Operation) bool {
	switch call.Kind {
	case "load", "peek", "rollback":
		if call.Revision == 0 {
			return !before.alive()
		}
		named := before.at(call.Revision)
		return named == nil || (named.deleted && !before.gone(named))
	case "delete":
		return !before.alive()
	case "restore", "purge", "history", "pruned":
		return !before.exists()
	case "rewrite":
		return !before.exists() || slices.ContainsFunc(call.Without, func(number int) bool {
			return before.at(number) == nil
		})
	case "label_of", "unlabel":
		_, alive := before.labels.at(call.Label)
		return !alive
	}
	return false
}

// read says whether what was read is there.
func read(before document, call *Operation) bool {
	answer := &call.Answer
	switch call.Kind {
	case "history":
		return history(before, call)
	case "pruned":
		return before.exists() && before.first == answer.Number
	case "label_of", "spared", "unpinned":
		return labelled(before, call)
	case "ended":
		return ended(before, call)
	}
	shown := before.newest
	if call.Revision != 0 {
		shown = before.at(call.Revision)
	}
	if call.Kind == "peek" && call.Pin != nil && before.withdraws(call.Revision) {
		return false
	}
	return shown != nil && !shown.deleted && !before.gone(shown) &&
		shown.number == answer.Number && agree(shown.writeID, answer.WriteID) &&
		(call.Kind == "peek" || shown.contents == answer.contents)
}

func history(before document, call *Operation) bool {
	answer, kept := &call.Answer, before.number()-before.first+1
	if call.Limit != 0 {
		kept = min(kept, call.Limit)
	}
	if before.number() != answer.Number || len(answer.WriteIDs) != kept {
		return false
	}
	shown := before.newest
	for _, writeID := range answer.WriteIDs {
		if !agree(shown.writeID, writeID) {
			return false
		}
		shown = shown.below
	}
	return true
}
