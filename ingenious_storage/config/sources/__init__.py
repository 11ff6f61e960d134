"""Sources of values: files, variables, arguments."""
