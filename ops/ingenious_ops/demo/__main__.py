"""`python -m ingenious_ops.demo`."""

from ingenious_ops.demo.run import main

main()
