"""Checking: verify what is stored, rebuild and repair it."""
