/** A provider inside the bench itself, so that one clock tells when a call arrived. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@forebay/shared/runtime/clock';

export interface ClockedProvider {
  readonly url: string;
  /** When the next call arrives, by the monotonic clock. */
  nextCallMs(): Promise<number>;
  close(): void;
}

const answer = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: 'done' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 90, completion_tokens: 1, total_tokens: 91 },
});

export async function startClockedProvider(): Promise<ClockedProvider> {
  let tell: ((atMs: number) => void) | undefined;
  const server = createServer((request, response) => {
    tell?.(systemClock.monotonicMs());
    request.resume();
    request.once('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on TCP has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    nextCallMs: () =>
      new Promise((resolve) => {
        tell = resolve;
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
