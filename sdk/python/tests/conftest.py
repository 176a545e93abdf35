"""Real gateways for the tests of batch jobs: the original's, and Argand's where it is built."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

# The binary of a debug build, or the one named.
ARGAND = Path(
    os.environ.get("ARGAND_BINARY")
    or Path(__file__).resolve().parents[3] / "target" / "debug" / "argand"
)


@pytest.fixture(scope="session", params=["original", "argand"])
def gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a gateway."""
    if request.param == "original":
        found = shutil.which("prometheus-pushgateway")
        command = [found] if found else None
    else:
        command = [str(ARGAND), "pushgateway"] if ARGAND.is_file() else None
    if command is None:
        pytest.skip(f"the gateway is not there: {request.param}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, f"--web.listen-address=127.0.0.1:{port}"],
        cwd=tmp_path_factory.mktemp("gateway"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/-/ready", process)
        yield address
    finally:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Waits until a gateway is ready."""
    for _ in range(400):
        try:
            urllib.request.urlopen(url)
            return
        except OSError:
            assert process.poll() is None, f"the gateway has ended with {process.returncode}"
            time.sleep(0.05)
    pytest.fail(f"nothing answers at {url}")
