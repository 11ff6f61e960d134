"""Reads: what is asked most, answered from memory and without the cost of the general way."""
