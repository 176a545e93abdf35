"""`/metrics` and request tracking for FastAPI, Starlette and other ASGI frameworks.

Nothing here imports a framework: routes are found by what Starlette's routers offer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ._native import Registry, RequestMetrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Deepest nesting of mounted applications that is followed.
_MAX_DEPTH = 8


class MetricsMiddleware:
    """Counts requests by method, route and status; times them; counts those under way.

        app.add_middleware(MetricsMiddleware, metrics=RequestMetrics(registry))

    A route is the template that the application has (`/orders/{id}`), never the path of a
    request; what has none is `other`. An exception counts as status 500, which is what the client
    is told; `on_error` is called with it.
    """

    def __init__(
        self,
        app: App,
        metrics: RequestMetrics,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = self.metrics.start(scope["method"], route_of(scope))

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.finish(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            # Ends it only if it has not been answered yet.
            request.finish(500)
            if self.on_error is not None:
                self.on_error(error)
            raise
        finally:
            request.cancel()


def route_of(scope: Scope) -> str | None:
    """The template of the route that a request will meet, with those of its mounts before it."""
    application = scope.get("app")
    _, template = _search(getattr(application, "routes", None) or (), scope, 0)
    return template


# How well a route fits, as Starlette numbers it: a path with other methods is partial, and its
# answer is 405 unless another route fits.
_NONE, _PARTIAL, _FULL = 0, 1, 2


def _search(routes: Any, scope: Scope, depth: int) -> tuple[int, str | None]:
    """The first of these routes that a request meets: how well, and its template."""
    best: tuple[int, str | None] = (_NONE, None)
    if depth > _MAX_DEPTH:
        return best
    for route in routes:
        found = _match(route, scope, depth)
        if found[0] == _FULL:
            return found
        if found[0] > best[0]:
            best = found
    return best


def _match(route: Any, scope: Scope, depth: int) -> tuple[int, str | None]:
    """How well one route fits, and its template or that of what is mounted there."""
    included = getattr(route, "effective_candidates", None)
    if included is not None:
        # A router that FastAPI has included: its routes are templates with its prefix.
        return _search(included(), scope, depth + 1)
    match, child = route.matches(scope)
    if match.value == _NONE:
        return (_NONE, None)
    route = getattr(route, "starlette_route", None) or route
    path: str | None = getattr(route, "path", None)
    inner = getattr(route, "routes", None)
    if inner:
        # What is mounted answers, even if it has no route for this.
        _, rest = _search(inner, {**scope, **child}, depth + 1)
        return (_FULL, None if rest is None else f"{path or ''}{rest}")
    return (match.value, path)


def metrics_app(registry: Registry) -> App:
    """An ASGI application that answers with the metrics.

        app.mount("/metrics", metrics_app(registry))
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        accept = next(
            (value.decode("latin-1") for name, value in scope["headers"] if name == b"accept"),
            None,
        )
        content_type, text = registry.answer(accept)
        body = text.encode()
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        empty = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if empty else body})

    return answer
