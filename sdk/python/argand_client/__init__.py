"""Expose and push the metrics of a service: typed metrics, request tracking, batch jobs.

Metrics are made in a `Registry`, which checks their names; they leave the process at `/metrics`
(`metrics_app`) or by a push (`BatchJobMetrics`). What can be wrong about a metric is a
`MetricError` when it is made; counting and observing never fail.
"""

from ._native import (
    LATENCY_BUCKETS,
    Counter,
    CounterFamily,
    Gauge,
    GaugeFamily,
    Histogram,
    HistogramFamily,
    MetricError,
    PushError,
    Registry,
    Request,
    RequestMetrics,
)
from .asgi import MetricsMiddleware, metrics_app
from .batch import BatchJobMetrics, PushGatewayConfig, get_pushgateway_client
from .functions import install, track_duration, track_errors
from .service import BaseMetrics

__all__ = [
    "LATENCY_BUCKETS",
    "BaseMetrics",
    "BatchJobMetrics",
    "Counter",
    "CounterFamily",
    "Gauge",
    "GaugeFamily",
    "Histogram",
    "HistogramFamily",
    "MetricError",
    "MetricsMiddleware",
    "PushError",
    "PushGatewayConfig",
    "Registry",
    "Request",
    "RequestMetrics",
    "get_pushgateway_client",
    "install",
    "metrics_app",
    "track_duration",
    "track_errors",
]
