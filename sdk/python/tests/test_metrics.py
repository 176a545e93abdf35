"""Metrics, their names, and the decorators."""

import asyncio
import math

import pytest
from argand_client import MetricError, Registry, functions, install, track_duration, track_errors


def lines(registry: Registry) -> list[str]:
    return registry.text().splitlines()


def test_each_kind_and_its_labels() -> None:
    registry = Registry({"zone": "a"})
    orders = registry.counter("orders_total", "Orders", ["kind", "paid"])
    orders.labels("book", True).inc()
    orders.labels(paid=True, kind="book").inc(2)
    orders.labels("book", paid=True).inc(-5)
    registry.gauge("queue_length", "Queue").set(3)
    wait = registry.histogram("wait_seconds", "Wait", buckets=[1])
    wait.observe(0.5, trace_id="4bf92f3577b34da6a3ce929d0e0e4736")
    wait.observe(math.nan)
    text = lines(registry)
    assert 'orders_total{zone="a",kind="book",paid="True"} 3.0' in text
    assert 'queue_length{zone="a"} 3.0' in text
    assert 'wait_seconds_count{zone="a"} 1' in text
    content_type, body = registry.answer("application/openmetrics-text")
    assert content_type.startswith("application/openmetrics-text")
    assert '# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.5' in body
    for values, named in [((), {}), (("a",), {}), (("a", "b", "c"), {}), (("a",), {"x": 1}), (("a",), {"kind": 1})]:
        with pytest.raises(ValueError, match="kind, paid"):
            orders.labels(*values, **named)


@pytest.mark.parametrize(
    ("name", "help", "labels", "says"),
    [
        ("orders", "Orders", [], "_total"),
        ("wait_ms_total", "Wait", [], "written out"),
        ("orders_total", "", [], "help"),
        ("orders_total", "Orders", ["Kind"], "snake_case"),
        ("orders_total", "Orders", ["a", "a"], "twice"),
        ("orders_total", "Orders", [f"l{n}" for n in range(9)], "between 1 and 8"),
        ("taken_total", "Taken", [], "registered already"),
    ],
)
def test_what_is_refused(name: str, help: str, labels: list[str], says: str) -> None:
    registry = Registry()
    registry.counter("taken_total", "Taken")
    with pytest.raises(MetricError, match=says):
        registry.counter(name, help, labels)


def test_existing_names_and_few_series() -> None:
    registry = Registry(strict=False, series_limit=2)
    registry.gauge("gpu_utilization_percent", "GPU").set(1)
    users = registry.counter("logins_total", "Logins", ["user"])
    for user in "abcd":
        users.labels(user).inc()
    assert 'logins_total{user="other"} 2.0' in lines(registry)
    assert 'metrics_series_folded_total{metric="logins_total"} 2.0' in lines(registry)


def test_decorators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "_installed", None)
    registry = Registry()
    own = registry.histogram("own_duration_seconds", "Own")
    kinds = registry.counter("own_errors_total", "Own", ["kind"])

    @track_duration
    @track_errors
    def plain(fail: bool) -> int:
        """Said."""
        if fail:
            raise KeyError("x")
        return 1

    @track_duration(own)
    @track_errors(kinds)
    async def later(fail: bool) -> int:
        await asyncio.sleep(0)
        if fail:
            raise OSError("x")
        return 2

    # Nobody asks yet.
    assert plain(False) == 1
    install(registry)
    assert (plain(False), plain.__doc__, asyncio.run(later(False))) == (1, "Said.", 2)
    with pytest.raises(KeyError):
        plain(True)
    with pytest.raises(OSError):
        asyncio.run(later(True))
    text = lines(registry)
    name = f"{__name__}.test_decorators.<locals>.plain"
    for line in [
        f'function_duration_seconds_count{{function="{name}"}} 2',
        f'function_errors_total{{function="{name}",kind="KeyError"}} 1.0',
        "own_duration_seconds_count 2",
        'own_errors_total{kind="OSError"} 1.0',
    ]:
        assert line in text


def test_a_cancelled_coroutine_has_no_error() -> None:
    registry = Registry()
    kinds = registry.counter("own_errors_total", "Own", ["kind"])

    @track_errors(kinds)
    async def wait() -> None:
        await asyncio.sleep(60)

    async def run() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert "own_errors_total" not in registry.text()
