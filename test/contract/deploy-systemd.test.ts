/** The systemd units agree with the code. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';
import {
  readText,
  sourceOfMain,
  stopSecondsMin,
  unknownVariables,
} from '../support/deployment-files.ts';

const units = ['forebay-api.service', 'forebay-worker@.service'];

function read(unit: string): ReadonlyMap<string, readonly string[]> {
  const entries = new Map<string, string[]>();
  for (const [, name = '', value = ''] of readText(`deploy/systemd/${unit}`).matchAll(
    /^(\w+)=(.*)$/gm,
  )) {
    entries.set(name, [...(entries.get(name) ?? []), value]);
  }
  return entries;
}

describe.each(units)('the unit %s', (unit) => {
  const entries = read(unit);

  test('starts a process that exists, as a user without rights, again and again', () => {
    const [command = ''] = entries.get('ExecStart') ?? [];
    expect(existsSync(`${repositoryRoot}/${sourceOfMain(command)}`)).toBe(true);
    expect(entries.get('User')).toEqual(['forebay']);
    expect(entries.get('NoNewPrivileges')).toEqual(['yes']);
    expect(entries.get('Restart')).toEqual(['always']);
  });

  test('gives it time to hand its jobs back', () => {
    expect(Number(entries.get('TimeoutStopSec')?.[0])).toBeGreaterThanOrEqual(stopSecondsMin);
  });

  test('sets only variables that somebody reads, and secrets only as files', () => {
    const names = (entries.get('Environment') ?? []).map((line) => line.split('=')[0] ?? '');
    // A provider's key has the name that the configuration gives it.
    expect(unknownVariables(names, ['OPENAI_API_KEY_FILE'])).toEqual([]);
    for (const line of entries.get('Environment') ?? []) {
      if (/PEPPER|SECRET|KEY/.test(line)) expect(line).toMatch(/_FILE=%d\/[a-z-]+$/);
    }
    const credentials = (entries.get('LoadCredential') ?? []).map((line) => line.split(':')[0]);
    const used = (entries.get('Environment') ?? []).flatMap((line) => /%d\/(.+)$/.exec(line)?.[1]);
    expect(used.filter((name) => name !== undefined)).toEqual(credentials);
  });
});

test('the settings that the units share are settings', () => {
  const names = [...readText('deploy/systemd/forebay.env').matchAll(/^(\w+)=/gm)].map(
    ([, name = '']) => name,
  );
  expect(unknownVariables(names, [])).toEqual([]);
});
