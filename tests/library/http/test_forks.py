"""A fork: the child opens connections of its own, and the parent's go on as before."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.authority import Authority
from tests.support.servers.scripted import OK, Peer, scripted_server

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="shows no sockets")
SCRIPT = """
import os, sys, threading, time
from ingenious_storage.http.client import Client

def sockets():
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass
    return {link for link in found if link.startswith("socket:")}

outside = sockets()
client = Client(sys.argv[1], timeout=60)
assert client.send("GET", "/parent", {}).body == b"good"
slow = threading.Thread(target=client.send, args=("GET", "/slow", {}))
slow.start()
while len(client._open) < 1 or client._kept:
    time.sleep(0.01)
assert client.send("GET", "/parent", {}).body == b"good"
parents = sockets() - outside
assert len(parents) == 2, parents
child = os.fork()
if child == 0:
    try:
        left = sockets() & parents
        assert not left, left
        assert client.send("GET", "/child", {}).body == b"good"
        own = sockets() - outside
        assert len(own) == 1 and not own & parents, own
        client.close()
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
for _ in range(20):
    assert client.send("GET", "/parent", {}).body == b"good"
assert os.waitpid(child, 0)[1] == 0
assert client.send("GET", "/parent", {}).body == b"good"
slow.join(60)
assert sockets() - outside == parents
client.close()
assert sockets() == outside
"""


@pytest.mark.parametrize("is_secure", [False, True])
def test_the_child_never_uses_a_connection_of_its_parent(
    authority: Authority, is_secure: bool
) -> None:
    child_has_asked = threading.Event()

    def serve(peer: Peer) -> None:
        while request := peer.read_request():
            if request.startswith(b"GET /slow"):
                assert child_has_asked.wait(60)
            peer.send(OK)
            if request.startswith(b"GET /child"):
                child_has_asked.set()

    with scripted_server(serve, context=authority.server() if is_secure else None) as server:
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SCRIPT, server.url],
            check=True,
            timeout=110,
            env={**os.environ, "REQUESTS_CA_BUNDLE": authority.file, "PYTHONPATH": str(Path.cwd())},
        )
        assert server.connections == 3
