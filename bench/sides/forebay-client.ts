/** A program: a caller that hands in jobs over HTTP whenever it is asked to. */
import { Pool } from 'undici';
import { benchModel, outputCapTokens, sampleMessages } from './sample-job.ts';

const [apiUrl = '', key = ''] = process.argv.slice(2);
const inFlight = 100;
const pool = new Pool(apiUrl, { connections: inFlight });
let next = 0;

function envelope(): object {
  next += 1;
  return {
    kind: 'chat.completions',
    model: benchModel,
    custom_id: `row-${next}`,
    max_cost_usd: '0.05',
    body: { messages: sampleMessages(next), max_tokens: outputCapTokens },
  };
}

async function submitAll(jobCount: number): Promise<void> {
  let left = jobCount;
  const submitOn = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const response = await pool.request({
        method: 'POST',
        path: '/v1/jobs',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify(envelope()),
      });
      const text = await response.body.text();
      if (response.statusCode !== 202) throw new Error(`the api answered ${text}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, submitOn));
}

process.on('message', (message: { readonly jobCount: number }) => {
  void submitAll(message.jobCount).then(() => process.send?.({ added: message.jobCount }));
});
process.once('SIGTERM', () => process.exit(0));
process.stdout.write('ready\n');
