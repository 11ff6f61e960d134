"""The command line `ingenious-storage`; docs/cli.md describes it.

`ingenious-storage --help` imports click and this package only: a command's module is imported
when it runs.
"""

from ingenious_ops.cli.app import NAME, root

__all__ = ["main", "root"]


def main() -> None:
    """Run the command that `sys.argv` asks for, and exit with its code."""
    root.main(prog_name=NAME)
