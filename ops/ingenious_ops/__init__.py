"""The operations command line of ingenious-storage."""
