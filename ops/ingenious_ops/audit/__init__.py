"""Audit: what a code base keeps in files and blobs by itself, found by Semgrep with `rules/`.

Nothing of the code base is executed, and nothing is asked of the network. docs/audit.md lists the
rules; tests/ops/audit/rules has examples of each, good and bad. Folders of rules: `setup` and
`clients` as the steps, `files` for what is kept in files, `loss` for what loses data.
"""
