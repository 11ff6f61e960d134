"""The two ends of a migration: folders, containers and documents."""
