package main

import (
	"crypto/sha256"
	"encoding/binary"
)

// The document as one client alone would have it: a chain of revisions, or nothing.
type document struct {
	newest *revision
	// over: what still has an unknown outcome from here on came to nothing.
	over bool
}

type revision struct {
	number   int
	writeID  string // "" when nobody was told
	contents digest
	deleted  bool
	below    *revision
	chain    digest // of this revision and all below
}

type digest [sha256.Size]byte

// with is the digest of what has `item` behind it.
func (d digest) with(item string) digest {
	return sha256.Sum256(append(d[:], item...))
}

func digestOf(items []string) digest {
	var d digest
	for _, item := range items {
		d = d.with(item)
	}
	return d
}

func (d document) is(other document) bool {
	if d.over != other.over || d.exists() != other.exists() {
		return false
	}
	return !d.exists() || d.newest == other.newest || d.newest.chain == other.newest.chain
}

func (d document) hash() uint64 {
	if !d.exists() {
		return 0
	}
	return binary.LittleEndian.Uint64(d.newest.chain[:])
}

func (d document) exists() bool {
	return d.newest != nil
}

// alive says that there is a document that was not deleted.
func (d document) alive() bool {
	return d.exists() && !d.newest.deleted
}

func (d document) number() int {
	if !d.exists() {
		return 0
	}
	return d.newest.number
}

func (d document) writeID() string {
	if !d.exists() {
		return ""
	}
	return d.newest.writeID
}

// at is revision `number`, or nil.
func (d document) at(number int) *revision {
	found := d.newest
	for found != nil && found.number != number {
		found = found.below
	}
	return found
}

func (d document) isAt(pin *Pin) bool {
	return d.number() == pin.Number && (pin.Number == 0 || agree(d.newest.writeID, pin.WriteID))
}

// put is the document with one more revision.
func (d document) put(writeID string, contents digest, deleted bool) document {
	next := &revision{d.number() + 1, writeID, contents, deleted, d.newest, digest{}}
	var below digest
	if d.exists() {
		below = d.newest.chain
	}
	next.chain = below.with(writeID).with(string(contents[:]))
	if deleted {
		next.chain = next.chain.with("deleted")
	}
	return document{newest: next}
}

// agree compares write ids where both are known.
func agree(a, b string) bool {
	return a == "" || b == "" || a == b
}
