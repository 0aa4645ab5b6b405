/**
 * Metrics in the Prometheus format. Labels are route templates, states and configured names, never
 * text that a tenant chose: their number must stay bounded.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricFacts<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

export type Labels<Label extends string> = Readonly<Record<Label, string | number>>;

export interface Metrics {
  counter<Label extends string>(facts: MetricFacts<Label>): (labels: Labels<Label>) => void;
  /** @param facts durations are observed in seconds. */
  histogram<Label extends string>(
    facts: MetricFacts<Label> & { readonly buckets: readonly number[] },
  ): (labels: Labels<Label>, seconds: number) => void;
  gauge<Label extends string>(
    facts: MetricFacts<Label>,
  ): (labels: Labels<Label>, value: number) => void;
  /** What a scrape gets. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** A registry of its own, so that two processes in one test do not share figures. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const options = <Label extends string>(facts: MetricFacts<Label>) => ({
    name: facts.name,
    help: facts.help,
    labelNames: [...facts.labels],
    registers: [registry],
  });
  return {
    counter(facts) {
      const counter = new Counter(options(facts));
      return (labels) => counter.inc({ ...labels });
    },
    histogram(facts) {
      const histogram = new Histogram({ ...options(facts), buckets: [...facts.buckets] });
      return (labels, seconds) => histogram.observe({ ...labels }, seconds);
    },
    gauge(facts) {
      const gauge = new Gauge(options(facts));
      return (labels, value) => gauge.set({ ...labels }, value);
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
