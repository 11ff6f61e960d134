"""Local Azure: a provider that Pulumi's engine takes for `azure-native`, to work without Azure.

Blob containers are real, in Azurite; every other resource is a record in one JSON file. Where it
differs from Azure is told in README.md, beside this file.
"""
