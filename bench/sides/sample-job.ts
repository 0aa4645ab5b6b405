/** The one kind of job that the bench runs: a short chat request. */

/** What the provider is called with is this, on both sides. */
export const benchModel = 'bench';
export const outputCapTokens = 64;

const filler =
  'Summarise the following note in one sentence and keep the names as they are written. ' +
  'The reservoir in front of the mill holds back what the river brings in spring, so that the ' +
  'wheel turns at the same pace in August; the miller opens the gate in the morning, reads the ' +
  'mark on the post, writes it into the book and closes the gate when the mark is reached.';

/** The same as a job of Forebay's. */
export function sampleEnvelope(n: number): object {
  return {
    kind: 'chat.completions',
    model: benchModel,
    custom_id: `row-${n}`,
    max_cost_usd: '0.05',
    body: { messages: sampleMessages(n), max_tokens: outputCapTokens },
  };
}

/** Chat messages of about 400 characters; no two jobs are alike. */
export function sampleMessages(n: number): readonly object[] {
  return [{ role: 'user', content: `${n}: ${filler}` }];
}
