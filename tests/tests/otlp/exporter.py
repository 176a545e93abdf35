"""Pushes one of each instrument by OpenTelemetry's own exporters, over HTTP and gRPC.

python3 -m venv venv && venv/bin/pip install opentelemetry-sdk opentelemetry-exporter-otlp
venv/bin/python exporter.py http://127.0.0.1:9090
"""

import sys

import grpc
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as Grpc
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as Http
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

server = sys.argv[1]
path = server + "/api/v1/otlp/v1/metrics"
exporters = {
    "http": Http(endpoint=path),
    "http-gzip": Http(endpoint=path, compression=Compression.Gzip),
    "grpc": Grpc(endpoint=server, insecure=True),
    "grpc-gzip": Grpc(endpoint=server, insecure=True, compression=grpc.Compression.Gzip),
}
exponential = View(instrument_name="exp*", aggregation=ExponentialBucketHistogramAggregation())
for name, exporter in exporters.items():
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    resource = Resource.create({"service.name": name})
    provider = MeterProvider([reader], resource=resource, views=[exponential])
    meter = provider.get_meter("smoke", "1.0")
    meter.create_counter("smoke.requests").add(3, {"path": "/"})
    meter.create_up_down_counter("smoke.queue").add(-2)
    for instrument in ["smoke.latency", "exp.latency"]:
        histogram = meter.create_histogram(instrument, unit="s")
        for value in [0.1, 2, 30]:
            histogram.record(value)
    assert provider.force_flush(), name
    provider.shutdown()
