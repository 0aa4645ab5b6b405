/** The text of an answer as its event stream showed it, and as it stands in the job. */
import type { JobView } from './http.ts';
import type { SseEvent } from './sse-client.ts';

/** What was shown of the attempt that the last event belongs to. */
export function shownText(events: readonly SseEvent[]): string {
  const last = events.at(-1)?.data['attempt'];
  const own = events.filter(({ type, data }) => type === 'job.delta' && data['attempt'] === last);
  return own.map(({ data }) => String(data['text'])).join('');
}

interface ChatResult {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

/** The content of a succeeded chat job. */
export function answerText(job: Pick<JobView, 'raw'>): string {
  // The simulator's answers have this form; what differs fails the comparison.
  const { choices } = job.raw['result'] as ChatResult;
  return choices[0]?.message.content ?? '';
}
