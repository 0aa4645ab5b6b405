// Calls that have one home. Elsewhere the same thing comes in as a dependency, so that tests can
// replace it and a reader knows the few places that touch the outside world.

import type { Node } from 'oxc-parser';
import { calleeName, type Site } from './syntax.ts';
import { isCode, isTestFile, isUnder, type TidyFile, type TidyRule } from './tidy-file.ts';

/** @returns what a node does that has a home, or null */
type Sighting = (site: Site) => string | null;

interface Place {
  readonly name: string;
  readonly remedy: string;
  readonly homes: readonly string[];
  readonly testFilesToo: boolean;
  readonly find: Sighting;
}

const runtime = 'packages/shared/src/runtime/';
/** The client stands alone, so it has a clock of its own. */
const clientRuntime = 'packages/client/src/runtime/';

/** The source of an import that brings in values, or null. */
function valueImport(node: Node): string | null {
  return node.type === 'ImportDeclaration' && node.importKind !== 'type' ? node.source.value : null;
}

function called(node: Node, names: readonly string[]): string | null {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return null;
  const name = calleeName(node.callee)?.replace(/^globalThis\./, '') ?? null;
  return name !== null && names.includes(name) ? name : null;
}

const timerModules: readonly string[] = ['node:timers', 'node:timers/promises', 'timers/promises'];

function findTimer({ node }: Site): string | null {
  const source = valueImport(node);
  if (source !== null && timerModules.includes(source)) return `import of ${source}`;
  return called(node, ['setTimeout', 'setInterval']);
}

function findClock({ node }: Site): string | null {
  if (node.type === 'NewExpression' && node.arguments.length === 0) return called(node, ['Date']);
  return called(node, ['Date.now']);
}

function findEnvironment({ node }: Site): string | null {
  return calleeName(node) === 'process.env' ? 'process.env' : null;
}

const httpModules = /^(node:)?(http|https|http2)$/;
const clientNames: readonly string[] = ['request', 'get', 'Agent', 'connect'];

function findHttpClient({ node }: Site): string | null {
  if (valueImport(node) === 'undici') return 'import of undici';
  if (node.type === 'ImportSpecifier' && node.imported.type === 'Identifier') return null;
  return called(node, [
    'fetch',
    ...['http', 'https', 'http2'].flatMap((name) => clientNames.map((call) => `${name}.${call}`)),
  ]);
}

function findHttpImport({ node }: Site): string | null {
  const source = valueImport(node);
  if (node.type !== 'ImportDeclaration' || source === null || !httpModules.test(source))
    return null;
  const names = node.specifiers.flatMap((specifier) =>
    specifier.type === 'ImportSpecifier' &&
    specifier.importKind !== 'type' &&
    specifier.imported.type === 'Identifier'
      ? [specifier.imported.name]
      : [],
  );
  const client = names.find((name) => clientNames.includes(name));
  return client === undefined ? null : `${client} from ${source}`;
}

const places: readonly Place[] = [
  {
    name: 'timers-at-home',
    remedy: 'take timers from the injected clock of shared/runtime',
    homes: [runtime, clientRuntime, 'packages/simulator/', 'test/', 'scripts/'],
    testFilesToo: true,
    find: findTimer,
  },
  {
    name: 'clock-at-home',
    remedy: 'take the time from the injected clock of shared/runtime',
    homes: [runtime, clientRuntime, 'packages/simulator/', 'test/', 'scripts/', 'examples/'],
    testFilesToo: true,
    find: findClock,
  },
  {
    name: 'randomness-at-home',
    remedy: 'inject a random source; a test then prints its seed',
    homes: [runtime, clientRuntime, 'packages/simulator/', 'scripts/'],
    testFilesToo: true,
    find: ({ node }) => called(node, ['Math.random']),
  },
  {
    name: 'environment-at-home',
    remedy: 'read the variable in shared/config/read-env.ts and pass the resolved value on',
    homes: [
      ...['packages/shared/src/config/read-env.ts', 'scripts/', 'test/support/'],
      'examples/connect.ts',
    ],
    testFilesToo: true,
    find: findEnvironment,
  },
  {
    name: 'http-client-at-home',
    remedy: 'go through worker/providers/http or worker/webhooks/egress, which guard the target',
    homes: [
      runtime,
      'packages/worker/src/providers/http/',
      'packages/worker/src/webhooks/egress',
      // All three are clients that a person starts against an address of their own choice.
      'packages/cli/',
      'packages/client/',
      'packages/simulator/',
      'test/',
      'bench/',
      'examples/',
      'scripts/',
    ],
    testFilesToo: false,
    find: (site) => findHttpClient(site) ?? findHttpImport(site),
  },
];

function toRule({ name, remedy, homes, testFilesToo, find }: Place): TidyRule {
  return {
    name,
    remedy,
    appliesTo: (path) =>
      isCode(path) && !isUnder(path, homes) && (testFilesToo || !isTestFile(path)),
    check: (file: TidyFile) =>
      (file.syntax?.sites ?? []).flatMap((site) => {
        const text = find(site);
        return text === null ? [] : [{ line: file.lineAt(site.node.start), text }];
      }),
  };
}

export const placeRules: readonly TidyRule[] = places.map(toRule);
