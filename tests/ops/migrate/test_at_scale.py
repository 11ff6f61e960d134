"""10,000 files and one of 1 GB, killed at twenty moments: nothing lost, nothing twice."""

from __future__ import annotations

import hashlib
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from azure.storage.blob import ContainerClient

from tests.ops.migrate.harness import bare, environment
from tests.ops.migrate.processes import kill_at, peak_memory, start
from tests.support.servers.azurite import Azurite, run_azurite

FILES = 10_000
LARGE = 1 << 30
KILLS = 20
ALLOWED = 200 << 20
RUN = ("run", "--from", "./src", "--to", "data")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2700),
    # Long enough to meet the garbage of whatever ran before it in the same process.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc"),
]


@pytest.fixture(scope="module")
def own_azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Blocks of a killed upload stay in its memory."""
    with run_azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


def write_source(root: Path, random: Random) -> dict[str, str]:
    """SHA-256 of each file by its name."""
    hashes = {}
    for number in range(FILES):
        path = root / f"{number % 100:02d}" / f"{number:05d}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = random.randbytes(random.randint(1 << 10, 64 << 10))
        path.write_bytes(data)
        hashes[path.relative_to(root).as_posix()] = hashlib.sha256(data).hexdigest()
    digest, block = hashlib.sha256(), random.randbytes(1 << 20)
    with (root / "large.bin").open("wb") as stream:
        for number in range(LARGE >> 20):
            part = number.to_bytes(8, "big") + block[8:]
            digest.update(part)
            stream.write(part)
    return {**hashes, "large.bin": digest.hexdigest()}


def peak(pid: int) -> int:
    """The largest resident size of a living process so far, in bytes; 0 before it has one."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def kill_after(seconds: float, folder: Path, env: dict[str, str]) -> int:
    """SIGKILL a run at that moment; its peak memory until then."""
    with start(RUN, folder, env) as process:
        time.sleep(seconds)
        used = peak(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=200)
    assert process.returncode == -signal.SIGKILL
    return used


def etags(client: ContainerClient) -> dict[str, str]:
    return {blob.name: str(blob.etag) for blob in client.list_blobs()}


def stored_hash(client: ContainerClient, key: str) -> str:
    digest = hashlib.sha256()
    for chunk in client.download_blob(key).chunks():
        digest.update(chunk)
    return digest.hexdigest()


def test_twenty_kills(own_azurite: Azurite, tmp_path: Path) -> None:
    random, name = Random(20), "at-scale"
    expected = write_source(tmp_path / "src", random)
    env, peaks, seen = environment(own_azurite, name), [0], dict[str, str]()
    with bare(own_azurite, name) as client:
        client.create_container()
        for _ in range(KILLS):
            peaks.append(kill_after(random.uniform(0.4, 2.0), tmp_path, env))
            now = etags(client)
            assert seen.items() <= now.items()  # nothing written again, nothing gone
            seen = now
        if not seen:  # a busy machine had begun none of them
            kill_at(RUN, tmp_path, 1, env)
            seen = etags(client)
        assert 0 < len(seen) < FILES
        peaks.append(peak_memory(RUN, tmp_path, env))
        final = etags(client)
        with ThreadPoolExecutor(4) as pool:
            hashes = dict(
                zip(final, pool.map(lambda key: stored_hash(client, key), final), strict=True)
            )
    assert seen.items() <= final.items()
    assert hashes == expected
    (journal,) = (tmp_path / ".ingenious").glob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()[1:]]
    assert Counter(line["key"] for line in lines) == Counter(dict.fromkeys(expected, 1))
    assert {line["key"]: line["sha256"] for line in lines} == expected
    assert max(peaks) < ALLOWED
