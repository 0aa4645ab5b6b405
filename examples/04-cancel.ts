/**
 * Cancel a job that waits and one that runs.
 *
 * The model `stalling` of local mode never says a word, so there is time to cancel its call.
 */
import { createForebayClient, hasEnded, type Job, type JobRequest } from '@forebay/client';
import { apiKey, url } from './connect.ts';

const forebay = createForebayClient({ baseUrl: url, apiKey });
const request: JobRequest = {
  kind: 'chat.completions',
  model: 'stalling',
  body: { messages: [{ role: 'user', content: 'Take your time.' }], max_tokens: 40 },
};

function report(what: string, job: Job): void {
  const { spent, unknown, reserved } = job.cost;
  console.log(`${what}: ${job.status}, spent ${spent}, unknown ${unknown}, reserved ${reserved}`);
}

// One that waits ends at once, and what was reserved for it is free again.
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const waiting = await forebay.submit({ ...request, run_at: inAnHour, timeout_seconds: 7_200 });
report('waiting', await forebay.cancel(waiting.id));

// One that runs ends as soon as its worker has let go of the call. The provider may bill what it
// had begun: "unknown" is the most that this can be.
const running = await forebay.submit(request);
for await (const event of forebay.events(running.id)) {
  if (event.type === 'job.running') break;
}
const asked = await forebay.cancel(running.id);
report('running', hasEnded(asked) ? asked : await forebay.wait(running.id));

// Cancelling what has ended changes nothing, so it is safe to repeat.
report('again  ', await forebay.cancel(running.id));
