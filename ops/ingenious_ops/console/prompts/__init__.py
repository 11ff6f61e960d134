"""Prompt sets and labels as the console shows and edits them, without any page."""
