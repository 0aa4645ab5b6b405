/** A collector of traces: a real OTLP/HTTP receiver that keeps the spans sent to it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { waitUntil } from './wait-until.ts';

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** As OTLP counts: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly linkedTo: readonly string[];
  readonly isFailed: boolean;
  /** `service.instance.id` of the process. */
  readonly instance: unknown;
  readonly durationMs: number;
}

export interface TraceCollector {
  /** Settings that make a process send its spans here. */
  readonly env: Readonly<Record<string, string>>;
  spans(): readonly SeenSpan[];
  /** Waits for the first span that fits. */
  find(what: string, fits: (span: SeenSpan) => boolean): Promise<SeenSpan>;
  /** Everything received, as it came. */
  text(): string;
}

interface OtlpValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly events?: readonly { readonly name: string }[];
  readonly links?: readonly { readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const failedCode = 2;

/** Starts a collector that ends with the running test. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isTraces = request.url === '/v1/traces';
      if (isTraces) bodies.push(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // The server listens on TCP, so its address is an object.
  const { port } = server.address() as AddressInfo;
  const spans = (): readonly SeenSpan[] => bodies.flatMap(readSpans);
  return {
    env: {
      FOREBAY_TRACING: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
    spans,
    find: (what, fits) => waitUntil(() => spans().find(fits), { what: `the span ${what}` }),
    text: () => bodies.join('\n'),
  };
}

function readSpans(body: string): readonly SeenSpan[] {
  // Sent by the SDK, whose form this is.
  const { resourceSpans } = JSON.parse(body) as OtlpRequest;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const instance = valuesOf(resource.attributes)['service.instance.id'];
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => readSpan(span, instance)));
  });
}

function readSpan(span: OtlpSpan, instance: unknown): SeenSpan {
  const { traceId, spanId, parentSpanId = '', name, kind } = span;
  const nanos = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  return {
    ...{ traceId, spanId, parentSpanId, name, kind, instance },
    attributes: valuesOf(span.attributes ?? []),
    notes: (span.events ?? []).map((event) => event.name),
    linkedTo: (span.links ?? []).map((link) => link.spanId),
    isFailed: span.status?.code === failedCode,
    durationMs: Number(nanos / 1_000n) / 1_000,
  };
}

function valuesOf(attributes: readonly OtlpAttribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue),
    ]),
  );
}
