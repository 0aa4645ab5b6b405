/**
 * Ask where a job would go, and let its ceiling decide which models are too dear for it.
 *
 * A ceiling is a promise: what the job has spent and may still have to pay never passes it.
 */
import { createForebayClient, type JobRequest } from '@forebay/client';
import { apiKey, url } from './connect.ts';

const forebay = createForebayClient({ baseUrl: url, apiKey });

function jobWith(ceilingUsd: string): JobRequest {
  return {
    kind: 'chat.completions',
    models: ['premium', 'economy'],
    max_cost_usd: ceilingUsd,
    body: { messages: [{ role: 'user', content: 'Name three seas.' }], max_tokens: 200 },
  };
}

for (const ceilingUsd of ['0.01', '0.001']) {
  const { route } = await forebay.route(jobWith(ceilingUsd));
  console.log(`with a ceiling of ${ceilingUsd} USD:`);
  for (const { model, worst_case_cost_usd } of route.candidates) {
    console.log(`  ${model} may take it, for at most ${worst_case_cost_usd} USD`);
  }
  for (const { model, reason } of route.exclusions) console.log(`  ${model} not: ${reason}`);
}

const job = await forebay.submit(jobWith('0.001'));
const ended = await forebay.wait(job.id, { timeoutMs: 60_000 });
console.log(`${ended.status} on ${ended.model} for ${ended.cost.spent} USD`);
