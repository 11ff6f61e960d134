"""profiles.yml: its text, and every edit of it. No other package writes that file."""
