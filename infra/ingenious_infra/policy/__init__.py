"""The controls as rules, which the engine and the tests run on what the program registers."""
