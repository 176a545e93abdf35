"""A real FastAPI and a real Starlette, asked as clients ask them."""

import pytest
from argand_client import BaseMetrics, MetricsMiddleware, Registry, RequestMetrics, metrics_app
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route


class ShopMetrics(BaseMetrics):
    def __init__(self) -> None:
        super().__init__("shop", version="1.2.0", prefix="agent")
        self.sold = self.registry.counter("sold_total", "Sold", ["kind"])


def shop(metrics: ShopMetrics) -> FastAPI:
    app = FastAPI()
    metrics.instrument(app)
    router = APIRouter(prefix="/stock")
    nested = APIRouter()

    @app.get("/orders/{order}")
    async def order(order: int) -> int:
        metrics.sold.labels("book").inc()
        return order

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("x")

    @app.get("/busy")
    def busy() -> None:
        raise HTTPException(503)

    @router.get("/{shelf}/{place}")
    def place(shelf: str, place: int) -> int:
        return place

    @nested.get("/free")
    def free() -> int:
        return 0

    router.include_router(nested, prefix="/inner/deep")
    app.include_router(router, prefix="/v1")
    return app


def test_fastapi_by_its_templates() -> None:
    metrics = ShopMetrics()
    client = TestClient(shop(metrics), raise_server_exceptions=False)
    for path in ["/orders/1", "/orders/2", "/orders/x", "/v1/stock/a/1", "/v1/stock/inner/deep/free", "/broken", "/busy", "/no"]:
        client.get(path)
    client.post("/orders/1")
    client.request("BREW", "/orders/1")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.text.splitlines()
    common = 'service="shop",version="1.2.0"'
    for line in [
        f'agent_requests_total{{{common},method="GET",endpoint="/orders/{{order}}",status="200"}} 2.0',
        f'agent_requests_total{{{common},method="GET",endpoint="/orders/{{order}}",status="422"}} 1.0',
        f'agent_requests_total{{{common},method="POST",endpoint="/orders/{{order}}",status="405"}} 1.0',
        f'agent_requests_total{{{common},method="other",endpoint="/orders/{{order}}",status="405"}} 1.0',
        f'agent_requests_total{{{common},method="GET",endpoint="/v1/stock/{{shelf}}/{{place}}",status="200"}} 1.0',
        f'agent_requests_total{{{common},method="GET",endpoint="/v1/stock/inner/deep/free",status="200"}} 1.0',
        f'agent_requests_total{{{common},method="GET",endpoint="/broken",status="500"}} 1.0',
        f'agent_request_errors_total{{{common},method="GET",endpoint="/busy",kind="server_error"}} 1.0',
        f'agent_requests_total{{{common},method="GET",endpoint="other",status="404"}} 1.0',
        f'agent_requests_in_flight{{{common},method="GET",endpoint="/orders/{{order}}"}} 0.0',
        f'errors_total{{{common},error_type="RuntimeError"}} 1.0',
        f'sold_total{{{common},kind="book"}} 2.0',
    ]:
        assert line in text, answer.text
    assert "/orders/1" not in answer.text
    answer = client.get("/metrics", headers={"accept": "application/openmetrics-text"})
    assert answer.text.endswith("# EOF\n")


def test_starlette_with_mounts() -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse("page")

    registry = Registry()
    inner = Starlette(routes=[Route("/pages/{name}", page)])
    app = Starlette(
        routes=[
            Mount("/deep", routes=[Mount("/inner", app=inner)]),
            Mount("/metrics", app=metrics_app(registry)),
        ]
    )
    app.add_middleware(MetricsMiddleware, metrics=RequestMetrics(registry))
    client = TestClient(app)
    assert client.get("/deep/inner/pages/1").text == "page"
    assert client.get("/deep/inner/2").status_code == 404
    text = client.get("/metrics").text
    assert 'http_requests_total{method="GET",route="/deep/inner/pages/{name}",status="200"} 1.0' in text
    assert 'http_requests_total{method="GET",route="other",status="404"} 1.0' in text


def test_requests_without_asgi() -> None:
    metrics = BaseMetrics("worker")
    with metrics.track_request("GET", "/a"):
        pass
    with pytest.raises(KeyError), metrics.track_request("GET", "/a"):
        raise KeyError("x")
    with pytest.raises(SystemExit), metrics.track_request("GET", "/a"):
        raise SystemExit
    text = metrics.registry.text().splitlines()
    for line in [
        'requests_total{service="worker",method="GET",endpoint="/a",status="200"} 1.0',
        'requests_total{service="worker",method="GET",endpoint="/a",status="500"} 1.0',
        'requests_total{service="worker",method="GET",endpoint="/a",status="cancelled"} 1.0',
        'errors_total{service="worker",error_type="KeyError"} 1.0',
    ]:
        assert line in text
