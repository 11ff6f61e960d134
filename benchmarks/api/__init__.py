"""The HTTP API: what a read costs, beside a bare route of the same framework."""
