package main

import "slices"

// effect is what the call makes of the document, and whether it can do anything.
func effect(before document, call *Operation) (document, bool) {
	id := call.Answer.WriteID
	one := digestOf(call.Items)
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
	case "append", "join":
		if before.alive() {
			one = before.newest.contents.and(call.Items)
		}
		return before.put(id, one, false), true
	case "delete":
		if !before.alive() {
			return before, false
		}
		return before.put(id, digest{}, true), true
	case "restore":
		return restored(before, id)
	case "rollback":
		named := before.at(call.Revision)
		if named == nil || named.deleted || before.gone(named) {
			return before, false
		}
		return before.put(id, named.contents, false), true
	case "purge":
		may := before.exists() && before.mayErase(call, before.numbers(before.number()+1)...)
		return document{labels: before.labels}, may
	case "cut":
		return cut(before, call)
	case "withdraw":
		return withdraw(before, call)
	case "rewrite":
		return rewritten(before, call)
	case "label", "unlabel":
		return move(before, call)
	case "torn":
		return before, false
	}
	panic("no such kind of call: " + call.Kind)
}

func restored(before document, id string) (document, bool) {
	if before.alive() { // it stays as it is
		return before, true
	}
	if !before.exists() || before.gone(before.newest.below) {
		return before, false
	}
	return before.put(id, before.newest.below.contents, false), true
}

// cut is a head put again with another oldest revision, as a prune does.
func cut(before document, call *Operation) (document, bool) {
	if !before.exists() || !before.isAt(call.Pin) {
		return before, false
	}
	kept := before.number() - call.First + 1
	if call.First < before.first || (call.First > before.first && kept < call.Keep) {
		return before, false
	}
	if !before.mayErase(call, before.numbers(call.First)...) {
		return before, false
	}
	before.first, before.withdrawn = call.First, nil
	return before, true
}

// rewritten takes revisions out of the history, and gives one other data.
func rewritten(before document, call *Operation) (document, bool) {
	erased, redacted := work(before, call)
	number := before.number()
	forbidden := slices.Contains(erased, number)
	if before.exists() && before.newest.deleted {
		forbidden = forbidden || slices.Contains(erased, number-1)
	}
	going := append(slices.Clone(erased), redacted...)
	if !before.exists() || forbidden || !before.mayErase(call, going...) {
		return before, false
	}
	if !call.unknown() &&
		!(slices.Equal(erased, call.Answer.Erased) && slices.Equal(redacted, call.Answer.Redacted)) {
		return before, false
	}
	lowest := slices.Min(append(append([]int{number + 1}, erased...), redacted...))
	var above []*revision
	below := before.newest
	for ; below != nil && below.number >= lowest; below = below.below {
		above = append(above, below)
	}
	for place := len(above) - 1; place >= 0; place-- {
		each := above[place]
		next := *each
		if slices.Contains(erased, each.number) {
			next.erased, next.contents = true, digest{}
		} else if slices.Contains(redacted, each.number) {
			next.contents = digestOf(call.Items)
		}
		below = next.on(below)
	}
	before.newest, before.withdrawn = below, nil
	return before, true
}

// work is what a rewrite has to do, ascending.
func work(before document, call *Operation) (erased, redacted []int) {
	for _, number := range call.Without {
		if named := before.at(number); named != nil && !before.gone(named) {
			erased = append(erased, number)
		}
	}
	named := before.at(call.Redact)
	if named != nil && named != before.newest && !named.deleted && !before.gone(named) &&
		!slices.Contains(erased, call.Redact) {
		redacted = append(redacted, call.Redact)
	}
	return erased, redacted
}
