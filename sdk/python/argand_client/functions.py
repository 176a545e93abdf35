"""The decorators `track_duration` and `track_errors`, for functions and coroutines.

Without an argument they record in the registry given to `install`, and nothing before that:
a library may carry them, and costs nothing where nobody asks.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, overload

from ._native import CounterFamily, Histogram, HistogramFamily, Registry

_F = TypeVar("_F", bound=Callable[..., Any])


class _Functions(NamedTuple):
    """Where decorators without an argument record."""

    duration: HistogramFamily
    errors: CounterFamily


_installed: _Functions | None = None


def install(registry: Registry) -> None:
    """From now on decorators without an argument record in this registry.

    Adds `function_duration_seconds` by `function` and `function_errors_total` by `function` and
    `kind`; a registry that has them already raises `MetricError`.
    """
    global _installed
    _installed = _Functions(
        registry.histogram(
            "function_duration_seconds",
            "Time in a function, from its call to its return",
            ["function"],
        ),
        registry.counter(
            "function_errors_total",
            "Errors that a function has raised",
            ["function", "kind"],
        ),
    )


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@overload
def track_duration(function: _F) -> _F: ...
@overload
def track_duration(function: Histogram | None = None) -> Callable[[_F], _F]: ...
def track_duration(function: Any = None) -> Any:
    """Counts how long each call takes, also when it raises.

    `@track_duration` counts in the registry of `install`, `@track_duration(histogram)` in a
    histogram of yours. Of a coroutine it counts the time until it has ended.
    """
    if callable(function):
        return _timed(function, None)
    return lambda wrapped: _timed(wrapped, function)


def _timed(function: _F, histogram: Histogram | None) -> _F:
    name = _name(function)

    def start() -> float | None:
        # The clock is not looked at where nobody wants to know.
        if histogram is None and _installed is None:
            return None
        return time.perf_counter()

    def end(started: float | None) -> None:
        if started is None:
            return
        taken = time.perf_counter() - started
        if histogram is not None:
            histogram.observe(taken)
        elif _installed is not None:
            _installed.duration.labels(name).observe(taken)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def timed_async(*args: Any, **kwargs: Any) -> Any:
            started = start()
            try:
                return await function(*args, **kwargs)
            finally:
                end(started)

        return timed_async  # type: ignore[return-value]

    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        started = start()
        try:
            return function(*args, **kwargs)
        finally:
            end(started)

    return timed  # type: ignore[return-value]


@overload
def track_errors(function: _F) -> _F: ...
@overload
def track_errors(function: CounterFamily | None = None) -> Callable[[_F], _F]: ...
def track_errors(function: Any = None) -> Any:
    """Counts the exceptions that a call raises, by the name of their class, and lets them pass.

    `@track_errors` counts in the registry of `install`, `@track_errors(family)` in a family of
    yours whose one label is the kind. A coroutine that is cancelled has no error.
    """
    if callable(function):
        return _watched(function, None)
    return lambda wrapped: _watched(wrapped, function)


def _watched(function: _F, family: CounterFamily | None) -> _F:
    name = _name(function)

    def record(error: Exception) -> None:
        kind = type(error).__name__
        if family is not None:
            family.labels(kind).inc()
        elif _installed is not None:
            _installed.errors.labels(name, kind).inc()

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def watched_async(*args: Any, **kwargs: Any) -> Any:
            try:
                return await function(*args, **kwargs)
            except Exception as error:
                record(error)
                raise

        return watched_async  # type: ignore[return-value]

    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            record(error)
            raise

    return watched  # type: ignore[return-value]
