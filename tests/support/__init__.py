"""Tools that the tests share: emulators, credentials and fault injection."""
