import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  answerJson,
  type Handler,
  startScriptedApi,
} from '../../../../test/support/scripted-api.ts';
import type { BulkItem, BulkLine } from './bulk-item.ts';

interface World {
  /** Jobs by `custom_id`. */
  readonly jobs: Map<string, string>;
}

interface Behaviour {
  /** Breaks the connection after so many replies. */
  readonly dieAfterReplies?: number;
}

/** Lines as they come; a client that goes away ends them. */
async function* linesOf(request: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // It went away, which is part of these tests.
  }
}

/** What the route does, as far as a client can tell. */
function bulkRoute(world: World, behaviour: Behaviour = {}): Handler {
  return async (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'forebay-batch-id': 'bulk_1' });
    response.flushHeaders();
    let number = 0;
    for await (const text of linesOf(request)) {
      number += 1;
      if (text === '') continue;
      response.write(`${JSON.stringify(replyTo(world, number, text))}\n`);
      if (number === behaviour.dieAfterReplies) {
        await new Promise((resolve) => response.write('{"li', resolve));
        request.socket.destroy();
        return;
      }
    }
    response.end(`${JSON.stringify({ summary: { batch_id: 'bulk_1', outcome: 'completed' } })}\n`);
  };
}

/** Takes the lines and dies before it answers any. */
function deafRoute(world: World, lines: number): Handler {
  return async (request) => {
    const { socket } = request;
    let number = 0;
    for await (const text of linesOf(request)) {
      number += 1;
      replyTo(world, number, text);
      if (number === lines) break;
    }
    socket.destroy();
  };
}

function replyTo(world: World, line: number, text: string): object {
  let job: { custom_id: string };
  try {
    // The lines of these tests are jobs with an id, or no JSON at all.
    job = JSON.parse(text) as { custom_id: string };
  } catch {
    return { line, status: 'rejected', error: { code: 'invalid_json', detail: 'no JSON' } };
  }
  const known = world.jobs.get(job.custom_id);
  const id = known ?? `job_${world.jobs.size + 1}`;
  world.jobs.set(job.custom_id, id);
  const status = known === undefined ? 'accepted' : 'duplicate';
  return { line, custom_id: job.custom_id, status, id };
}

const newWorld = (): World => ({ jobs: new Map() });

const job = { kind: 'chat.completions', model: 'auto', body: { messages: [] } } as const;

async function collect(items: AsyncIterable<BulkItem>) {
  const all: BulkItem[] = [];
  for await (const item of items) all.push(item);
  const replies = all.filter((item) => item.kind === 'line');
  return { replies, summary: all.find((item) => item.kind === 'summary') };
}

describe('bulk submission', () => {
  test('numbers lines without an id, and leaves a text that is no JSON to the API', async () => {
    const world = newWorld();
    const { client, requests } = await startScriptedApi([bulkRoute(world)]);
    const lines: BulkLine[] = [
      job,
      { ...job, custom_id: 'mine' },
      '',
      JSON.stringify(job),
      '{"a":\n',
    ];
    const { replies, summary } = await collect(client.bulk(lines));
    expect(replies.map(({ line, status, customId }) => [line, status, customId])).toEqual([
      [1, 'accepted', 'line-1'],
      [2, 'accepted', 'mine'],
      [4, 'accepted', 'line-4'],
      [5, 'rejected', undefined],
    ]);
    expect(replies[3]?.error).toMatchObject({ code: 'invalid_json' });
    expect(summary).toEqual({
      kind: 'summary',
      batchId: 'bulk_1',
      outcome: 'completed',
      lines: 4,
      accepted: 3,
      duplicates: 0,
      rejected: 1,
    });
    expect(requests[0]?.url).toBe('/v1/jobs:bulk?on_error=reject_line');
  });

  test('numbers lines as an editor does, also after a broken connection', async () => {
    const { client } = await startScriptedApi([
      bulkRoute(newWorld(), { dieAfterReplies: 4 }),
      bulkRoute(newWorld()),
    ]);
    const lines = ['', ' ', JSON.stringify(job), JSON.stringify(job), '', '\r', 'no JSON', ''];
    const { replies, summary } = await collect(client.bulk(lines));
    expect(replies.map(({ line }) => line)).toEqual([3, 4, 7]);
    expect(summary).toMatchObject({ lines: 3, accepted: 2, rejected: 1 });
  });

  test('passes over more blank lines than may wait for an answer', async () => {
    const { client } = await startScriptedApi([bulkRoute(newWorld())]);
    const blank = Array.from({ length: 20_000 }, () => '');
    const { replies } = await collect(client.bulk([...blank, job]));
    expect(replies).toMatchObject([{ line: 20_001, customId: 'line-20001' }]);
  });

  test('gives replies while lines are still to come', async () => {
    const { client } = await startScriptedApi([bulkRoute(newWorld())]);
    const answered: number[] = [];
    async function* lines() {
      for (let line = 1; line <= 3; line += 1) {
        // Each line waits for the answer to the one before it.
        expect(answered).toHaveLength(line - 1);
        yield job;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    let wake = (): void => {};
    for await (const item of client.bulk(lines())) {
      if (item.kind !== 'line') continue;
      answered.push(item.line);
      wake();
    }
    expect(answered).toEqual([1, 2, 3]);
  });

  test('resumes a broken connection, makes no job twice and answers every line once', async () => {
    const world = newWorld();
    const { client, requests } = await startScriptedApi([
      bulkRoute(world, { dieAfterReplies: 40 }),
      deafRoute(world, 30),
      bulkRoute(world, { dieAfterReplies: 20 }),
      bulkRoute(world),
    ]);
    const resends: number[] = [];
    const lines = Array.from({ length: 100 }, () => job);
    const { replies, summary } = await collect(
      client.bulk(lines, { onResend: (count) => resends.push(count) }),
    );
    expect(replies.map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
    expect(replies.map(({ customId }) => customId)).toEqual(
      lines.map((_, index) => `line-${index + 1}`),
    );
    expect(world.jobs.size).toBe(100);
    expect(summary).toMatchObject({ lines: 100, accepted: 70, duplicates: 30 });
    expect(resends).toHaveLength(3);
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('takes no more of the lines than the API takes', async () => {
    const silent: Handler = (_, response) => {
      response.writeHead(200).flushHeaders();
    };
    const { client } = await startScriptedApi([silent]);
    let taken = 0;
    function* lines() {
      for (; taken < 1_000_000; taken += 1) yield { ...job, user: 'x'.repeat(10_000) };
    }
    const stopping = new AbortController();
    const items = client.bulk(lines(), { signal: stopping.signal })[Symbol.asyncIterator]();
    const first = items.next();
    let before = -1;
    while (taken === 0 || taken !== before) {
      before = taken;
      for (let turn = 0; turn < 200; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(10_000);
    stopping.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
  });

  test('ends with what the lines themselves threw', async () => {
    const { client } = await startScriptedApi([bulkRoute(newWorld())]);
    function* lines() {
      yield job;
      throw new Error('the file is gone');
    }
    await expect(collect(client.bulk(lines()))).rejects.toThrow('the file is gone');
  });

  test('is not repeated when the API refuses all of it', async () => {
    const { client, requests } = await startScriptedApi([answerJson(403, { code: 'forbidden' })]);
    await expect(collect(client.bulk([job]))).rejects.toMatchObject({ code: 'forbidden' });
    expect(requests).toHaveLength(1);
  });
});
