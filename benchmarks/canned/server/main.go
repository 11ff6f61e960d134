// Canned is an object store with the shortest way from a request to its answer: it checks no
// signature, and keeps the bytes of small objects alone. What is measured against it is the client.
//
//	canned azure|s3
//
// It prints the port that it listens on, on loopback, and ends when its standard input does.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

var dialects = map[string]func(*store) http.Handler{
	"azure": func(held *store) http.Handler { return azure{held} },
	"s3":    func(held *store) http.Handler { return s3{held} },
}

func main() {
	if len(os.Args) != 2 || dialects[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: canned azure|s3")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Fprintln(os.Stderr, http.Serve(listener, dialects[os.Args[1]](newStore())))
	os.Exit(1)
}
