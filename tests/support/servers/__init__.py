"""Servers that tests start, and what plays one."""
