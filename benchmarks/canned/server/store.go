package main

import (
	"fmt"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Up to this size the bytes of an object are kept, such as the journal of a range; of a larger one
// zeros are given back.
const keptBytes = 256 * 1024

type object struct {
	size     int64
	data     []byte // nil for what is too large
	etag     string
	modified string
	kind     string // content type
	md5      string // base64, as the client sent it
	metadata http.Header
}

// A store holds the objects of all containers, by "container/key".
type store struct {
	mutex   sync.RWMutex
	objects map[string]*object
	blocks  map[string]int64 // bytes of uploaded parts, by object and id of the part
	version atomic.Int64
}

func newStore() *store {
	return &store{objects: map[string]*object{}, blocks: map[string]int64{}}
}

func (held *store) find(name string) *object {
	held.mutex.RLock()
	defer held.mutex.RUnlock()
	return held.objects[name]
}

// put keeps an object unless a condition of the request forbids it: then it returns the status.
func (held *store) put(name string, made *object, request http.Header) int {
	made.etag = fmt.Sprintf("\"0x%016X\"", held.version.Add(1))
	made.modified = time.Now().UTC().Format(http.TimeFormat)
	held.mutex.Lock()
	defer held.mutex.Unlock()
	there := held.objects[name]
	if request.Get("If-None-Match") == "*" && there != nil {
		return http.StatusConflict
	}
	if wanted := request.Get("If-Match"); wanted != "" && (there == nil || there.etag != wanted) {
		return http.StatusPreconditionFailed
	}
	held.objects[name] = made
	return 0
}

func (held *store) delete(name string) bool {
	held.mutex.Lock()
	defer held.mutex.Unlock()
	_, was := held.objects[name]
	delete(held.objects, name)
	return was
}

func (held *store) addBlock(name, id string, size int64) {
	held.mutex.Lock()
	defer held.mutex.Unlock()
	held.blocks[name+"\x00"+id] = size
}

// takeBlocks gives the bytes of the named parts, which are forgotten.
func (held *store) takeBlocks(name string, ids []string) int64 {
	held.mutex.Lock()
	defer held.mutex.Unlock()
	var size int64
	for _, id := range ids {
		size += held.blocks[name+"\x00"+id]
		delete(held.blocks, name+"\x00"+id)
	}
	return size
}

type page struct {
	names    []string // sorted; without the container
	prefixes []string
	next     string // the name that the next page begins after
}

// list gives up to limit names of a container after one of them.
func (held *store) list(container, prefix, delimiter, after string, limit int) page {
	held.mutex.RLock()
	defer held.mutex.RUnlock()
	start, found, seen := container+"/", page{}, map[string]bool{}
	for name := range held.objects {
		key, ok := strings.CutPrefix(name, start)
		if !ok || !strings.HasPrefix(key, prefix) || key <= after {
			continue
		}
		if delimiter != "" {
			if end := strings.Index(key[len(prefix):], delimiter); end >= 0 {
				seen[key[:len(prefix)+end+len(delimiter)]] = true
				continue
			}
		}
		found.names = append(found.names, key)
	}
	for name := range seen {
		found.prefixes = append(found.prefixes, name)
	}
	sort.Strings(found.names)
	sort.Strings(found.prefixes)
	if limit > 0 && len(found.names) > limit {
		found.names = found.names[:limit]
		found.next = found.names[limit-1]
	}
	return found
}

var buffers = sync.Pool{New: func() any { made := make([]byte, 256*1024); return &made }}

// receive reads a body: its bytes too where they are few.
func receive(request *http.Request) (int64, []byte, error) {
	if length := request.ContentLength; length >= 0 && length <= keptBytes {
		data := make([]byte, length)
		_, err := io.ReadFull(request.Body, data)
		return length, data, err
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	var size int64
	for {
		count, err := request.Body.Read(*buffer)
		size += int64(count)
		if err == io.EOF {
			return size, nil, nil
		}
		if err != nil {
			return size, nil, err
		}
	}
}

var zeros = make([]byte, 256*1024)

// serve answers a GET or HEAD, of a range if one is asked for.
func (held *object) serve(answer http.ResponseWriter, request *http.Request, wanted string) {
	headers := answer.Header()
	headers.Set("ETag", held.etag)
	headers.Set("Last-Modified", held.modified)
	headers.Set("Accept-Ranges", "bytes")
	headers.Set("Content-Type", held.kind)
	start, end, status := int64(0), held.size, http.StatusOK
	if first, last, ok := strings.Cut(strings.TrimPrefix(wanted, "bytes="), "-"); ok {
		start, _ = strconv.ParseInt(first, 10, 64)
		if given, err := strconv.ParseInt(last, 10, 64); err == nil && given+1 < end {
			end = given + 1
		}
		if start >= held.size {
			answer.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		status = http.StatusPartialContent
		headers.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, held.size))
	}
	headers.Set("Content-Length", strconv.FormatInt(end-start, 10))
	answer.WriteHeader(status)
	if request.Method == http.MethodHead {
		return
	}
	if held.data != nil {
		answer.Write(held.data[start:end])
		return
	}
	for left := end - start; left > 0; {
		count, err := answer.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			return
		}
		left -= int64(count)
	}
}
