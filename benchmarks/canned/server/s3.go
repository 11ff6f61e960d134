package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// s3 speaks what is needed of S3, path style, at /bucket/key.
type s3 struct{ held *store }

func (service s3) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	headers := answer.Header()
	headers.Set("x-amz-request-id", "0000000000000000")
	if key == "" {
		answer.WriteHeader(http.StatusOK)
		return
	}
	name := bucket + "/" + key
	switch request.Method {
	case http.MethodPut:
		size, data, err := receive(request)
		if err != nil {
			return
		}
		made := &object{size: size, data: data, kind: request.Header.Get("Content-Type")}
		if status := service.held.put(name, made, request.Header); status != 0 {
			service.refuse(answer, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		headers.Set("ETag", made.etag)
	case http.MethodGet, http.MethodHead:
		found := service.held.find(name)
		if found == nil {
			service.refuse(answer, http.StatusNotFound, "NoSuchKey")
			return
		}
		found.serve(answer, request, request.Header.Get("Range"))
	case http.MethodDelete:
		service.held.delete(name)
		answer.WriteHeader(http.StatusNoContent)
	default:
		service.refuse(answer, http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func (service s3) refuse(answer http.ResponseWriter, status int, code string) {
	answer.Header().Set("Content-Type", "application/xml")
	answer.WriteHeader(status)
	fmt.Fprintf(answer, "%s<Error><Code>%s</Code></Error>", xml.Header, code)
}
