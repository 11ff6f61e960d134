"""Bulk work: a migration on processes and on a cluster."""
