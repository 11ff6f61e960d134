"""The one room that writes profiles.yml: what it holds, and edits of its text."""
