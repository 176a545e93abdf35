"""A real gateway for the tests of batch jobs."""

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def gateway() -> Iterator[str]:
    """The address of a pushgateway."""
    program = shutil.which("prometheus-pushgateway")
    if program is None:
        pytest.skip("prometheus-pushgateway is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{address}/-/ready")
            break
        except OSError:
            time.sleep(0.05)
    yield address
    process.kill()
    process.wait()
