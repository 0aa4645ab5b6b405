/** Ports of this machine that nobody uses at the moment. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { ForebayError } from '@forebay/shared/domain/forebay-error';

/**
 * Below the range from which systems give out client ports, so that no outgoing connection takes
 * the port between this look and the server's start; 10,000 above stays a legal port too, which
 * Redis Cluster uses as its bus.
 */
const lowest = 20_000;
const highest = 31_999;
const triesMax = 200;

/** A free loopback port. Another process may still be faster: a start that fails may try again. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = randomInt(lowest, highest + 1);
    if (await isFree(port)) return port;
  }
  throw new ForebayError('internal', `no free port between ${lowest} and ${highest} was found`);
}

/** Whether a server could listen on this loopback port now. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(true)));
  });
}
