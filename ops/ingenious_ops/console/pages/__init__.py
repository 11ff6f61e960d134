"""Pages: a module for what each shows."""
