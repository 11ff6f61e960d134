"""Bulk work on processes of this machine: none shares anything with this one."""
