"""Routes: a module for what each is about."""
