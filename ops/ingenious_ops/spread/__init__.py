"""The work of one storage, spread over the executors of bulk work: one lists, many read."""
