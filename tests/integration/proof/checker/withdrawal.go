package main

import "slices"

// A withdrawal is part of the state, and no check of intervals beside the search. Journals have each
// head that names what is to go, so it is a step of its own, and the state says what is withdrawn.
// By intervals alone, an erasure that is under way would excuse every refusal beside it, also once it
// has given back what it named; and one that died, all refusals for ever. The search is not longer:
// each of these heads applies on top of one revision only, and most of them were steps before.

// withdraw is a head put again that names what is about to be erased, or nothing any more.
func withdraw(before document, call *Operation) (document, bool) {
	if !before.exists() || !before.isAt(call.Pin) {
		return before, false
	}
	before.withdrawn = nil
	if len(call.Ranges) > 0 {
		before.withdrawn = call
	}
	return before, true
}

// withdraws says of a revision that nobody may pin it now.
func (d document) withdraws(number int) bool {
	return d.withdrawn != nil && d.withdrawn.names(number)
}

// names says whether the revision is in one of the ranges.
func (o *Operation) names(number int) bool {
	return slices.ContainsFunc(o.Ranges, func(ends []int) bool {
		return ends[0] <= number && number <= ends[1]
	})
}

// mayErase says whether the call itself has withdrawn what it erases, and nobody has since.
func (d document) mayErase(call *Operation, numbers ...int) bool {
	if !call.Spares {
		return true
	}
	own := d.withdrawn != nil && d.withdrawn.Client == call.Client && d.withdrawn.Call >= call.Since
	return own && !slices.ContainsFunc(numbers, func(number int) bool {
		return !d.withdrawn.names(number)
	})
}

// numbers are those of the revisions that are kept, below `end`.
func (d document) numbers(end int) []int {
	var kept []int
	for number := d.first; number < end; number++ {
		kept = append(kept, number)
	}
	return kept
}

// ended says whether an erasure that went well can be over: no withdrawal is left of its own, nor
// one that had landed before it began.
func ended(before document, call *Operation) bool {
	left := before.withdrawn
	if left == nil {
		return true
	}
	own := left.Client == call.Client && left.Call >= call.Since
	return !own && (left.unknown() || *left.Return > call.Since)
}
