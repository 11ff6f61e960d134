package main

import (
	"crypto/sha256"
	"encoding/binary"
)

// The document as one client alone would have it: a chain of revisions, or nothing; and the labels
// that pin revisions of it.
type document struct {
	newest *revision
	// first is the oldest revision that was not pruned.
	first  int
	labels pins
	// withdrawn is the head that named what is about to be erased.
	withdrawn *Operation
	// over: what still has an unknown outcome from here on came to nothing.
	over bool
}

type revision struct {
	number   int
	writeID  string // "" when nobody was told
	contents digest
	deleted  bool
	erased   bool // by a rewrite
	below    *revision
	chain    digest // of this revision and all below
}

type digest [sha256.Size]byte

// with is the digest of what has `item` behind it.
func (d digest) with(item string) digest {
	return sha256.Sum256(append(d[:], item...))
}

// and is the digest of what has all these items behind it.
func (d digest) and(items []string) digest {
	for _, item := range items {
		d = d.with(item)
	}
	return d
}

func digestOf(items []string) digest {
	return digest{}.and(items)
}

func (d document) is(other document) bool {
	if d.over != other.over || d.exists() != other.exists() || !d.labels.are(other.labels) {
		return false
	}
	if !d.exists() {
		return true
	}
	return d.first == other.first && d.withdrawn == other.withdrawn &&
		(d.newest == other.newest || d.newest.chain == other.newest.chain)
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

// at is revision `number`, pruned or not, or nil.
func (d document) at(number int) *revision {
	found := d.newest
	for found != nil && found.number != number {
		found = found.below
	}
	return found
}

func (d document) isAt(pin *Pin) bool {
	return d.number() == pin.Number && (pin.Number == 0 || agree(d.writeID(), pin.WriteID))
}

// gone says of a revision that its data cannot be had any more, but for its number.
func (d document) gone(r *revision) bool {
	return r.number < d.first || r.erased
}

// put is the document with one more revision.
func (d document) put(writeID string, contents digest, deleted bool) document {
	next := &revision{number: d.number() + 1, writeID: writeID, contents: contents, deleted: deleted}
	if !d.exists() {
		d.first = 1
	}
	d.newest = next.on(d.newest)
	return d
}

// on is the revision on top of `below`.
func (r revision) on(below *revision) *revision {
	r.below, r.chain = below, digest{}
	if below != nil {
		r.chain = below.chain
	}
	r.chain = r.chain.with(r.writeID).with(string(r.contents[:]))
	if r.deleted {
		r.chain = r.chain.with("deleted")
	}
	if r.erased {
		r.chain = r.chain.with("erased")
	}
	return &r
}

// agree compares write ids where both are known.
func agree(a, b string) bool {
	return a == "" || b == "" || a == b
}
