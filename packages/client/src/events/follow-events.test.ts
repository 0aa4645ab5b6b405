import { describe, expect, test } from 'vitest';
import { type Handler, hangUp, startScriptedApi } from '../../../../test/support/scripted-api.ts';
import type { JobEvent } from './job-event.ts';

const feedOf = (text: string, thenHangUp: boolean): Handler =>
  function feed(_, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => (thenHangUp ? response.destroy() : response.end()));
  };

const event = (id: number, type: string): string =>
  `id: ${id}\nevent: ${type}\ndata: {"n":${id}}\n\n`;

async function collect(events: AsyncIterable<JobEvent>): Promise<readonly JobEvent[]> {
  const all: JobEvent[] = [];
  for await (const each of events) all.push(each);
  return all;
}

describe('the event feed', () => {
  test('gives every event once over broken connections', async () => {
    const { client, requests } = await startScriptedApi([
      feedOf(`: hello\n\n${event(1, 'job.queued')}${event(2, 'job.running')}id: 3\nev`, true),
      hangUp,
      feedOf(event(3, 'job.delta'), false),
      feedOf(event(4, 'job.succeeded'), false),
    ]);
    const events = await collect(client.events('job_1'));
    expect(events.map(({ id, type, data }) => [id, type, data['n']])).toEqual([
      ['1', 'job.queued', 1],
      ['2', 'job.running', 2],
      ['3', 'job.delta', 3],
      ['4', 'job.succeeded', 4],
    ]);
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      '2',
      '2',
      '3',
    ]);
  });

  test('starts after an event that the caller knows', async () => {
    const { client, requests } = await startScriptedApi([feedOf(event(9, 'job.failed'), false)]);
    await collect(client.events('job_1', { startingAfter: '8' }));
    expect(requests[0]?.headers['last-event-id']).toBe('8');
  });

  test('ends at once when the caller has had the last event', async () => {
    const { client, requests } = await startScriptedApi([
      (_, response) => void response.writeHead(204).end(),
    ]);
    expect(await collect(client.events('job_1', { startingAfter: '9' }))).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  test('gives up when nothing comes any more', async () => {
    const { client, requests } = await startScriptedApi([
      feedOf(event(1, 'job.queued'), true),
      hangUp,
    ]);
    await expect(collect(client.events('job_1'))).rejects.toMatchObject({ code: 'unreachable' });
    expect(requests).toHaveLength(5);
  });

  test('throws what the API ends it with, and does not come back', async () => {
    const error = 'event: error\ndata: {"code":"unauthorized","detail":"Send one valid key."}\n\n';
    const { client, requests } = await startScriptedApi([
      feedOf(`${event(1, 'job.queued')}${error}`, false),
    ]);
    await expect(collect(client.events('job_1'))).rejects.toMatchObject({
      code: 'unauthorized',
      message: 'Send one valid key.',
    });
    expect(requests).toHaveLength(1);
  });

  test('follows a job that waits for hours, over connections that the API ends', async () => {
    const pause: Handler = (_, response) => {
      advance(600_000);
      response.writeHead(200).end(': nothing new\n\n');
    };
    const waiting = Array.from({ length: 12 }, () => pause);
    const { client, requests, advance } = await startScriptedApi([
      ...waiting,
      feedOf(event(1, 'job.succeeded'), false),
    ]);
    expect(await collect(client.events('job_1'))).toHaveLength(1);
    expect(requests).toHaveLength(13);
  });

  test('closes the connection when the reader stops', async () => {
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { client } = await startScriptedApi([
      (request, response) => {
        response.writeHead(200).write(event(1, 'job.queued'));
        request.on('close', () => closed?.());
      },
    ]);
    for await (const { id } of client.events('job_1')) {
      expect(id).toBe('1');
      break;
    }
    await gone;
  });
});
