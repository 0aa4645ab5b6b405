/**
 * A proxy between a client and Redis that can lose replies: the request is forwarded and takes
 * effect, but instead of its reply the client sees its connection end. Also latency, cuts, refused
 * connections and a black hole that swallows bytes until it is healed.
 *
 * A connection that subscribes is passed through from then on: its pushes answer no request.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '@forebay/shared/runtime/clock';
import { onTestFinished } from 'vitest';
import { createRespFrames } from './resp-frames.ts';
import { seededRandom } from './seeded-random.ts';

export interface TcpProxy {
  readonly port: number;
  readonly url: string;
  /** First words of the commands whose replies were lost so far. */
  readonly lost: readonly string[];
  /**
   * Chooses replies to lose from now on, by the command's words (each cut to 64 characters).
   * `undefined` loses none.
   */
  loseReplies(choose: ((words: readonly string[]) => boolean) | undefined): void;
  setLatencyMs(latencyMs: number): void;
  /** Ends every connection that is open now. */
  cut(): void;
  /** Whether new connections are ended at once. */
  refuse(refusing: boolean): void;
  /** While true no byte moves in either direction, as when a host vanishes. */
  blackhole(swallowing: boolean): void;
  close(): Promise<void>;
}

interface ProxyState {
  readonly targetPort: number;
  readonly lost: string[];
  readonly sockets: Set<Socket>;
  choose: ((words: readonly string[]) => boolean) | undefined;
  latencyMs: number;
  refusing: boolean;
  swallowing: boolean;
}

const subscribing = /^(p|s)?subscribe$|^monitor$/i;

/** Starts a proxy to a loopback port. @param atEnd takes its end; without it that is the test's. */
export async function startTcpProxy(
  targetPort: number,
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<TcpProxy> {
  const state: ProxyState = {
    targetPort,
    lost: [],
    sockets: new Set(),
    choose: undefined,
    latencyMs: 0,
    refusing: false,
    swallowing: false,
  };
  const server = createServer((client) => {
    if (state.refusing) client.destroy();
    else joinSockets(state, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = handleOf(state, server);
  atEnd(() => proxy.close());
  return proxy;
}

/** A choice that loses a share of matching replies, the same ones for the same seed. */
export function seededLoss(
  seed: number,
  probability: number,
  matches: (words: readonly string[]) => boolean,
): (words: readonly string[]) => boolean {
  const random = seededRandom(seed);
  return (words) => matches(words) && random() < probability;
}

function handleOf(state: ProxyState, server: Server): TcpProxy {
  // A listening TCP server always has an AddressInfo; text is for pipes only.
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of state.sockets) socket.destroy();
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    lost: state.lost,
    loseReplies(choose) {
      state.choose = choose;
    },
    setLatencyMs(latencyMs) {
      state.latencyMs = latencyMs;
    },
    cut,
    refuse(refusing) {
      state.refusing = refusing;
    },
    blackhole(swallowing) {
      state.swallowing = swallowing;
      for (const socket of state.sockets) {
        if (swallowing) socket.pause();
        else socket.resume();
      }
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function joinSockets(state: ProxyState, client: Socket): void {
  const upstream = connect(state.targetPort, '127.0.0.1');
  const requests = createRespFrames();
  const replies = createRespFrames();
  /** One entry for each request without its reply: the word to report, or `undefined` to keep. */
  const fates: (string | undefined)[] = [];
  let passThrough = false;
  const end = (): void => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) {
    state.sockets.add(socket);
    socket.setNoDelay(true);
    if (state.swallowing) socket.pause();
    // One end's failure is told to the other by ending it too.
    socket.on('error', end);
    socket.on('close', () => {
      state.sockets.delete(socket);
      end();
    });
  }
  client.on('data', (chunk) => {
    for (const { words } of passThrough ? [] : requests.push(chunk)) {
      if (subscribing.test(words[0] ?? '')) passThrough = true;
      fates.push(state.choose?.(words) === true ? words[0] : undefined);
    }
    forward(state, upstream, chunk);
  });
  upstream.on('data', (chunk) => {
    if (passThrough) return forward(state, client, chunk);
    for (const { bytes } of replies.push(chunk)) {
      const lostWord = fates.shift();
      if (lostWord === undefined) forward(state, client, bytes);
      else {
        state.lost.push(lostWord);
        return end();
      }
    }
  });
}

function forward(state: ProxyState, to: Socket, bytes: Buffer): void {
  if (state.latencyMs === 0) to.write(bytes);
  else systemClock.schedule(state.latencyMs, () => void to.write(bytes));
}
