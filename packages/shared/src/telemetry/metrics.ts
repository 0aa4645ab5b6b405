/**
 * Metrics in the Prometheus format. Labels are route templates, states and configured names, never
 * text that a tenant chose: their number must stay bounded.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricFacts<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

export type Labels<Label extends string> = Readonly<Record<Label, string | number>>;

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** A registered metric, as its page shows it. */
export interface DescribedMetric extends MetricFacts<string> {
  readonly type: MetricType;
}

/** One series of a metric that is set as a whole. */
export interface Figure<Label extends string> {
  readonly labels: Labels<Label>;
  readonly value: number;
}

export interface Metrics {
  /** The function adds `amount`, 1 when it is left out. */
  counter<Label extends string>(
    facts: MetricFacts<Label>,
  ): (labels: Labels<Label>, amount?: number) => void;
  /** @param facts durations are observed in seconds. */
  histogram<Label extends string>(
    facts: MetricFacts<Label> & { readonly buckets: readonly number[] },
  ): (labels: Labels<Label>, seconds: number) => void;
  gauge<Label extends string>(
    facts: MetricFacts<Label>,
  ): (labels: Labels<Label>, value: number) => void;
  /**
   * A metric whose series are read somewhere else and set all at once: what is not among them is
   * no longer shown, such as a model that was removed.
   */
  figures<Label extends string>(
    facts: MetricFacts<Label> & { readonly type: 'counter' | 'gauge' },
  ): (figures: readonly Figure<Label>[]) => void;
  /** The client's own figures of the process: `process_*` and `nodejs_*`. */
  addProcessFigures(): void;
  /** What was registered so far, the process figures aside. */
  described(): readonly DescribedMetric[];
  /** What a scrape gets. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** A registry of its own, so that two processes in one test do not share figures. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registered: DescribedMetric[] = [];
  const note = <Label extends string>(type: MetricType, facts: MetricFacts<Label>) => {
    const { name, help, labels } = facts;
    registered.push({ type, name, help, labels });
    return { name, help, labelNames: [...labels], registers: [registry] };
  };
  return {
    counter(facts) {
      const counter = new Counter(note('counter', facts));
      return (labels, amount = 1) => counter.inc({ ...labels }, amount);
    },
    histogram(facts) {
      const histogram = new Histogram({ ...note('histogram', facts), buckets: [...facts.buckets] });
      return (labels, seconds) => histogram.observe({ ...labels }, seconds);
    },
    gauge(facts) {
      const gauge = new Gauge(note('gauge', facts));
      return (labels, value) => gauge.set({ ...labels }, value);
    },
    figures(facts) {
      const options = note(facts.type, facts);
      const metric = facts.type === 'counter' ? new Counter(options) : new Gauge(options);
      return (figures) => {
        metric.reset();
        // A metric without labels starts at 0 again, which would be a figure that nobody read.
        if (facts.labels.length === 0) metric.remove();
        for (const { labels, value } of figures) metric.inc({ ...labels }, value);
      };
    },
    addProcessFigures: () => collectDefaultMetrics({ register: registry }),
    described: () => registered,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
