"""Services: memories and prompts, on versioned documents."""
