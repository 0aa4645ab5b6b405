// Who may import whom, and where each library may be used. The tables are the rule; the rest of
// this file only compares them with the imports and manifests that the packages really have.
//
// B1  A folder imports only itself and the folders that its row names.
// B2  A library with a home is imported nowhere else.
// B3  A package imports another one by its name, never by a path into it.
// B4  What a package imports stands in its own manifest.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';
import {
  allSourceImports,
  importsOf,
  importsUnder,
  type SourceImport,
} from '../support/source-imports.ts';

/** `*` is one folder or file name, `**` any depth. */
type Pattern = string;

const pure: readonly Pattern[] = ['shared/domain/**', 'shared/runtime/**'];
const ported: readonly Pattern[] = [...pure, 'shared/ports/**'];
/** Everything of shared except the adapters of the store, the queue and the disk. */
const core: Pattern =
  'shared/{domain,runtime,ports,routing,pricing,outputs,budgets,config,keys,audit,' +
  'tenants,tickets,payloads,tasks,learning}/**';
const views: Pattern = 'shared/{live,ledger,webhooks,telemetry}/**';
const coreAndQueue: readonly Pattern[] = [core, views, 'shared/queue/**'];

/** B1. The first row whose `folder` fits a file decides; a row holds itself. */
const folders: readonly { folder: Pattern; may: readonly Pattern[] }[] = [
  // A unit test may try a piece with the real adapters of its own package.
  { folder: 'shared/**/*.test.ts', may: ['shared/**'] },
  { folder: 'shared/domain/**', may: [] },
  { folder: 'shared/runtime/**', may: [] },
  { folder: 'shared/ports/**', may: pure },
  { folder: 'shared/routing/**', may: [...pure, 'shared/pricing/**'] },
  { folder: 'shared/pricing/**', may: pure },
  { folder: 'shared/outputs/**', may: pure },
  { folder: 'shared/budgets/**', may: pure },
  // What the configuration may correct, by name.
  { folder: 'shared/config/**', may: [...pure, 'shared/tasks/task-signals.ts'] },
  { folder: 'shared/tasks/**', may: pure },
  { folder: 'shared/learning/**', may: [...pure, 'shared/tasks/**'] },
  { folder: 'shared/keys/**', may: ported },
  { folder: 'shared/tenants/**', may: [...ported, 'shared/{keys,budgets}/**'] },
  { folder: 'shared/audit/**', may: ported },
  { folder: 'shared/tickets/**', may: ported },
  { folder: 'shared/payloads/**', may: ported },
  // One formula: what sums mean for a plan.
  { folder: 'shared/live/**', may: [...ported, 'shared/routing/learned-quality.ts'] },
  { folder: 'shared/webhooks/**', may: ported },
  // Adapters know ports; nothing above knows adapters.
  { folder: 'shared/redis/**', may: [...ported, 'shared/budgets/**'] },
  // BullMQ takes an open connection, and one module builds every key.
  { folder: 'shared/queue/**', may: [...ported, 'shared/redis/{connection,keys}.ts'] },
  { folder: 'shared/storage/**', may: ported },
  { folder: 'shared/archive/**', may: ported },
  { folder: 'shared/ledger/**', may: ported },
  { folder: 'shared/telemetry/**', may: ported },
  { folder: 'worker/providers/**', may: ported },
  // Only these see adapters: where they are wired, and the translators of BullMQ.
  { folder: 'worker/{main,compose*}.ts', may: ['worker/**', 'shared/**'] },
  {
    folder: 'worker/pool/**',
    may: ['worker/**', ...coreAndQueue, 'shared/redis/{connection,keys}.ts'],
  },
  { folder: 'worker/webhooks/**', may: ['worker/**', ...coreAndQueue] },
  { folder: 'worker/**', may: [core, views] },
  { folder: 'api/{main,compose*}.ts', may: ['api/**', 'shared/**'] },
  { folder: 'api/admin/**', may: ['api/**', ...coreAndQueue] },
  { folder: 'api/**', may: [core, views] },
  { folder: 'cli/**', may: ['shared/**', 'client/client.ts'] },
  // Published alone: it brings nothing of ours with it.
  { folder: 'client/**', may: [] },
  { folder: 'simulator/**', may: [] },
];

/** B2. Libraries that are not named here may be used by any package that declares them. */
const libraries: readonly { library: Pattern; homes: readonly Pattern[]; types?: Pattern }[] = [
  {
    library: 'express',
    homes: [
      'api/{main,compose*,app}.ts',
      'api/{http,native,openai}/**',
      'api/{anthropic,admin}/**',
    ],
  },
  {
    library: 'bullmq',
    homes: ['shared/queue/**', 'worker/pool/**', 'worker/webhooks/**', 'api/admin/board.ts'],
  },
  { library: 'ioredis', homes: ['shared/redis/**'], types: '{api,worker}/compose*.ts' },
  { library: '@pydantic/genai-prices', homes: ['shared/config/price-list.ts'] },
  { library: 'pino', homes: ['shared/telemetry/**'] },
  { library: 'prom-client', homes: ['shared/telemetry/**'] },
  { library: '@opentelemetry/*', homes: ['shared/telemetry/**'] },
  { library: '@bull-board/*', homes: ['api/admin/board.ts'] },
  { library: 'commander', homes: ['cli/program/*.ts', 'cli/main.ts'] },
  { library: 'helmet', homes: ['api/{main,compose*,app}.ts', 'api/http/**'] },
  { library: 'undici', homes: ['worker/providers/http/**', 'worker/webhooks/egress*.ts'] },
  { library: 'luxon', homes: ['shared/budgets/**'] },
  { library: 'ipaddr.js', homes: ['{shared,worker}/webhooks/**', 'shared/domain/network.ts'] },
  { library: 'ajv', homes: ['{shared,worker}/outputs/**'] },
  { library: 'yaml', homes: ['shared/config/**', 'simulator/**'] },
  { library: 'typeid-js', homes: ['shared/domain/**'] },
  {
    library: 'zod',
    homes: [
      'shared/{domain,config}/**',
      'shared/queue/ticket.ts',
      // A predictor comes out of a file that anybody may have written.
      'shared/learning/predictor-{file,numbers}.ts',
      'worker/providers/*/response.ts',
      'api/**/*-{request,schema}.ts',
    ],
  },
];

/** B1 for manifests and compiler references: which packages a package may depend on. */
const packageDependencies: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  api: ['shared'],
  worker: ['shared'],
  simulator: [],
  client: [],
  cli: ['shared', 'client'],
};

/** Installed at the root, for unit tests of every package. */
const testLibraries: readonly string[] = [
  'vitest',
  'fast-check',
  'standardwebhooks',
  'gpt-tokenizer',
];

const starMeanings: Readonly<Record<string, string>> = {
  '**/': '(.*/)?',
  '**': '.*',
  '*': '[^/]*',
};

function fits(path: string, pattern: Pattern): boolean {
  const source = pattern
    .replaceAll('.', '\\.')
    .replace(/\{([^}]*)\}/g, (_, names: string) => `(${names.replaceAll(',', '|')})`)
    .replace(/\*\*\/|\*\*|\*/g, (stars) => starMeanings[stars] ?? stars);
  return new RegExp(`^${source}$`).test(path);
}

/** `packages/api/src/a.ts` and `@forebay/api/a` are both `api/a.ts`. */
function placeOf(path: string): string | null {
  const local = /^packages\/([^/]+)\/src\/(.+)$/.exec(path);
  if (local !== null) return `${local[1]}/${local[2]}`;
  // A bare name is the package's one public file, which is called like it.
  const named = /^@forebay\/([^/]+)(?:\/(.+))?$/.exec(path);
  return named === null ? null : `${named[1]}/${named[2] ?? named[1]}.ts`;
}

const packageOf = (place: string): string => place.split('/')[0] ?? '';

function folderBreak(from: string, to: string): string | null {
  const row = folders.find(({ folder }) => fits(from, folder));
  if (row === undefined) return `B1 ${from} stands in a folder without a row`;
  const isAllowed = [row.folder, ...row.may].some((pattern) => fits(to, pattern));
  return isAllowed ? null : `B1 ${from} may not import ${to}`;
}

function libraryBreak(from: string, { target, isTypeOnly }: SourceImport): string | null {
  const name = target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
  const row = libraries.find(({ library }) => fits(name, library));
  if (row === undefined || row.homes.some((home) => fits(from, home))) return null;
  const typesAreFine = isTypeOnly && row.types !== undefined && fits(from, row.types);
  return typesAreFine ? null : `B2 ${from} may not import ${name}`;
}

/** What is wrong with one import, or null. */
function borderBreak(found: SourceImport): string | null {
  const from = placeOf(found.from);
  if (from === null) throw new Error(`${found.from} is not a source file of a package`);
  const to = placeOf(found.target);
  if (to === null) return libraryBreak(from, found);
  const isByPath = found.target.startsWith('packages/');
  if (isByPath && packageOf(from) !== packageOf(to)) return `B3 ${from} reaches into ${to} by path`;
  return folderBreak(from, to);
}

function readJson(path: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(`${repositoryRoot}/${path}`, 'utf8'));
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function declaredBy(name: string): readonly string[] {
  const manifest = readJson(`packages/${name}/package.json`);
  return [...keysOf(manifest['dependencies']), ...keysOf(manifest['devDependencies'])];
}

function undeclared({ from, target }: SourceImport): string | null {
  if (target.startsWith('node:') || target.startsWith('packages/')) return null;
  if (from.endsWith('.test.ts') && target.startsWith('test/support/')) return null;
  const name = target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
  const isForTests = from.endsWith('.test.ts') && testLibraries.includes(name);
  const owner = packageOf(placeOf(from) ?? '');
  if (isForTests || declaredBy(owner).includes(name)) return null;
  return `B4 ${from} imports ${name}, which packages/${owner}/package.json does not name`;
}

describe('borders', () => {
  const imports = allSourceImports();

  test('hold for every import of every package', () => {
    expect(imports.map(borderBreak).filter((line) => line !== null)).toEqual([]);
  });

  test('let a package import only what its manifest names', () => {
    expect(imports.map(undeclared).filter((line) => line !== null)).toEqual([]);
  });

  test.each(Object.entries(packageDependencies))(
    'let the manifest and compiler references of %s name only %j',
    (name, allowed) => {
      const ours = declaredBy(name).filter((dependency) => dependency.startsWith('@forebay/'));
      expect(ours.filter((dependency) => !allowed.includes(dependency.slice(9)))).toEqual([]);
      const references = JSON.stringify(readJson(`packages/${name}/tsconfig.json`)['references']);
      expect(references).toBe(JSON.stringify(allowed.map((path) => ({ path: `../${path}` }))));
    },
  );
});

test('the bench reaches the packages by their names only, and nothing of the tests', () => {
  const reached = importsUnder('bench').filter(({ target }) => /^(packages|test)\//.test(target));
  expect(reached).toEqual([]);
  const folders = new Set(importsUnder('bench').map(({ target }) => target.split('/')[0]));
  expect(folders).toContain('@forebay');
});

describe('the border check', () => {
  const planted: readonly [string, string, string][] = [
    ['B1', 'shared/src/domain/job.ts', "import { a } from '../runtime/clock.ts';"],
    ['B1', 'shared/src/routing/plan-route.ts', "import type { A } from '../ports/job-store.ts';"],
    ['B1', 'shared/src/redis/job-store.ts', "import { a } from '../queue/ticket.ts';"],
    ['B1', 'shared/src/queue/ticket.ts', "import { a } from '../redis/job-store.ts';"],
    ['B1', 'shared/src/domain/job.ts', "export { a } from '../redis/keys.ts';"],
    ['B1', 'api/src/intake/submit-job.ts', "import { a } from '@forebay/worker/pool/model-pool';"],
    ['B1', 'worker/src/pool/model-pool.ts', "import { a } from '@forebay/api/app';"],
    ['B1', 'api/src/intake/submit-job.ts', "import { a } from '@forebay/shared/redis/keys';"],
    ['B1', 'worker/src/providers/openai/call.ts', "import { a } from '../../pool/model-pool.ts';"],
    ['B1', 'simulator/src/main.ts', "import { a } from '@forebay/shared/domain/job';"],
    ['B1', 'cli/src/main.ts', "await import('@forebay/worker/main');"],
    ['B1', 'client/src/client.ts', "import { a } from '@forebay/shared/domain/money';"],
    ['B1', 'api/src/main.ts', "import { createForebayClient } from '@forebay/client';"],
    ['B1', 'shared/src/newfolder/a.ts', "import { a } from '../domain/job.ts';"],
    ['B2', 'api/src/intake/submit-job.ts', "import { Router } from 'express';"],
    ['B2', 'worker/src/execution/execute-job.ts', "import type { Job } from 'bullmq';"],
    ['B2', 'worker/src/compose.ts', "import { Redis } from 'ioredis';"],
    ['B2', 'api/src/admin/routes.ts', "import { a } from '@bull-board/api/bullMQAdapter';"],
    ['B2', 'worker/src/providers/openai/request.ts', "import { z } from 'zod';"],
    ['B3', 'worker/src/main.ts', "import { a } from '../../shared/src/domain/job.ts';"],
  ];

  test.each(planted)('finds a planted break of %s in %s: %s', (invariant, path, text) => {
    const breaks = importsOf(`packages/${path}`, text).map(borderBreak);
    expect(breaks).toEqual([expect.stringMatching(new RegExp(`^${invariant} `))]);
  });

  const allowed: readonly [string, string][] = [
    ['shared/src/domain/job.ts', "import { a } from './ids.ts';"],
    ['shared/src/redis/job-store.ts', "import type { A } from '../ports/job-store.ts';"],
    ['api/src/admin/board.ts', "import { a } from '@bull-board/api/bullMQAdapter';"],
    ['api/src/compose.ts', "import type { Redis } from 'ioredis';"],
    ['api/src/compose.ts', "import { a } from '@forebay/shared/redis/keys';"],
    ['cli/src/main.ts', "import { createForebayClient } from '@forebay/client';"],
    ['api/src/native/submit-job-request.ts', "import { z } from 'zod';"],
    ['worker/src/providers/openai/response.ts', "import { z } from 'zod';"],
    ['worker/src/webhooks/egress-guard.ts', "import { Agent } from 'undici';"],
    ['worker/src/execution/execute-job.ts', "import { readFile } from 'node:fs/promises';"],
  ];

  test.each(allowed)('lets %s have: %s', (path, text) => {
    expect(importsOf(`packages/${path}`, text).map(borderBreak)).toEqual([null]);
  });

  test('finds a library that only another package declares', () => {
    const found = importsOf('packages/simulator/src/main.ts', "import { a } from 'undici';");
    expect(found.map(undeclared)).toEqual([expect.stringContaining('B4 ')]);
  });
});
