import { ChangeSignal } from '../timing/change-signal.ts';

/** One request to the sink, as it arrived. */
export interface SinkDelivery {
  /** Order of arrival, from 1. */
  n: number;
  /** Arrival, RFC 3339 in UTC. */
  at: string;
  method: string;
  /** Path with query. */
  path: string;
  headers: Record<string, string>;
  /** Header names and values in the order and case in which they came. */
  raw_headers: readonly string[];
  /** The raw bytes. */
  body_base64: string;
  size_bytes: number;
  /** The body was longer than the sink keeps. */
  truncated: boolean;
  /** What the path stands for, such as `status` or `hang`. */
  behaviour: string;
  /** The status answered; null when none was, or not yet. */
  status: number | null;
}

const DELIVERIES_MAX = 200_000;

/** Keeps what the sink received, in order of arrival. */
export class DeliveryLog {
  #deliveries: SinkDelivery[] = [];
  #arrived = 0;
  /** Told about every new delivery. */
  readonly changes = new ChangeSignal();

  /** Keeps one, with the next number. The oldest are forgotten beyond a bound. */
  add(delivery: Omit<SinkDelivery, 'n'>): SinkDelivery {
    this.#arrived += 1;
    const kept = { n: this.#arrived, ...delivery };
    this.#deliveries.push(kept);
    if (this.#deliveries.length > DELIVERIES_MAX) {
      this.#deliveries = this.#deliveries.slice(DELIVERIES_MAX / 10);
    }
    this.changes.notify();
    return kept;
  }

  /** Those whose path begins so, oldest first. */
  all(pathPrefix = ''): SinkDelivery[] {
    return this.#deliveries.filter((delivery) => delivery.path.startsWith(pathPrefix));
  }

  count(pathPrefix = ''): number {
    return pathPrefix === '' ? this.#deliveries.length : this.all(pathPrefix).length;
  }

  clear(): void {
    this.#deliveries = [];
    this.changes.notify();
  }
}
