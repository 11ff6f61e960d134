"""Stores behind one small interface, `base.Backend`."""
