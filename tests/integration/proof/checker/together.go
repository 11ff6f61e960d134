package main

import (
	"slices"
	"sort"
)

// together makes one append of the joins that were told the same revision, at a time at which all of
// them were under way.
func together(history []*Operation) []*Operation {
	groups := map[string][]*Operation{}
	var all []*Operation
	var order []string
	for _, call := range history {
		id := call.Answer.WriteID
		if call.Kind != "join" || id == "" || call.Answer.Error != "" {
			all = append(all, call)
			continue
		}
		if groups[id] == nil {
			order = append(order, id)
		}
		groups[id] = append(groups[id], call)
	}
	for _, id := range order {
		all = append(all, merged(groups[id]))
	}
	return all
}

func merged(group []*Operation) *Operation {
	sort.SliceStable(group, func(i, j int) bool { return group[i].At < group[j].At })
	one := *group[0]
	one.Items = nil
	for place, call := range group {
		one.Items = append(one.Items, call.Items...)
		one.Call = max(one.Call, call.Call)
		if one.Return == nil || (call.Return != nil && *call.Return < *one.Return) {
			one.Return = call.Return
		}
		one.Landed = max(one.Landed, call.Landed)
		if !same(&one, call) || (call.Begins && place > 0) {
			one.Kind = "torn"
		}
	}
	if one.Return != nil && *one.Return <= one.Call {
		end := one.Call + 1
		one.Return, one.Kind = &end, "torn"
	}
	return &one
}

// same says whether two callers were told of one revision by the same number.
func same(a, b *Operation) bool {
	return a.Key == b.Key && a.Answer.Number == b.Answer.Number &&
		!slices.ContainsFunc(b.Items, func(item string) bool { return item == "" })
}
