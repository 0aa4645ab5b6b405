/** Figures that every process shows of itself. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type ConfigEventFields, countReloads } from './config-events.ts';
import type { Events } from './events.ts';
import type { Metrics } from './metrics.ts';

/** The configuration that a process serves; its values change with a reload. */
export interface ServedConfig {
  readonly version: string;
  readonly loadedAtMs: number;
}

export interface ProcessMetrics {
  /** Called before each scrape is answered. */
  refresh(): void;
  close(): void;
}

export interface ProcessMetricsDeps {
  readonly events: Pick<Events<ConfigEventFields>, 'on'>;
  readonly config: ServedConfig;
}

export function createProcessMetrics(
  metrics: Metrics,
  { events, config }: ProcessMetricsDeps,
): ProcessMetrics {
  metrics.addProcessFigures();
  countReloads(events, metrics);
  const setLag = metrics.gauge({
    name: 'forebay_event_loop_lag_seconds',
    help: 'Longest delay of the event loop since the last scrape.',
    labels: [],
  });
  const setConfig = metrics.figures({
    name: 'forebay_config_info',
    help: 'The version of the configuration that this process serves; always 1.',
    labels: ['version'],
    type: 'gauge',
  });
  const setLoadedAt = metrics.gauge({
    name: 'forebay_config_loaded_timestamp_seconds',
    help: 'When this process loaded the configuration that it serves, in Unix time.',
    labels: [],
  });
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  return {
    refresh() {
      // Nanoseconds; the figures since the last scrape.
      setLag({}, delay.max / 1e9);
      delay.reset();
      const { version, loadedAtMs } = config;
      setConfig([{ labels: { version }, value: 1 }]);
      setLoadedAt({}, loadedAtMs / 1000);
    },
    close: () => delay.disable(),
  };
}
