"""The store `sharded`: several stores as one, each document in one of them by its key."""
