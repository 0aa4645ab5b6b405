/**
 * The headers of the Lua scripts are a contract: what each is for, who calls it, its keys and
 * arguments, its answers, and what a repeated call does. These tests hold the headers, the
 * registry, the transition table and the code of the scripts against each other.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { jobMoves } from '@forebay/shared/domain/job-state';
import { type ScriptName, scriptKeyCounts } from '@forebay/shared/redis/script-registry';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';

const folder = `${repositoryRoot}/packages/shared/src/redis/lua`;
const packages = readdirSync(`${repositoryRoot}/packages`);
const labels = ['Moves', 'Called by', 'KEYS', 'ARGV', 'Returns', 'Repeated'] as const;

type Label = (typeof labels)[number];

interface Script {
  readonly name: string;
  readonly header: Header;
  /** Without the header and the texts of its includes. */
  readonly code: string;
  readonly includes: readonly string[];
}

interface Header {
  readonly description: string;
  readonly sections: readonly { readonly label: Label; readonly text: string }[];
}

function parseHeader(lines: readonly string[]): Header {
  const description: string[] = [];
  const sections: { label: Label; text: string }[] = [];
  for (const line of lines) {
    const label = labels.find((candidate) => line.startsWith(`${candidate}: `));
    const last = sections.at(-1);
    if (label !== undefined) sections.push({ label, text: line.slice(label.length + 2) });
    else if (last === undefined) description.push(line);
    else last.text += ` ${line.trim()}`;
  }
  return { description: description.join(' ').trim(), sections };
}

function readScript(name: string): Script {
  const lines = readFileSync(`${folder}/${name}.lua`, 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const comments = lines.slice(0, end).map((line) => line.replace(/^-- ?/, ''));
  return {
    name,
    header: parseHeader(comments.filter((line) => !line.startsWith('@include '))),
    code: lines.slice(end).join('\n').replace(/--.*$/gm, ''),
    includes: comments.flatMap((line) => /^@include (\S+)$/.exec(line)?.[1] ?? []),
  };
}

const names = readdirSync(folder)
  .filter((file) => file.endsWith('.lua'))
  .map((file) => file.slice(0, -'.lua'.length));
const scripts = names.map(readScript);

function sectionsOf(script: Script, label: Label): readonly string[] {
  return script.header.sections.flatMap((each) => (each.label === label ? [each.text] : []));
}

interface Listed {
  readonly numbers: readonly number[];
  readonly last: number;
  /** The last entry stands for any number more. */
  readonly isOpen: boolean;
}

/** Reads `1-4 as in include/job, 5 payload, 6... field, value`. */
function listed(script: Script, label: 'KEYS' | 'ARGV'): Listed {
  const text = sectionsOf(script, label)
    .join(' ')
    .replace(/\([^()]*\)/g, '');
  const numbers: number[] = [];
  let isOpen = false;
  for (const entry of text.matchAll(/(?:^|, )(\d+)(?:-(\d+))?(\.\.\.)? /g)) {
    const first = Number(entry[1]);
    const end = Number(entry[2] ?? entry[1]);
    for (let number = first; number <= end; number += 1) numbers.push(number);
    isOpen = entry[3] !== undefined;
  }
  return { numbers, last: numbers.length, isOpen };
}

function usedIn(code: string, what: 'KEYS' | 'ARGV'): readonly number[] {
  const direct = [...code.matchAll(new RegExp(`${what}\\[(\\d+)\\]`, 'g'))];
  const unpacked = [...code.matchAll(new RegExp(`unpack\\(${what}, (\\d+)\\)`, 'g'))];
  const loops = [...code.matchAll(new RegExp(`for \\w+ = (\\d+), #${what}`, 'g'))];
  const cursors = [...code.matchAll(/local argument = (\d+)/g)].filter(() => what === 'ARGV');
  return [...direct, ...unpacked, ...loops, ...cursors].map((match) => Number(match[1]));
}

/** What callers name in the port, where it is not the script's own name. */
const portMethods: Readonly<Partial<Record<ScriptName, readonly string[]>>> = {
  'operation-take': ['take'],
  'operation-write': ['create', 'edit'],
  admit: ['admit', 'admitGroup'],
  'batch-limit': ['limitBatch'],
  'delta-append': ['append'],
  'delta-read': ['read'],
  'rate-take': ['take'],
  'quality-import': ['countOutcomes'],
  'quality-judge': ['judge'],
  'due-hasten': ['hasten'],
  'escrow-book': ['changeBook'],
  'escrow-figures': ['readShard'],
  'escrow-part': ['changePart'],
  'escrow-teach': ['teach'],
  'lane-figures': ['readLane'],
  'lane-live': ['live', 'heartbeat'],
  'lane-stale': ['listStaleWindow'],
  'lane-waiting': ['listWaiting'],
  'record-write': ['write'],
  'money-audit': ['audit'],
  'money-repair': ['repair'],
  'shard-figures': ['readShard'],
  'terms-edit': ['edit', 'renewWindows'],
  'lane-break': ['setBreaker'],
  'lane-class': ['listClass'],
  'lane-keep': ['keepPlaces', 'releasePlaces'],
  'terms-figures': ['figures', 'edit', 'renewWindows'],
};

function methodsOf(name: string): readonly string[] {
  const own = Object.entries(portMethods).find(([script]) => script === name)?.[1];
  return own ?? [name.replace(/^(lane|permit|outbox|archive|endpoint|ledger|audit)-/, '')];
}

function sourceOf(fragment: string): string | undefined {
  return packages
    .map((name) => `${repositoryRoot}/packages/${name}/src/${fragment}.ts`)
    .find((path) => existsSync(path));
}

test('every script is registered, and every registered one exists', () => {
  expect(names.toSorted()).toEqual(Object.keys(scriptKeyCounts).toSorted());
});

describe.each(scripts)('the script $name', (script) => {
  test('has a whole header: what it is for, and each section once', () => {
    expect(script.header.description).toMatch(new RegExp(`^${script.name}: \\S.*\\.$`));
    for (const label of ['Called by', 'KEYS', 'ARGV', 'Returns', 'Repeated'] as const) {
      expect(sectionsOf(script, label), label).toHaveLength(1);
    }
    const order = script.header.sections.map(({ label }) => labels.indexOf(label));
    expect(order).toEqual(order.toSorted((left, right) => left - right));
  });

  test('names callers that exist and call it', () => {
    const callers = sectionsOf(script, 'Called by').join(' ').split(/, ?/);
    expect(callers.length).toBeGreaterThan(0);
    for (const caller of callers) {
      const path = sourceOf(caller);
      expect(path, caller).toBeDefined();
      const text = readFileSync(path ?? '', 'utf8');
      const calls = methodsOf(script.name).some((method) => text.includes(`.${method}(`));
      expect(calls, `${caller} calls ${methodsOf(script.name).join(' or ')}`).toBe(true);
    }
  });

  test('numbers its keys and arguments without a gap, as many keys as the registry says', () => {
    for (const label of ['KEYS', 'ARGV'] as const) {
      const { numbers, last } = listed(script, label);
      expect(numbers, label).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    }
    const count = Object.entries(scriptKeyCounts).find(([name]) => name === script.name)?.[1];
    expect(listed(script, 'KEYS').last).toBe(count);
    expect(listed(script, 'KEYS').isOpen).toBe(false);
  });

  test('uses no key or argument that its header does not list, and lists none in vain', () => {
    const shared = script.includes.flatMap(textsOf);
    for (const label of ['KEYS', 'ARGV'] as const) {
      const { last, numbers } = listed(script, label);
      const own = usedIn(script.code, label);
      expect(Math.max(0, ...own), label).toBeLessThanOrEqual(last);
      const all = new Set([...own, ...shared.flatMap((text) => usedIn(text, label))]);
      expect(
        numbers.filter((number) => !all.has(number)),
        `unused ${label}`,
      ).toEqual([]);
    }
  });

  test('lets no number of a job go through a conversion that loses digits', () => {
    if (!script.includes.includes('include/job')) return;
    expect(script.code).not.toMatch(/tostring\(|%d/);
  });
});

/** The text of an include and of those that it includes itself. */
function textsOf(path: string): readonly string[] {
  const text = readFileSync(`${folder}/${path}.lua`, 'utf8');
  const inner = [...text.matchAll(/^-- @include (\S+)$/gm)].flatMap((match) => match[1] ?? []);
  return [text, ...inner.flatMap(textsOf)];
}

test('the moves in the headers are the moves in the transition table', () => {
  const written = scripts.flatMap((script) =>
    sectionsOf(script, 'Moves')
      .flatMap((text) => text.split(', '))
      .filter((move) => move !== 'none')
      .map((move) => `${script.name}: ${move}`),
  );
  const known = jobMoves.map(({ from, to, by }) => `${by}: ${from ?? '-'} -> ${to}`);
  expect(written.toSorted()).toEqual(known.toSorted());
});

test('every script that can change a job says which moves it makes', () => {
  const silent = scripts.filter(
    (script) => script.includes.includes('include/job') && sectionsOf(script, 'Moves').length === 0,
  );
  expect(silent.map(({ name }) => name)).toEqual([]);
});
