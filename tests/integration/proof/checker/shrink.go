package main

import (
	"slices"
	"sort"
	"time"
)

// patience is for one check of a smaller part: one that takes long is no part to look at.
const patience = time.Second

// smallest finds a part of a refused history that is refused for the same last answer: without that
// answer it is accepted.
func smallest(history []*Operation) []*Operation {
	refused := func(part []*Operation) bool { return judgeOne(part, patience) == "refused" }
	ends := make([]int64, 0, len(history))
	for _, call := range history {
		if !call.unknown() {
			ends = append(ends, *call.Return)
		}
	}
	slices.Sort(ends)
	// What is refused until some time stays so, whatever comes later.
	shortest := sort.Search(len(ends), func(i int) bool { return refused(until(history, ends[i])) })
	if shortest == len(ends) {
		return history // undecided on the way
	}
	end := ends[shortest]
	part := until(history, end)
	holds := func(smaller []*Operation) bool {
		return refused(smaller) && judgeOne(until(smaller, end-1), patience) == "accepted"
	}
	part = lastLife(part, holds)
	for size := max(len(part)/4, 1); ; size /= 2 {
		part = without(part, size, holds)
		if size <= 1 {
			return part
		}
	}
}

// until is what was known at a time: what has not returned may still happen.
func until(history []*Operation, end int64) []*Operation {
	var part []*Operation
	for _, call := range history {
		returned := !call.unknown() && *call.Return <= end
		switch {
		case call.Call > end || (!returned && call.withoutEffect()):
		case returned:
			part = append(part, call)
		default:
			open := *call
			open.open = true
			if !call.unknown() {
				open.Return, open.Answer = nil, Answer{WriteID: call.Answer.WriteID}
				if !call.reworks() && call.Kind != "purge" {
					open.Landed = call.Answer.Number
				}
			}
			part = append(part, &open)
		}
	}
	return part
}

// lastLife leaves out what was over before a purge; the latest purge for which `holds` is true.
func lastLife(part []*Operation, holds func([]*Operation) bool) []*Operation {
	var purges []*Operation
	for _, call := range part {
		if call.Kind == "purge" && !call.withoutEffect() && !call.unknown() {
			purges = append(purges, call)
		}
	}
	slices.SortFunc(purges, func(a, b *Operation) int { return int(b.Call - a.Call) })
	for _, purge := range purges {
		later := slices.DeleteFunc(slices.Clone(part), func(call *Operation) bool {
			return call == purge || (!call.unknown() && *call.Return < *purge.Return) ||
				(call.Landed != 0 && call.Call < purge.Call)
		})
		if holds(later) {
			return later
		}
	}
	return part
}

// without leaves out calls without effect, as many runs of `size` as it can.
func without(part []*Operation, size int, holds func([]*Operation) bool) []*Operation {
	for start := 0; start < len(part); {
		end := min(start+size, len(part))
		smaller := slices.Clone(part[:start])
		for _, call := range part[start:end] {
			if !call.withoutEffect() {
				smaller = append(smaller, call)
			}
		}
		smaller = append(smaller, part[end:]...)
		if len(smaller) < len(part) && holds(smaller) {
			part = smaller
		} else {
			start += size
		}
	}
	return part
}
