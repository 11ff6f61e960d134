"""Sections of stores that are no cloud's: a folder, memory, shards, and those of others."""
