/**
 * Connections to providers: one undici pool for each deployment, which has one origin.
 *
 * A pool per deployment and not per host, so that the cap on connections is the deployment's
 * concurrency and a stalled model cannot hold the connections of another one at the same host.
 * Redirects are never followed, undici's own timeouts are off (`call-timers.ts` has ours; its
 * default would cut every answer that takes five minutes), and base URLs are the operator's, so
 * the URL policy for tenants does not apply here.
 */
import type { Clock } from '@forebay/shared/runtime/clock';
import { Pool } from 'undici';
import { type Exchange, type ExchangeRequest, runExchange } from './exchange.ts';

/** Whose connections a request uses. */
export interface Lane {
  /** One pool is kept for each id; a deployment's id. */
  readonly id: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Connections at the same time. */
  readonly connections: number;
}

export interface Transport {
  /** Never rejects for anything that the network or the other side does. */
  send(lane: Lane, request: ExchangeRequest): Promise<Exchange>;
  /** Cuts what is still running and closes all connections. May be called twice. */
  close(): Promise<void>;
}

interface OpenLane {
  readonly identity: string;
  readonly pool: Pool;
}

/** A transport without connections; they open on demand. */
export function createTransport(deps: { readonly clock: Clock }): Transport {
  const lanes = new Map<string, OpenLane>();
  const retiring = new Set<Promise<void>>();
  let closed = false;

  const retire = (pool: Pool): void => {
    const ending = pool.close().finally(() => retiring.delete(ending));
    retiring.add(ending);
  };
  const poolOf = (lane: Lane, connectTimeoutMs: number): Pool => {
    const identity = `${lane.origin} ${lane.connections} ${connectTimeoutMs}`;
    const open = lanes.get(lane.id);
    if (open?.identity === identity) return open.pool;
    // The configuration was reloaded: running calls end on the old pool, new ones use this one.
    if (open !== undefined) retire(open.pool);
    const pool = openPool(lane, connectTimeoutMs);
    lanes.set(lane.id, { identity, pool });
    return pool;
  };

  return {
    async send(lane, request) {
      if (closed) return notSent('the transport is closed');
      const dispatcher = poolOf(lane, request.timers.connectTimeoutMs);
      return runExchange({ clock: deps.clock, dispatcher }, request);
    },
    async close() {
      closed = true;
      const pools = [...lanes.values()].map((lane) => lane.pool);
      lanes.clear();
      await Promise.all([...pools.map((pool) => pool.destroy()), ...retiring]);
    },
  };
}

function openPool(lane: Lane, connectTimeoutMs: number): Pool {
  return new Pool(lane.origin, {
    connections: Math.max(1, lane.connections),
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    // Our own timer decides the call; this one only clears away the socket behind it.
    connect: { timeout: connectTimeoutMs },
  });
}

function notSent(detail: string): Exchange {
  const end = { kind: 'not_sent', detail } as const;
  return { end, head: undefined, firstByteMs: undefined, totalMs: 0 };
}
