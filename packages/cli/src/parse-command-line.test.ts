import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './parse-command-line.ts';

const defaults = { once: false, tour: true, configFile: undefined };

describe('parseCommandLine', () => {
  test('starts with the tour when nothing is given', () => {
    expect(parseCommandLine([])).toEqual({ kind: 'start', options: defaults });
    expect(parseCommandLine(['start'])).toEqual({ kind: 'start', options: defaults });
  });

  test('takes the flags', () => {
    expect(parseCommandLine(['start', '--once'])).toEqual({
      kind: 'start',
      options: { ...defaults, once: true },
    });
    expect(parseCommandLine(['start', '--no-tour'])).toEqual({
      kind: 'start',
      options: { ...defaults, tour: false },
    });
    expect(parseCommandLine(['start', '--config', 'my.yaml'])).toEqual({
      kind: 'start',
      options: { once: false, tour: false, configFile: 'my.yaml' },
    });
  });

  test.each([
    [['start', '--onse'], /--onse/],
    [['serve'], /"serve"/],
    [['start', 'now'], /"now"/],
    [['start', '--config'], /--config/],
    [['start', '--once', '--no-tour'], /--once/],
    [['start', '--once', '--config', 'a.yaml'], /--once/],
    [['start', '--tenant', 'acme'], /--tenant/],
    [['key'], /create/],
    [['key', 'delete', '--tenant', 'acme'], /create/],
    [['key', 'create'], /--tenant/],
    [['key', 'create', '--tenant', 'Acme Inc'], /lower-case/],
    [['key', 'create', '--tenant', 'acme', '--once'], /--once/],
  ])('refuses %j', (args, message) => {
    expect(parseCommandLine(args)).toEqual({
      kind: 'wrong',
      message: expect.stringMatching(message),
    });
  });

  test('takes a tenant for a new key', () => {
    expect(parseCommandLine(['key', 'create', '--tenant', 'acme'])).toEqual({
      kind: 'key-create',
      tenant: 'acme',
    });
  });

  test('shows help and version whatever else is there', () => {
    expect(parseCommandLine(['start', '--help', '--once'])).toEqual({ kind: 'help' });
    expect(parseCommandLine(['--version'])).toEqual({ kind: 'version' });
  });
});
