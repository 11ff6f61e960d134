"""Shown: what data look like to people. Nothing here knows of requests or templates."""
