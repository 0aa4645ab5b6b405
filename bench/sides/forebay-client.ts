/** A program: a caller that hands in jobs over HTTP, in bulk, whenever it is asked to. */
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { sampleEnvelope } from './sample-job.ts';

const [apiUrl = '', key = ''] = process.argv.slice(2);
const pool = new Pool(apiUrl, { connections: 1 });
const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${key}` };
const linesPerChunk = 100;
let next = 0;

function line(): string {
  next += 1;
  return `${JSON.stringify(sampleEnvelope(next))}\n`;
}

function* lines(jobCount: number): Generator<string> {
  for (let left = jobCount; left > 0; left -= linesPerChunk) {
    yield Array.from({ length: Math.min(left, linesPerChunk) }, line).join('');
  }
}

/** @throws Error unless every line became a job. */
async function submit(jobCount: number): Promise<void> {
  const response = await pool.request({
    method: 'POST',
    path: '/v1/jobs:bulk',
    headers,
    body: Readable.from(lines(jobCount), { objectMode: false }),
  });
  const text = await response.body.text();
  const summary = text.trimEnd().split('\n').at(-1) ?? '';
  if (response.statusCode !== 200 || !summary.includes(`"accepted":${jobCount},`)) {
    throw new Error(`the api answered ${response.statusCode} ${summary}`);
  }
}

process.on('message', (message: { readonly jobCount: number }) => {
  void submit(message.jobCount).then(() => process.send?.({ added: message.jobCount }));
});
process.once('SIGTERM', () => process.exit(0));
process.stdout.write('ready\n');
