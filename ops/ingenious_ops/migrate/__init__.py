"""Migration of what a team has to another store: planned, resumable, and proven by hashes."""
