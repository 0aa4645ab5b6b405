/**
 * Spans, through the API of OpenTelemetry alone. Without an SDK in the process every call here does
 * next to nothing, and no trace context is read, kept or sent. `start-tracing.ts` brings an SDK;
 * one that an operator preloads works as well, if it speaks W3C Trace Context.
 *
 *  T1. A span carries names and numbers from `span-attributes.ts` and nothing else (S10). Of an
 *      error it tells the code, never the message.
 *  T2. Whether a trace is sampled is decided once, where it begins: a context is also carried on
 *      when it is not sampled, so that nobody later starts a trace of their own for it.
 *  T3. Tracing cannot fail the work: nothing here waits, and nothing throws.
 */
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Span as OtelSpan,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { ForebayError } from '../domain/forebay-error.ts';
import { limits } from '../domain/limits.ts';
import type { TraceContext } from '../domain/trace-context.ts';
import { systemClock } from '../runtime/clock.ts';
import { safeText } from './safe-text.ts';
import type { SpanAttributes } from './span-attributes.ts';

export interface Span {
  set(attributes: SpanAttributes): void;
  /** Marks a moment within the span. */
  note(name: string, attributes?: SpanAttributes): void;
  /** Marks the span as failed. */
  fail(errorType: string): void;
  /** Runs something so that this is the running span, also in what it awaits. */
  within<T>(run: () => T): T;
  end(): void;
}

export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /**
   * The span that this one belongs to: the one that runs now, or one that was carried here.
   * `undefined` begins a trace.
   */
  readonly under: 'running' | TraceContext | undefined;
  /** For a span that begins a trace: points at the running span. */
  readonly linksToRunning?: boolean;
  readonly attributes?: SpanAttributes;
  /** For a span that is told of after it has begun. */
  readonly begunMsAgo?: number;
}

/** Finds the SDK's tracer once there is one. */
const tracer = trace.getTracer('forebay');

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

/** Begins a span; whoever does must end it. */
export function openSpan(name: string, options: SpanOptions): Span {
  const { kind = 'internal', under, attributes = {}, begunMsAgo } = options;
  const parent = parentOf(under);
  const running = trace.getSpanContext(context.active());
  const links = options.linksToRunning === true && running ? [{ context: running }] : [];
  const startTime = begunMsAgo === undefined ? {} : { startTime: systemClock.nowMs() - begunMsAgo };
  const span = tracer.startSpan(name, { kind: kinds[kind], links, ...startTime }, parent);
  const opened = wrap(span, trace.setSpan(parent, span));
  opened.set(attributes);
  return opened;
}

/** Runs something as a span, which fails when it throws. @throws what `run` throws. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  run: (span: Span) => Promise<T>,
): Promise<T> {
  const span = openSpan(name, options);
  try {
    return await span.within(() => run(span));
  } catch (error) {
    span.fail(errorTypeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** The span that runs now; what is told to it when there is none is lost. */
export function runningSpan(): Span {
  const active = context.active();
  return wrap(trace.getSpan(active) ?? trace.wrapSpanContext(noSpan), active);
}

/** For work that is mostly a part of something, and sometimes done on its own. */
export function runningOr(carried: TraceContext | undefined): SpanOptions['under'] {
  return trace.getSpan(context.active()) === undefined ? carried : 'running';
}

/** The running span as something to carry on; `undefined` when nothing is traced. */
export function carriedTrace(): TraceContext | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return traceFrom(carrier['traceparent'], carrier['tracestate']);
}

/** Whether the running span belongs to a trace that is not recorded (T2). */
export function isUnsampled(): boolean {
  const running = trace.getSpan(context.active());
  return running !== undefined && !running.isRecording();
}

/** What a caller sent of a trace; each header as often as it came. */
export function callersTrace(
  traceparent: readonly string[],
  tracestate: readonly string[],
): TraceContext | undefined {
  return traceparent.length === 1 ? traceFrom(traceparent[0], tracestate.join(',')) : undefined;
}

/** Ids for a log line; empty when nothing is traced. */
export function traceIds(): { readonly trace_id?: string; readonly span_id?: string } {
  const running = trace.getSpanContext(context.active());
  if (running === undefined || !isSpanContextValid(running)) return {};
  return { trace_id: running.traceId, span_id: running.spanId };
}

function traceFrom(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  if (traceparent === undefined || traceparent.length > limits.traceparentCharactersMax) {
    return undefined;
  }
  const isCarried =
    tracestate !== undefined &&
    tracestate !== '' &&
    tracestate.length <= limits.tracestateCharactersMax;
  return isCarried ? { traceparent, tracestate } : { traceparent };
}

function parentOf(under: SpanOptions['under']): Context {
  if (under === 'running') return context.active();
  return under === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { ...under });
}

const noSpan = { traceId: '', spanId: '', traceFlags: 0 };

function wrap(span: OtelSpan, inside: Context): Span {
  return {
    // Most spans are not recorded: nothing is made for them.
    set(attributes) {
      if (span.isRecording()) span.setAttributes(plain(attributes));
    },
    note(name, attributes = {}) {
      if (span.isRecording()) span.addEvent(name, plain(attributes));
    },
    fail(errorType) {
      span.setAttribute('error.type', safeText(errorType));
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    within: (run) => context.with(inside, run),
    end: () => span.end(),
  };
}

function plain(attributes: SpanAttributes): Attributes {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? safeText(value) : value]),
  );
}

/** T1. */
function errorTypeOf(error: unknown): string {
  if (ForebayError.is(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
