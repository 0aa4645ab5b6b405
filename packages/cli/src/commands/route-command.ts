import type { CommandSpec } from '../program/command-spec.ts';
import { requestOptions } from '../requests/request-options.ts';

export const routeCommand: CommandSpec = {
  path: 'route',
  summary: 'show where a job would go and what it would cost, without making it',
  notes: ['The exit code is 1 when no model can take the job.'],
  group: 'caller',
  arguments: [
    { name: 'prompt', description: 'what would be asked; - is standard input', required: false },
  ],
  options: requestOptions,
  examples: [
    {
      command: 'forebay route "Name three rivers." --model premium --model economy',
      explains: 'compare two models',
    },
    {
      command: 'forebay route --body request.json --model auto --max-cost 0.001 --json',
      explains: 'see which models a ceiling leaves, for a program',
    },
  ],
  load: async () => (await import('./run-route.ts')).runRoute,
};
