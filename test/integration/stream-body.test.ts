/** Streamed bodies of senders that fall silent, or hang up. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { streamBody } from '@forebay/api/http/read-body';
import { limits } from '@forebay/shared/domain/limits';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';

const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
const piece = '5\r\nhello\r\n';

/** A request whose body is sent by hand. */
async function setup() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening TCP server always has an AddressInfo; text is for pipes only.
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  onTestFinished(async () => {
    socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const arrived: Promise<IncomingMessage> = once(server, 'request').then(([request]) => request);
  socket.write(head);
  const clock = createManualClock();
  const body = streamBody(await arrived, clock)[Symbol.asyncIterator]();
  return { socket, clock, body };
}

test('a body is given up after too long a silence, which every piece breaks', async () => {
  const { socket, clock, body } = await setup();
  for (let count = 0; count < 3; count += 1) {
    const next = body.next();
    await waitUntil(() => clock.pending() === 1, { what: 'the body to be waited for' });
    await clock.advance(limits.streamSilenceMs - 1);
    socket.write(piece);
    expect(String((await next).value)).toBe('hello');
  }
  const last = body.next().catch((error: unknown) => error);
  await waitUntil(() => clock.pending() === 1, { what: 'the body to be waited for' });
  await clock.advance(limits.streamSilenceMs);
  expect(await last).toMatchObject({ code: 'request_timeout' });
  expect(clock.pending()).toBe(0);
});

test('the time in which nobody asks for a piece is no silence of the sender', async () => {
  const { socket, clock, body } = await setup();
  socket.write(piece);
  expect(String((await body.next()).value)).toBe('hello');
  await clock.advance(10 * limits.streamSilenceMs);
  socket.write(`${piece}0\r\n\r\n`);
  expect(String((await body.next()).value)).toBe('hello');
  expect(await body.next()).toEqual({ done: true, value: undefined });
});

test('a body that is cut off is told from one that has ended', async () => {
  const { socket, body } = await setup();
  socket.write(piece);
  expect(String((await body.next()).value)).toBe('hello');
  socket.destroy();
  await expect(body.next()).rejects.toMatchObject({ code: 'invalid_json' });
});
