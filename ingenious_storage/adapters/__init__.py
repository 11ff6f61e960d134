"""Adapters: what a framework for agents keeps, on a storage of ours. One folder a framework.

Each is imported by its own name, and needs that framework; none imports another.
"""
