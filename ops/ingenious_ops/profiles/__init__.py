"""The one room that writes profiles.yml."""
