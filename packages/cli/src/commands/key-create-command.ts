import type { CommandSpec } from '../program/command-spec.ts';

export const keyCreateCommand: CommandSpec = {
  path: 'key create',
  summary: 'make an API key of a tenant and print it, this once',
  notes: [
    'The short form of "keys create", without its settings.',
    'Reads REDIS_URL, FOREBAY_NAMESPACE and FOREBAY_KEY_PEPPER, which must be the values ' +
      'that the ' +
      'api runs with.',
  ],
  group: 'local',
  arguments: [],
  options: [{ name: 'tenant', value: 'name', description: 'whose key it is; needed' }],
  examples: [
    { command: 'forebay key create --tenant acme', explains: 'a key for acme' },
    {
      command: 'forebay key create --tenant acme --quiet > key.txt',
      explains: 'only the key, into a file',
    },
  ],
  load: async () => (await import('../tenants/run-keys.ts')).runKeysCreate,
};
