"""Layers: backends around a backend, each doing one thing. `wiring` orders them."""
