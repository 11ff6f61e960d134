// The checker of recorded histories; tests/integration/proof/install.py builds it.
module ingenious-storage/proof

go 1.21

require github.com/anishathalye/porcupine v1.3.1
