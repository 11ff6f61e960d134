"""Doctor: it tests a set-up from the configuration to a round trip, and says which part is ill.

docs/doctor.md describes every check.
"""
