"""Ways to break a set-up, by where it breaks."""
