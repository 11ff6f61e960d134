package main

import (
	"math"

	"github.com/anishathalye/porcupine"
)

// task is a call with what the answers to others tell about its effect.
type task struct {
	*Operation
	// number is that of the revision which it wrote, or which it was the purge of, if known; else 0.
	number int
	// seen says that it had an effect.
	seen bool
}

// tasks is the history as porcupine takes it, with an end behind all that returned.
func tasks(history []*Operation) []porcupine.Operation {
	numbers, items := evidence(history)
	calls := make([]porcupine.Operation, 0, len(history)+1)
	var last int64
	for _, call := range history {
		end := int64(math.MaxInt64)
		if !call.unknown() {
			end = *call.Return
			last = max(last, end)
		}
		last = max(last, call.Call)
		number := call.Landed
		if number == 0 && call.Answer.WriteID != "" && !call.reworks() {
			number = numbers[call.Answer.WriteID]
		}
		read := numbers[call.Answer.WriteID] != 0
		for _, item := range call.Items {
			read = read || items[item]
		}
		seen := read || (call.Landed != 0 && !call.open)
		number = max(number, 0)
		one := &task{call, number, seen}
		calls = append(calls, porcupine.Operation{
			ClientId: call.Client, Input: one, Call: call.Call, Return: end,
		})
	}
	over := &task{Operation: &Operation{Kind: "end"}}
	return append(calls, porcupine.Operation{Input: over, Call: last + 1, Return: last + 2})
}

// evidence is what was read: the number of each write id, and the items.
func evidence(history []*Operation) (numbers map[string]int, items map[string]bool) {
	numbers, items = map[string]int{}, map[string]bool{}
	for _, call := range history {
		answer := &call.Answer
		if call.unknown() {
			continue
		}
		if answer.WriteID != "" && !call.reworks() {
			numbers[answer.WriteID] = answer.Number
		}
		for below, id := range answer.WriteIDs {
			numbers[id] = answer.Number - below
		}
		for _, item := range answer.Data {
			items[item] = true
		}
	}
	return numbers, items
}
