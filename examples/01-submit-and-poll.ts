/**
 * Submit a job and poll for its end, with nothing but `fetch`.
 *
 * `wait=25` lets Forebay hold each poll until there is news, so polling costs next to nothing.
 */
import { apiKey, url } from './connect.ts';

const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };

interface Job {
  readonly id: string;
  readonly status: string;
  readonly status_reason: { readonly text: string };
  readonly cost: { readonly spent: string; readonly ceiling: string };
  readonly result: {
    readonly choices: readonly { readonly message: { content: string } }[];
  } | null;
}

async function readJob(response: Response): Promise<Job> {
  const body: unknown = await response.json();
  // Errors are problem documents: "detail" says what is wrong and what to do.
  if (!response.ok) throw new Error(JSON.stringify(body));
  // The contract of the route, as docs/api.md tells it.
  return body as Job;
}

const submitted = await fetch(`${url}/v1/jobs`, {
  method: 'POST',
  headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
  body: JSON.stringify({
    kind: 'chat.completions',
    model: 'auto',
    priority: 'high',
    max_cost_usd: '0.01',
    body: { messages: [{ role: 'user', content: 'Name three rivers.' }], max_tokens: 40 },
  }),
});
let job = await readJob(submitted);
console.log(`${job.id} is ${job.status}`);

const ends = ['succeeded', 'failed', 'cancelled', 'expired'];
while (!ends.includes(job.status)) {
  job = await readJob(await fetch(`${url}/v1/jobs/${job.id}?wait=25`, { headers }));
}
console.log(`${job.id} has ${job.status}: ${job.status_reason.text}`);
console.log(`answer: ${job.result?.choices[0]?.message.content}`);
console.log(`cost: ${job.cost.spent} of at most ${job.cost.ceiling} USD`);
