"""Jobs at a real gateway, and at none."""

import asyncio
import logging
import multiprocessing
import urllib.request

import pytest
from argand_client import (
    BatchJobMetrics,
    PushError,
    PushGatewayConfig,
    get_pushgateway_client,
)


def samples(gateway: str, job: str) -> dict[str, float]:
    """The samples of a job, by name and its own label."""
    found = {}
    for line in urllib.request.urlopen(f"{gateway}/metrics").read().decode().splitlines():
        if line.startswith("batch_job_") and f'job="{job}"' in line:
            series, value = line.rsplit(" ", 1)
            own = [part for part in series.split('"') if part.isalpha() and part != job]
            found["/".join([series.split("{")[0].removeprefix("batch_job_"), *own])] = float(value)
    return found


def test_a_job_that_ends_well(gateway: str) -> None:
    with BatchJobMetrics("good", gateway, {"shard": ""}) as job:
        job.record_records(3, "invoice")
        job.record_records(4, "invoice")
        job.record_records(-1, "invoice")
    found = samples(gateway, "good")
    assert found.keys() == {
        "duration_seconds",
        "last_success_timestamp_seconds",
        "records_processed_total/invoice",
    }
    assert found["records_processed_total/invoice"] == 7
    job.delete()
    assert samples(gateway, "good") == {}


def test_a_job_that_fails_keeps_its_last_success(gateway: str) -> None:
    with BatchJobMetrics("bad", gateway):
        pass
    before = samples(gateway, "bad")
    with pytest.raises(KeyError), BatchJobMetrics("bad", gateway):
        raise KeyError("x")
    after = samples(gateway, "bad")
    success = "last_success_timestamp_seconds"
    assert after[success] == before[success]
    assert after["errors_total/KeyError"] == 1


def test_decorators_plain_and_async(gateway: str) -> None:
    job = BatchJobMetrics("decorated", gateway)

    @job
    def run(count: int) -> int:
        job.record_records(count)
        return count

    @job.track_duration()
    async def part() -> str:
        await asyncio.sleep(0.01)
        return "done"

    @job
    async def run_async() -> str:
        return await part()

    assert run(2) == 2
    assert asyncio.run(run_async()) == "done"
    assert samples(gateway, "decorated")["records_processed_total/record"] == 2
    asyncio.run(job.delete_async())
    assert samples(gateway, "decorated") == {}


def test_a_gateway_that_is_away_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    away = "http://me:hunter2@127.0.0.1:1"
    with caplog.at_level(logging.WARNING), BatchJobMetrics("a", away, deadline=0.3) as job:
        result = 7
    assert result == 7
    assert "metrics of the job a are lost" in caplog.text
    with pytest.raises(PushError) as raised:
        job.push()
    assert "hunter2" not in caplog.text + str(raised.value)


def test_what_is_refused() -> None:
    for name, url, key in [
        ("", "http://h", {}),
        ("a", "ftp://h", {}),
        ("a", "http://h", {"job": "b"}),
        ("a", "http://h", {"a b": "c"}),
    ]:
        with pytest.raises(ValueError):
            BatchJobMetrics(name, url, key)


def test_one_client_for_equal_configs(gateway: str) -> None:
    config = PushGatewayConfig(gateway, "shared", {"a": "b"})
    client = get_pushgateway_client(config)
    assert get_pushgateway_client(PushGatewayConfig(gateway, "shared", {"a": "b"})) is client
    assert get_pushgateway_client(PushGatewayConfig(gateway, "other")) is not client


def in_child(job: BatchJobMetrics) -> None:
    job.record_success()
    job.push()


def test_a_forked_child_can_push(gateway: str) -> None:
    job = BatchJobMetrics("forked", gateway)
    job.push()
    child = multiprocessing.get_context("fork").Process(target=in_child, args=(job,))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert "last_success_timestamp_seconds" in samples(gateway, "forked")
