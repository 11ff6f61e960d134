"""HTTP/1.1 on sockets: connections, framing and their pool, for one thread each and many at once."""
