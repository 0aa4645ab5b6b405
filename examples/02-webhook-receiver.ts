/**
 * Be told by webhook instead of asking: a receiver that verifies, answers at once, acts once.
 *
 * The receiver listens on loopback, which only local mode allows; elsewhere its address must be
 * a public one. FOREBAY_WEBHOOK_SECRET is the `webhook_secret` of the ready line.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createForebayClient, verifyWebhook } from '@forebay/client';
import { apiKey, setting, url } from './connect.ts';

const secret = setting('FOREBAY_WEBHOOK_SECRET');
const forebay = createForebayClient({ baseUrl: url, apiKey });

// Deliveries may come twice under one id. A real receiver keeps the ids where it keeps its data.
const seen = new Set<string>();

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    // The signature is over the bytes as they came, so verify before parsing.
    const verdict = verifyWebhook({
      secrets: secret,
      headers: request.headers,
      rawBody: Buffer.concat(chunks),
    });
    if (verdict.kind === 'refused') {
      console.log(`refused: ${verdict.reason}`);
      response.writeHead(401).end();
      return;
    }
    response.writeHead(204, { connection: 'close' }).end();
    const { id, type, data } = verdict.event;
    if (seen.has(id)) return;
    seen.add(id);
    console.log(`${type} ${String(data['id'])}`);
    receiver.close();
  });
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
// A server that listens on TCP has such an address.
const { port } = receiver.address() as AddressInfo;

// What does not carry the signature is refused.
await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"type":"job.succeeded"}' });

const job = await forebay.submit({
  kind: 'chat.completions',
  model: 'auto',
  body: { messages: [{ role: 'user', content: 'Name three lakes.' }], max_tokens: 40 },
  webhook: { url: `http://127.0.0.1:${port}/` },
});
console.log(`${job.id} submitted; waiting to be told`);
