"""What the tests share: emulators, credentials and fault injection."""
