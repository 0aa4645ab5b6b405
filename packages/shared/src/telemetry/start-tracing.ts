/**
 * Switches tracing on for a process that asks for it. The SDK is loaded only then, and before
 * anything else of the process begins: without it `tracing.ts` finds nobody to tell.
 */
import type { Logger } from './logger.ts';

export interface TracingOptions {
  /** `otlp`: spans go out over OTLP/HTTP, where the standard `OTEL_*` variables say. */
  readonly mode: 'off' | 'otlp';
  /** The process: `api` or `worker`. */
  readonly service: string;
  /** Tells several processes of one kind apart. */
  readonly instance: string;
  readonly logger: Logger;
}

export interface Tracing {
  /** Sends what is left, for a bounded time; the last thing that a process does. */
  stop(): Promise<void>;
}

export async function startTracing(options: TracingOptions): Promise<Tracing> {
  if (options.mode === 'off') return { stop: () => Promise.resolve() };
  const { startOtlpTracing } = await import('./otlp-tracing.ts');
  return startOtlpTracing(options);
}
