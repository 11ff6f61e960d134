"""Sections of the stores whose containers are buckets."""
