import type { CommandSpec } from '../program/command-spec.ts';
import { requestOptions } from '../requests/request-options.ts';

export const submitCommand: CommandSpec = {
  path: 'submit',
  summary: 'submit one job',
  notes: [
    'Prints the id of the job. With --wait it waits for the end and prints the answer ' +
      'instead; the ' +
      'exit code is then 1 when there is none. The same --idempotency-key finds the same job.',
  ],
  group: 'caller',
  arguments: [{ name: 'prompt', description: 'what to ask; - is standard input', required: false }],
  options: [
    ...requestOptions,
    {
      name: 'idempotency-key',
      value: 'text',
      description: 'the same key makes one job, however often it is sent',
    },
    { name: 'wait', description: 'wait for the end and print the answer' },
  ],
  examples: [
    {
      command: 'forebay submit "Name three rivers." --model auto --wait',
      explains: 'ask and read the answer',
    },
    {
      command: 'forebay submit --body request.json --model economy --max-cost 0.02 --priority bulk',
      explains: 'submit a whole OpenAI request and go on',
    },
    {
      command: 'cat letter.txt | forebay submit - --system "Summarise." --model auto --json',
      explains: 'take the prompt from a pipe, and get the job as JSON',
    },
  ],
  load: async () => (await import('./run-submit.ts')).runSubmit,
};
