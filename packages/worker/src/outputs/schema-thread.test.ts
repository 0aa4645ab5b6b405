import type { TenantId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import { type Clock, systemClock } from '@forebay/shared/runtime/clock';
import { afterAll, expect, test } from 'vitest';
import { createSchemaChecker } from './schema-checker.ts';
import { createSchemaThread } from './schema-thread.ts';

// A literal of the form that ids have.
const tenantOf = (name: string) => name as TenantId;
const tenant = tenantOf('acme');
// What is checked here must not depend on how busy the machine is.
const checker = createSchemaChecker({ clock: systemClock, checkMs: 10_000 });
const hasty = createSchemaChecker({ clock: systemClock, checkMs: 400, lateCheckMs: 1_200 });
const check = (schema: JsonObject, text: string) => checker.check({ tenant, schema, text });
afterAll(async () => {
  await checker.close();
  await hasty.close();
});

const person: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    tags: { type: 'array', items: { $ref: '#/$defs/tag' } },
  },
  required: ['name'],
  additionalProperties: false,
  $defs: { tag: { type: 'string', maxLength: 3 } },
};

test.each([
  [person, '{"name": "Ada"}', undefined],
  [person, '{"name": "Ada", "tags": ["a", "b"]}', undefined],
  [person, '{}', "$ must have required property 'name'"],
  [person, '{"name": 5}', '$.name must be string'],
  [
    person,
    '{"name": "x", "tags": ["ok", "secret"]}',
    '$.tags.1 must NOT have more than 3 characters',
  ],
  [person, '{"name": "x", "secret": 1}', '$ must NOT have additional properties'],
  [person, '[]', '$ must be object'],
  [person, '{"name": "cut', 'it is no JSON'],
  [person, '', 'it is no JSON'],
  [{ additionalProperties: { type: 'number' } }, '{"secret": "x"}', '$.* must be number'],
  [{ items: { minimum: 2 } }, '[2, 1]', '$.1 must be >= 2'],
  [{ pattern: '^[\\w-.]+$' }, '"a-b.c"', undefined],
  // What a list of items means differs between the drafts.
  [{ prefixItems: [{ type: 'number' }] }, '["x"]', '$.0 must be number'],
  [
    { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'number' }] },
    '["x"]',
    '$.0 must be number',
  ],
  [{ $ref: '#/$defs/none' }, '1', 'its schema cannot be compiled'],
  [{ $ref: '#' }, '1', 'it could not be checked'],
  [{ id: 'x', $id: 'y', type: 'number' }, '1', undefined],
  // The validator of such a schema would answer with a promise, and die of it when it misses.
  [{ $async: true, type: 'string' }, '1', 'its schema cannot be compiled'],
  [{ $async: true, type: 'string' }, '"a"', 'its schema cannot be compiled'],
  [{ $ref: '#/$defs/a', $defs: { a: { $async: true } } }, '1', 'its schema cannot be compiled'],
  // A number is a place in a list, or a key of the answer.
  [{ additionalProperties: { items: { minimum: 2 } } }, '{"4711": [2, 1]}', '$.*.1 must be >= 2'],
] as const)('%j and %s', async (schema, text, miss) => {
  expect(await check(schema, text)).toBe(miss);
});

const evil = { pattern: '^(a+)+$' };
const endless = JSON.stringify(`${'a'.repeat(40)}!`);

test('a pattern that takes for ever holds up nobody, and is not tried for ever', async () => {
  const ends: string[] = [];
  const run = async (name: string, text: string) => {
    const task = { tenant: tenantOf(name), schema: evil, text };
    const miss = await hasty.check(task);
    ends.push(name);
    return miss;
  };
  const [bad, good] = await Promise.all([run('bad', endless), run('good', '"aaa"')]);
  expect([bad, good]).toEqual(['it took too long to check', undefined]);
  expect(ends).toEqual(['good', 'bad']);
  expect(await run('bad', '"aaa"')).toBe('its schema could not be checked a moment ago');
  expect(await run('good', '"aaa"')).toBeUndefined();
});

test('checks behind one that is late wait for the second thread, however many', async () => {
  const several = createSchemaChecker({ clock: systemClock, checkMs: 300, lateCheckMs: 600 });
  const texts = [endless, ...Array.from({ length: 24 }, () => '"aaa"')];
  const run = (schema: JsonObject) => (text: string) => several.check({ tenant, schema, text });
  // Only what was late itself is a miss: the others have a schema of their own.
  await run(evil)(endless);
  const good = await Promise.all(texts.map(run({ type: 'string' })));
  expect(good.filter((miss) => miss !== undefined)).toEqual([]);
  // Those with the schema that was given up know of it when their turn comes.
  const other = { ...evil, type: 'string' };
  const bad = await Promise.all(texts.map(run(other)));
  await several.close();
  expect(bad[0]).toBe('it took too long to check');
  expect(new Set(bad.slice(1))).toEqual(new Set(['its schema could not be checked a moment ago']));
});

test('a check that was late once is tried again before it is a miss', async () => {
  // The limits as they are asked for, of compiling and of checking in turn: some run out at once.
  const cuts: (number | undefined)[] = [];
  const clock: Clock = {
    ...systemClock,
    schedule: (ms, run) => systemClock.schedule(cuts.shift() ?? ms, run),
  };
  const patient = createSchemaChecker({ clock, checkMs: 20_000, lateCheckMs: 20_000 });
  const slow = JSON.stringify(`${'a'.repeat(20)}!`);
  const miss = `$ must match pattern "${evil.pattern}"`;
  // In the first thread, then in the second: to its tenant's next check the latter is the first.
  for (const _ of ['first', 'second']) {
    cuts.push(undefined, 0);
    expect(await patient.check({ tenant, schema: evil, text: slow })).toBe(miss);
    expect(cuts).toEqual([]);
  }
  await patient.close();
});

test('tenants take turns', async () => {
  const limits = { compileMs: 5_000, checkMs: 5_000 };
  const thread = createSchemaThread({ clock: systemClock, ...limits });
  const ends: string[] = [];
  const run = async (name: string) => {
    const task = { tenant: tenantOf(name), schema: {}, text: '1' };
    const { miss } = await thread.check(task);
    ends.push(miss ?? name);
  };
  await Promise.all(['a', 'a', 'a', 'a', 'a', 'b'].map(run));
  await thread.close();
  expect(ends).toEqual(['a', 'a', 'b', 'a', 'a', 'a']);
});

test('many checks at once are all answered, each for itself', async () => {
  const texts = Array.from({ length: 50 }, (_, index) => String(index));
  const misses = await Promise.all(texts.map((text) => check({ maximum: 24 }, text)));
  expect(misses.filter((miss) => miss === undefined)).toHaveLength(25);
});

test('a schema of the largest size that is let in can be compiled', async () => {
  const names = Array.from({ length: 1_300 }, (_, index) => `p${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const schema = { type: 'object', properties, required: names };
  const whole = Object.fromEntries(names.map((name) => [name, '']));
  expect(await check(schema, JSON.stringify(whole))).toBeUndefined();
});
