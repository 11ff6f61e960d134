"""Writing: commits of revisions, and the fate of those whose answer was lost."""
