"""Metrics of a batch job, pushed to a gateway."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from ._native import BatchJob, PushError, Registry

_F = TypeVar("_F", bound=Callable[..., Any])

_log = logging.getLogger("argand_client")


class BatchJobMetrics:
    """The metrics of one batch job.

        with BatchJobMetrics("nightly_billing", "http://pushgateway:9091") as job:
            job.record_records(bill(), "invoice")

    As a context manager, plain or `async`, it takes the job's duration, records its success or
    the class of the exception that ended it, and pushes both by adding, so that a run that failed
    leaves the time of the last success. A gateway that is away is logged and never raised; the
    exception of the job passes. As a decorator it does the same round each call.

    A push is tried four times within `deadline` seconds, each time for `timeout` seconds.
    """

    def __init__(
        self,
        job_name: str,
        pushgateway_url: str,
        grouping_key: Mapping[str, str] | None = None,
        *,
        bearer_token: str | None = None,
        certificate_authority: bytes | None = None,
        timeout: float = 3.0,
        deadline: float = 10.0,
        registry: Registry | None = None,
    ) -> None:
        self.job_name = job_name
        self.registry = Registry() if registry is None else registry
        self._job = BatchJob(
            job_name,
            pushgateway_url,
            list((grouping_key or {}).items()),
            bearer_token,
            certificate_authority,
            timeout,
            deadline,
            self.registry,
        )
        self._run = _Run(self)

    def push(self) -> None:
        """Replaces all metrics of the group at the gateway; raises `PushError`."""
        self._job.push()

    def push_add(self) -> None:
        """Replaces the metrics of the same names only; raises `PushError`."""
        self._job.push_add()

    def delete(self) -> None:
        """Removes the group from the gateway; raises `PushError`."""
        self._job.delete()

    async def push_async(self) -> None:
        """`push`, while the event loop goes on."""
        await asyncio.to_thread(self.push)

    async def push_add_async(self) -> None:
        """`push_add`, while the event loop goes on."""
        await asyncio.to_thread(self.push_add)

    async def delete_async(self) -> None:
        """`delete`, while the event loop goes on."""
        await asyncio.to_thread(self.delete)

    def track_duration(self) -> _Duration:
        """Takes the job's duration, as a context manager or as a decorator of the job."""
        return _Duration(self._job)

    def record_duration(self, seconds: float) -> None:
        """The job took so many seconds."""
        self._job.record_duration(seconds)

    def record_success(self) -> None:
        """The job ended well, now."""
        self._job.record_success()

    def record_error(self, error_type: str) -> None:
        """The job met an error of this type: a word of a short list."""
        self._job.record_error(error_type)

    def record_records(self, count: int, record_type: str = "record") -> None:
        """The job processed so many records of this type; nothing for a negative count."""
        if count >= 0:
            self._job.record_records(count, record_type)

    def __call__(self, function: _F) -> _F:
        """Decorates the job."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def job_async(*args: Any, **kwargs: Any) -> Any:
                async with _Run(self):
                    return await function(*args, **kwargs)

            return job_async  # type: ignore[return-value]

        @functools.wraps(function)
        def job(*args: Any, **kwargs: Any) -> Any:
            with _Run(self):
                return function(*args, **kwargs)

        return job  # type: ignore[return-value]

    def __enter__(self) -> BatchJobMetrics:
        self._run = _Run(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run.end(kind)

    async def __aenter__(self) -> BatchJobMetrics:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._run.end, kind)


class _Run:
    """One run of a job: runs of a function that is decorated may overlap."""

    def __init__(self, job: BatchJobMetrics) -> None:
        self._job = job
        self._started = time.perf_counter()

    def end(self, kind: type[BaseException] | None) -> None:
        """Records how it ended, and pushes."""
        job = self._job
        job.record_duration(time.perf_counter() - self._started)
        if kind is None:
            job.record_success()
        else:
            job.record_error(kind.__name__)
        try:
            job.push_add()
        except PushError as lost:
            _log.warning("metrics of the job %s are lost: %s", job.job_name, lost)

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.end(kind)

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        await asyncio.to_thread(self.end, kind)


class _Duration:
    """The time of a job, inside a `with` or of each call of a function."""

    def __init__(self, job: BatchJob) -> None:
        self._job = job
        self._started = 0.0

    def __enter__(self) -> _Duration:
        self._started = time.perf_counter()
        return self

    def __exit__(self, *ended: object) -> None:
        self._job.record_duration(time.perf_counter() - self._started)

    def __call__(self, function: _F) -> _F:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_async(*args: Any, **kwargs: Any) -> Any:
                with _Duration(self._job):
                    return await function(*args, **kwargs)

            return timed_async  # type: ignore[return-value]

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with _Duration(self._job):
                return function(*args, **kwargs)

        return timed  # type: ignore[return-value]


@dataclass(frozen=True)
class PushGatewayConfig:
    """Where the metrics of a job go."""

    url: str
    job_name: str
    grouping_key: Mapping[str, str] = field(default_factory=dict)


_clients: dict[tuple[str, str, tuple[tuple[str, str], ...]], BatchJobMetrics] = {}
_clients_lock = threading.Lock()


def get_pushgateway_client(config: PushGatewayConfig) -> BatchJobMetrics:
    """The metrics of a job, the same for every caller of the process with an equal config."""
    key = (config.url, config.job_name, tuple(sorted(config.grouping_key.items())))
    with _clients_lock:
        if key not in _clients:
            _clients[key] = BatchJobMetrics(
                config.job_name, config.url, dict(config.grouping_key)
            )
        return _clients[key]
