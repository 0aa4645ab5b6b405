/** Streamed replies to receivers that read slowly, or not at all. */
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { sendChunks } from '@forebay/api/http/send-reply';
import { limits } from '@forebay/shared/domain/limits';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';

const chunkBytes = 64 * 1024;
/** Far more than the sockets' buffers on both sides. */
const chunkCount = 1_000;

/** A server that sends chunks to a receiver that has not begun to read. */
async function setup() {
  const clock = createManualClock();
  let taken = 0;
  let released = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (; taken < chunkCount; taken += 1) yield Buffer.alloc(chunkBytes, 'x');
    } finally {
      released += 1;
    }
  }
  let sent: Promise<void> | undefined;
  const send = (response: ServerResponse): void => {
    sent = sendChunks(response, { status: 200, chunks: chunks() }, clock);
  };
  const server = createServer((_request, response) => send(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server always has an AddressInfo; text is for pipes only.
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  onTestFinished(async () => {
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  // The stall timer runs while there is no room; on the way there it stops again and again.
  let still = 0;
  let before = 0;
  const isFull = (): boolean => {
    still = clock.pending() === 1 && taken === before ? still + 1 : 0;
    before = taken;
    return still === 5;
  };
  await waitUntil(isFull, { what: 'the receiver to be full' });
  return { clock, socket, taken: () => taken, released: () => released, sent: () => sent };
}

function readAll(socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    let bytes = 0;
    socket.on('data', (data) => {
      bytes += data.length;
    });
    socket.on('close', () => resolve(bytes));
    socket.resume();
  });
}

test('asks for no more than fits, and for the rest when the receiver reads on', async () => {
  const { clock, socket, taken, released, sent } = await setup();
  expect(taken()).toBeLessThan(chunkCount / 2);
  expect(await readAll(socket)).toBeGreaterThan(chunkCount * chunkBytes);
  await sent();
  expect([taken(), released(), clock.pending()]).toEqual([chunkCount, 1, 0]);
});

test('cuts a receiver off that takes nothing, and lets go of what it held', async () => {
  const { clock, socket, taken, released, sent } = await setup();
  await clock.advance(limits.receiverStallMs - 1);
  expect(released()).toBe(0);
  await clock.advance(1);
  await sent();
  expect(released()).toBe(1);
  expect(taken()).toBeLessThan(chunkCount / 2);
  await readAll(socket);
});
