/** `forebay calibrate`, `forebay evaluate` and `forebay outcomes import`. */
import type { CommandSpec, OptionSpec } from '../program/command-spec.ts';

const outcomes: OptionSpec = {
  name: 'outcomes',
  value: 'file',
  description: 'outcomes, one {"prompt", "model", "score", "cost_usd"} a line; - is standard input',
  completes: 'file',
};

const skipBad: OptionSpec = {
  name: 'skip-bad',
  description: 'leave lines out that make no sense, instead of stopping at them',
};

const seed: OptionSpec = {
  name: 'seed',
  value: 'number',
  description: 'decides every draw; the same seed gives the same result (1)',
  expected: { pattern: /^\d{1,9}$/, text: 'a whole number of at most 9 digits' },
};

const calibrateCommand: CommandSpec = {
  path: 'calibrate',
  summary: 'train the predictor of quality on outcomes, and write it to a file',
  notes: [
    'Each prompt should be there for several models. Compares means, regressions, neighbours and ' +
      'trees by what they say of prompts that they have not seen, and mixes them. Where none of ' +
      'them beats chance the predictor says so, and routing goes by the means of the models. The ' +
      'file holds no text of a prompt; the configuration takes it as `learning: {artefact: FILE}`.',
    'docs/learning.md has the formulas.',
  ],
  group: 'local',
  arguments: [],
  options: [
    outcomes,
    {
      name: 'out',
      value: 'file',
      description: 'where to write the predictor (forebay.predictor)',
      completes: 'file',
    },
    seed,
    skipBad,
  ],
  examples: [
    {
      command: 'forebay calibrate --outcomes outcomes.jsonl --out quality.predictor',
      explains: 'train on outcomes and keep the predictor',
    },
    {
      command: 'forebay calibrate --outcomes outcomes.jsonl --skip-bad --json',
      explains: 'what was compared and chosen, for a program',
    },
  ],
  load: async () => (await import('./run-calibrate.ts')).runCalibrate,
};

const evaluateCommand: CommandSpec = {
  path: 'evaluate',
  summary: 'show what routing by predicted quality would have got and cost on outcomes',
  notes: [
    'Without --artefact every prompt is judged by a predictor that was trained on the other four ' +
      'fifths of the file; with it, prompts that it was trained on are left out and counted.',
    'APGR is the share of the gap between the weak and the strong model that is recovered, on ' +
      'average over all shares of strong calls: 0.5 for a random choice. CPT(80 %) is the share ' +
      'of strong calls that recovers 80 per cent. The strong model is the best by mean score and ' +
      'the weak one the cheapest, if they are not given. Without cost_usd costs are guessed from ' +
      'the prices of the models.',
  ],
  group: 'local',
  arguments: [],
  options: [
    outcomes,
    {
      name: 'artefact',
      value: 'file',
      description: 'a predictor of "forebay calibrate"',
      completes: 'file',
    },
    { name: 'strong', value: 'model', description: 'the model to spend money on' },
    { name: 'weak', value: 'model', description: 'the model to save money with' },
    {
      name: 'plot',
      value: 'file',
      description: 'draw the curve as an SVG picture',
      completes: 'file',
    },
    {
      name: 'config',
      value: 'file',
      description: 'the configuration whose models have prices',
      completes: 'file',
    },
    seed,
    skipBad,
  ],
  examples: [
    {
      command: 'forebay evaluate --outcomes outcomes.jsonl --plot curve.svg',
      explains: 'judge routing on one file, by five folds',
    },
    {
      command:
        'forebay evaluate --outcomes test.jsonl --artefact quality.predictor --json | jq .apgr',
      explains: 'the one figure, for a trained predictor',
    },
  ],
  load: async () => (await import('./run-evaluate.ts')).runEvaluate,
};

const importCommand: CommandSpec = {
  path: 'outcomes import',
  summary: 'count graded outcomes into what a tenant knows of models, as if its people had judged',
  notes: [
    'Each outcome counts as one judgement of the model at the kind of task that its prompt is, ' +
      'at most 200 for a model and task, which fade like all judgements. A file counts once. One ' +
      'that begins with all lines of a file counted before has grown, and its new lines count, ' +
      'as what is left of the 200.',
    'Reads REDIS_URL and FOREBAY_NAMESPACE, which must be the values that the api runs with. ' +
      'It is in the audit log.',
  ],
  group: 'local',
  arguments: [
    {
      name: 'file',
      description: 'outcomes, one {"prompt", "model", "score"} a line; - is standard input',
      required: true,
      completes: 'file',
    },
  ],
  options: [
    { name: 'tenant', value: 'name', description: 'whose judgements they are' },
    {
      name: 'weight',
      value: 'number',
      description: 'judgements that one outcome counts as, above 0 and at most 1 (1)',
      expected: {
        pattern: /^(0\.\d{0,5}[1-9]|0?\.[1-9]\d{0,5}|1(\.0{1,6})?)$/,
        text: 'a number above 0 and at most 1',
      },
    },
    { name: 'dry-run', description: 'show what would be counted, and count nothing' },
    {
      name: 'config',
      value: 'file',
      description: 'the configuration: its models may occur, and its weights tell tasks apart',
      completes: 'file',
    },
    skipBad,
  ],
  examples: [
    {
      command: 'forebay outcomes import outcomes.jsonl --tenant acme --config forebay.yaml',
      explains: 'begin with what a benchmark says of the models',
    },
    {
      command: 'forebay outcomes import outcomes.jsonl --tenant acme --weight 0.2 --dry-run',
      explains: 'see what five outcomes for each judgement would come to',
    },
  ],
  load: async () => (await import('./run-outcomes-import.ts')).runOutcomesImport,
};

export const learningCommands: readonly CommandSpec[] = [
  calibrateCommand,
  evaluateCommand,
  importCommand,
];
