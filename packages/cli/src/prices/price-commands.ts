/** `forebay prices …`. */
import { isRealDay } from '@forebay/shared/domain/is-real-day';
import type { CommandSpec, OptionSpec } from '../program/command-spec.ts';

const file: OptionSpec = {
  name: 'file',
  value: 'file',
  description: 'a file of prices, whose rows win over the list of known services',
  completes: 'file',
};

const importCommand: CommandSpec = {
  path: 'prices import',
  summary: 'make a file of prices from another one',
  notes: [
    'Takes files of Forebay, and the JSON in which the LiteLLM project lists prices. What has no ' +
      'price for text, is listed as free, or has a cost without a bound, is left out with the ' +
      'reason. Writes to standard output unless --out names a file; the configuration takes it ' +
      'as `prices: FILE`.',
  ],
  group: 'local',
  arguments: [
    { name: 'file', description: 'the list of prices', required: true, completes: 'file' },
  ],
  options: [
    { name: 'out', value: 'file', description: 'where to write the rows', completes: 'file' },
    {
      name: 'only',
      value: 'text',
      description: 'only rows with this in their names',
      repeatable: true,
    },
    {
      name: 'as-of',
      value: 'day',
      description: 'the day for which the prices hold; today when not given',
      expected: { pattern: { test: isRealDay }, text: 'a day of the calendar such as 2026-11-26' },
    },
  ],
  examples: [
    {
      command: 'forebay prices import model_prices.json --out prices.yaml --only openai/',
      explains: 'take over the prices of one service',
    },
    {
      command: 'forebay prices import ours.yaml --only openai/gpt-5 --json',
      explains: 'one row, for a program',
    },
  ],
  load: async () => (await import('./run-prices-import.ts')).runPricesImport,
};

const listCommand: CommandSpec = {
  path: 'prices list',
  summary: 'list the prices that a configuration can name',
  group: 'local',
  arguments: [{ name: 'text', description: 'only rows with this in their names', required: false }],
  options: [file],
  examples: [
    { command: 'forebay prices list anthropic/', explains: 'the models of one service' },
    {
      command: 'forebay prices list --file prices.yaml --json',
      explains: 'every row, for a program',
    },
  ],
  load: async () => (await import('./run-prices-list.ts')).runPricesList,
};

const showCommand: CommandSpec = {
  path: 'prices show',
  summary: 'show all of a price: of a configured model, or of a row',
  notes: ['With --config the name may be a model; each of its deployments has a price then.'],
  group: 'local',
  arguments: [
    { name: 'name', description: 'a model, or a row such as openai/gpt-5', required: true },
  ],
  options: [
    file,
    {
      name: 'config',
      value: 'file',
      description: 'the configuration whose models may be named',
      completes: 'file',
    },
  ],
  examples: [
    {
      command: 'forebay prices show fast --config forebay.yaml',
      explains: 'what a model costs, and where that is from',
    },
    { command: 'forebay prices show openai/gpt-5', explains: 'a row of the list' },
  ],
  load: async () => (await import('./run-prices-show.ts')).runPricesShow,
};

export const priceCommands: readonly CommandSpec[] = [importCommand, listCommand, showCommand];
