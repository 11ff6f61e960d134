"""This checkout beside an older commit of this project."""
