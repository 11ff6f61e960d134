"""`python -m ingenious_ops` is `ingenious-storage`."""

from ingenious_ops.cli import main

main()
