"""The vault's process: it prints what to set, and serves until it is ended.

python infra/local/vault [FOLDER] [PORT]
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from local.vault.server import run_vault  # noqa: E402
from local.vault.tokens import run_tokens  # noqa: E402


def main() -> None:
    """Serve until this process is ended."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "local-vault").absolute()
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with run_vault(folder, port=port) as server, run_tokens() as variables:
        told = {
            "LOCAL_AZURE_VAULT": server.contract.url,
            "LOCAL_AZURE_VAULT_KEYS": str(folder / "keys.json"),
            "INGENIOUS_STORAGE__HTTP__CA_FILE": str(folder / "ca.pem"),
            **variables,
        }
        sys.stdout.write("".join(f"export {name}={value}\n" for name, value in told.items()))
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
