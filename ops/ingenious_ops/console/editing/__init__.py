"""Editing of prompt sets in a browser: forms, merges and the steps of a label, without any page."""
