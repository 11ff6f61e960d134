"""Google Cloud Storage by its JSON API, on this library's own request path."""
