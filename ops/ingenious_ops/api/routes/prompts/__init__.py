"""Routes of prompts: sets, their files and histories, and labels."""
