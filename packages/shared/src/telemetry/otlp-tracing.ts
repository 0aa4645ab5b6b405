/**
 * The OpenTelemetry SDK, set up for this process: spans in batches over OTLP/HTTP in JSON. Where
 * they go, how they are sampled and how they are batched is said by the standard `OTEL_*`
 * variables, which the SDK reads by itself. Loaded by `start-tracing.ts` and by nobody else.
 */
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { limits } from '../domain/limits.ts';
import { systemClock } from '../runtime/clock.ts';
import { wait } from '../runtime/wait.ts';
import type { Tracing, TracingOptions } from './start-tracing.ts';

export function startOtlpTracing({ service, instance, logger }: TracingOptions): Tracing {
  // A collector that is away costs spans and nothing else; the SDK drops what it cannot hold.
  setGlobalErrorHandler((error) => logger.warn('tracing.failed', { error }));
  const own = resourceFromAttributes({
    'service.namespace': 'forebay',
    'service.name': `forebay-${service}`,
    'service.instance.id': instance,
  });
  const fromEnv = detectResources({ detectors: [envDetector] });
  const provider = new NodeTracerProvider({
    resource: defaultResource().merge(own).merge(fromEnv),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  // Baggage is left out: it holds whatever callers put in.
  provider.register({ propagator: new W3CTraceContextPropagator() });
  return {
    async stop() {
      const ended = new AbortController();
      const flushed = provider
        .shutdown()
        .catch((error: unknown) => logger.warn('tracing.failed', { error }))
        .finally(() => ended.abort());
      await Promise.race([flushed, wait(systemClock, limits.traceFlushMs, ended.signal)]);
    },
  };
}
