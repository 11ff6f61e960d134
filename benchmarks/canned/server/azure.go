package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// azure speaks what is needed of Azure Blob Storage, at /account/container/key.
type azure struct{ held *store }

type blockList struct {
	Latest      []string
	Uncommitted []string
}

func (service azure) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(request.URL.Path, "/"), "/", 3)
	query := url.Values{}
	if request.URL.RawQuery != "" {
		query = request.URL.Query()
	}
	headers := answer.Header()
	headers.Set("x-ms-version", "2021-12-02")
	headers.Set("x-ms-request-id", "00000000-0000-0000-0000-000000000000")
	if len(parts) < 3 || parts[2] == "" {
		service.container(answer, request, parts, query)
		return
	}
	name := parts[1] + "/" + parts[2]
	switch request.Method {
	case http.MethodPut:
		service.put(answer, request, name, query)
	case http.MethodGet, http.MethodHead:
		found := service.held.find(name)
		if found == nil {
			service.refuse(answer, http.StatusNotFound, "BlobNotFound")
			return
		}
		describe(headers, found)
		wanted := request.Header.Get("x-ms-range")
		if wanted == "" {
			wanted = request.Header.Get("Range")
		}
		found.serve(answer, request, wanted)
	case http.MethodDelete:
		if !service.held.delete(name) {
			service.refuse(answer, http.StatusNotFound, "BlobNotFound")
			return
		}
		answer.WriteHeader(http.StatusAccepted)
	default:
		service.refuse(answer, http.StatusMethodNotAllowed, "UnsupportedHttpVerb")
	}
}

func describe(headers http.Header, found *object) {
	headers.Set("x-ms-blob-type", "BlockBlob")
	headers.Set("x-ms-creation-time", found.modified)
	headers.Set("x-ms-server-encrypted", "true")
	if found.md5 != "" {
		headers.Set("Content-MD5", found.md5)
	}
	for name, values := range found.metadata {
		headers[name] = values
	}
}

// container makes it, says that it is there, or lists it; what the account is gets the same 200.
func (service azure) container(
	answer http.ResponseWriter, request *http.Request, parts []string, query url.Values,
) {
	switch {
	case request.Method == http.MethodPut:
		answer.WriteHeader(http.StatusCreated)
	case query.Get("comp") == "list" && len(parts) > 1:
		service.list(answer, parts[1], query)
	default:
		answer.Header().Set("ETag", "\"0x1\"")
		answer.Header().Set("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
		answer.Header().Set("x-ms-sku-name", "Standard_RAGRS")
		answer.Header().Set("x-ms-account-kind", "StorageV2")
	}
}

func (service azure) put(
	answer http.ResponseWriter, request *http.Request, name string, query url.Values,
) {
	if query.Get("comp") == "blocklist" {
		var list blockList
		if err := xml.NewDecoder(request.Body).Decode(&list); err != nil {
			service.refuse(answer, http.StatusBadRequest, "InvalidXmlDocument")
			return
		}
		ids := append(list.Latest, list.Uncommitted...)
		service.keep(answer, request, name, service.held.takeBlocks(name, ids), nil)
		return
	}
	size, data, err := receive(request)
	if err != nil {
		return
	}
	if query.Get("comp") == "block" {
		service.held.addBlock(name, query.Get("blockid"), size)
		answer.WriteHeader(http.StatusCreated)
		return
	}
	service.keep(answer, request, name, size, data)
}

func (service azure) keep(
	answer http.ResponseWriter, request *http.Request, name string, size int64, data []byte,
) {
	made := &object{size: size, data: data, kind: request.Header.Get("x-ms-blob-content-type")}
	made.md5 = request.Header.Get("x-ms-blob-content-md5")
	for header, values := range request.Header {
		if strings.HasPrefix(header, "X-Ms-Meta-") {
			if made.metadata == nil {
				made.metadata = http.Header{}
			}
			made.metadata[header] = values
		}
	}
	switch service.held.put(name, made, request.Header) {
	case http.StatusConflict:
		service.refuse(answer, http.StatusConflict, "BlobAlreadyExists")
	case http.StatusPreconditionFailed:
		service.refuse(answer, http.StatusPreconditionFailed, "ConditionNotMet")
	default:
		answer.Header().Set("ETag", made.etag)
		answer.Header().Set("Last-Modified", made.modified)
		answer.Header().Set("x-ms-request-server-encrypted", "true")
		answer.WriteHeader(http.StatusCreated)
	}
}

func (service azure) list(answer http.ResponseWriter, container string, query url.Values) {
	limit, _ := strconv.Atoi(query.Get("maxresults"))
	if limit == 0 {
		limit = 5000
	}
	prefix, delimiter := query.Get("prefix"), query.Get("delimiter")
	found := service.held.list(container, prefix, delimiter, query.Get("marker"), limit)
	var text strings.Builder
	text.WriteString(xml.Header)
	text.WriteString("<EnumerationResults><Blobs>")
	for _, key := range found.names {
		held := service.held.find(container + "/" + key)
		if held == nil {
			continue
		}
		fmt.Fprintf(&text, "<Blob><Name>%s</Name><Properties><Creation-Time>%s</Creation-Time>"+
			"<Last-Modified>%s</Last-Modified><Etag>%s</Etag><Content-Length>%d</Content-Length>"+
			"<Content-Type>%s</Content-Type><Content-MD5>%s</Content-MD5>"+
			"<BlobType>BlockBlob</BlobType></Properties></Blob>",
			escaped(key), held.modified, held.modified, strings.Trim(held.etag, "\""), held.size,
			escaped(held.kind), held.md5)
	}
	for _, name := range found.prefixes {
		fmt.Fprintf(&text, "<BlobPrefix><Name>%s</Name></BlobPrefix>", escaped(name))
	}
	fmt.Fprintf(&text, "</Blobs><NextMarker>%s</NextMarker></EnumerationResults>",
		escaped(found.next))
	answer.Header().Set("Content-Type", "application/xml")
	answer.Write([]byte(text.String()))
}

func (service azure) refuse(answer http.ResponseWriter, status int, code string) {
	answer.Header().Set("x-ms-error-code", code)
	answer.Header().Set("Content-Type", "application/xml")
	answer.WriteHeader(status)
	fmt.Fprintf(answer, "%s<Error><Code>%s</Code><Message>%s</Message></Error>",
		xml.Header, code, code)
}

func escaped(text string) string {
	var made strings.Builder
	xml.EscapeText(&made, []byte(text))
	return made.String()
}
