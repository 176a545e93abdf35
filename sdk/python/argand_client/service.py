"""The base class of a service's own metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ._native import Registry, RequestMetrics
from .asgi import MetricsMiddleware, metrics_app


class BaseMetrics:
    """What every service has: requests, errors, the process; a subclass adds its own.

        class OrderMetrics(BaseMetrics):
            def __init__(self) -> None:
                super().__init__("orders", version="1.2.0")
                self.taken = self.registry.counter("orders_total", "Orders taken", ["kind"])

    Every series has the labels `service` and, when it is given, `version`. Requests are
    `requests_total` by `method`, `endpoint` (the template of the route) and `status`, and so on;
    with the prefix `agent` they are `agent_requests_total`. Errors are `errors_total` by
    `error_type`.
    """

    def __init__(
        self,
        service: str,
        *,
        version: str | None = None,
        prefix: str = "",
        route_label: str = "endpoint",
        labels: Mapping[str, object] | None = None,
        strict: bool = True,
    ) -> None:
        common: dict[str, object] = {"service": service}
        if version is not None:
            common["version"] = version
        common.update(labels or {})
        self.registry = Registry(common, strict=strict)
        self.requests = RequestMetrics(
            self.registry, prefix, route_label=route_label
        )
        self.errors = self.registry.counter(
            "errors_total", "Errors that the service has met", ["error_type"]
        )
        self.registry.add_process()

    def record_error(self, error: BaseException | str) -> None:
        """Counts an error by a short word, or an exception by the name of its class."""
        kind = error if isinstance(error, str) else type(error).__name__
        self.errors.labels(kind).inc()

    @contextmanager
    def track_request(self, method: str, route: str | None) -> Iterator[None]:
        """Counts what happens inside as a request on a route pattern, for services without ASGI.

        It ends with status 200, or 500 when it raises.
        """
        request = self.requests.start(method, route)
        try:
            yield
        except Exception as error:
            self.record_error(error)
            request.finish(500)
            raise
        except BaseException:
            # The thread or task was told to stop.
            request.cancel()
            raise
        request.finish(200)

    def instrument(self, app: Any, path: str = "/metrics") -> None:
        """Tracks all requests of a FastAPI or Starlette app, and answers at `path`."""
        app.add_middleware(MetricsMiddleware, metrics=self.requests, on_error=self.record_error)
        app.mount(path, metrics_app(self.registry))
