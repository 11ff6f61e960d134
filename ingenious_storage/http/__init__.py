"""HTTP/1.1 on sockets: connections, framing and their pool, for many threads at once."""
