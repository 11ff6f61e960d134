"""Explanations: what the documentation says about a code, a check, a setting or an alert.

The pages themselves are the source, and come with the package: `explain` reads their tables.
"""
