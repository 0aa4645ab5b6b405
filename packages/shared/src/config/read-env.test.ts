import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { type EnvVariable, envVariables } from './env-variables.ts';
import { type EnvSource, type ForebayEnv, readEnv } from './read-env.ts';

const folder = mkdtempSync(join(tmpdir(), 'forebay-env-'));

afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, 0o600);
  return path;
}

function envOf(source: EnvSource): ForebayEnv {
  const result = readEnv(source);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.env;
}

const messagesOf = (source: EnvSource): readonly string[] => {
  const result = readEnv(source);
  return result.kind === 'invalid' ? result.problems.map(({ message }) => message) : [];
};

const pepper = 'p'.repeat(32);

describe('readEnv', () => {
  test('fills in every default and leaves secrets unset', () => {
    expect(envOf({})).toMatchObject({
      redisUrl: 'redis://127.0.0.1:6379',
      host: '127.0.0.1',
      port: 8080,
      namespace: 'fb',
      mode: 'production',
      roles: ['pool', 'dispatcher', 'webhooks'],
      adminUser: 'admin',
      keyPepper: undefined,
      webhookSecret: undefined,
      leaseMs: 15_000,
      leaseRenewalMs: 5_000,
      sweepIntervalMs: 1_000,
      ticketCheckMs: 10_000,
      allowLoopbackWebhooks: false,
      crashAt: undefined,
    });
    expect(envOf({}).workerName).toMatch(/^[A-Za-z0-9._-]{1,100}$/);
  });

  test('reads what is set, real booleans and numbers included', () => {
    const env = envOf({
      FOREBAY_MODE: 'test',
      PORT: '0',
      FOREBAY_ROLES: 'webhooks, pool',
      FOREBAY_ALLOW_LOOPBACK_WEBHOOKS: 'true',
      FOREBAY_LEASE_MS: '900',
      FOREBAY_CRASH_AT: 'worker.after-claim:3',
    });
    expect(env).toMatchObject({
      port: 0,
      roles: ['pool', 'webhooks'],
      allowLoopbackWebhooks: true,
      leaseMs: 900,
      leaseRenewalMs: 300,
      crashAt: { point: 'worker.after-claim', nth: 3 },
    });
    expect(Object.isFrozen(env)).toBe(true);
  });

  test('reads the public URL without a slash at its end', () => {
    expect(envOf({}).publicUrl).toBeUndefined();
    expect(envOf({ FOREBAY_PUBLIC_URL: 'https://jobs.example.com/' }).publicUrl).toBe(
      'https://jobs.example.com',
    );
    expect(envOf({ FOREBAY_PUBLIC_URL: 'http://10.0.0.1:8080/a/' }).publicUrl).toBe(
      'http://10.0.0.1:8080/a',
    );
    for (const wrong of ['jobs.example.com', 'ftp://a/', 'https://u:p@a/', 'https://a/?b=c']) {
      expect(readEnv({ FOREBAY_PUBLIC_URL: wrong }).kind).toBe('invalid');
    }
  });

  test('takes keys for certificates only of the one kind that signs them', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const env = envOf({
      FOREBAY_SIGNING_KEY: privatePem,
      FOREBAY_OLD_SIGNING_KEYS: `${publicPem}\n${publicPem}`,
    });
    expect(env.signingKey?.reveal()).toBe(privatePem);
    expect(env.oldSigningKeys).toEqual([publicPem.trim(), publicPem.trim()]);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const otherPem = other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const wrong of ['key', publicPem, otherPem]) {
      expect(readEnv({ FOREBAY_SIGNING_KEY: wrong }).kind).toBe('invalid');
    }
    for (const wrong of ['keys', privatePem, `${publicPem}x`]) {
      expect(readEnv({ FOREBAY_OLD_SIGNING_KEYS: wrong }).kind).toBe('invalid');
    }
  });

  test('takes an empty variable for one that is not set', () => {
    expect(envOf({ PORT: '', FOREBAY_KEY_PEPPER: '', FOREBAY_LEASE_MS: '' }).port).toBe(8080);
  });

  test('reports every problem at once, with expectation and value', () => {
    const source = { PORT: '70000', LOG_LEVEL: 'loud', FOREBAY_ROLES: 'pool,cook' };
    expect(messagesOf(source)).toEqual([
      'PORT: expected a whole number from 0 to 65535, got "70000"',
      expect.stringMatching(/^FOREBAY_ROLES: expected some of pool, .*, got "pool,cook"$/),
      'LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, silent, got "loud"',
    ]);
  });

  test('never shows a secret, not even a wrong one', () => {
    const secret = 'hunter2';
    const source = {
      FOREBAY_KEY_PEPPER: secret,
      FOREBAY_WEBHOOK_SECRET: secret,
      FOREBAY_ADMIN_KEY: secret,
      REDIS_URL: `http://:${secret}@redis`,
    };
    const messages = messagesOf(source);
    expect(messages).toHaveLength(4);
    expect(messages.join()).not.toContain(secret);
    const env = envOf({ FOREBAY_KEY_PEPPER: pepper });
    expect(inspect(env, { depth: 9 }) + JSON.stringify(env)).not.toContain(pepper);
    expect(env.keyPepper?.reveal()).toBe(pepper);
  });

  test.each(['FOREBAY_LEASE_MS', 'FOREBAY_SWEEP_MS', 'FOREBAY_TICKET_CHECK_MS'])(
    'refuses %s in production',
    (name) => {
      expect(messagesOf({ [name]: '1000' })).toEqual([
        expect.stringContaining(`${name}: expected`),
      ]);
      expect(readEnv({ [name]: '1000', FOREBAY_MODE: 'local' }).kind).toBe('ok');
    },
  );

  test('refuses crash points and loopback webhooks in production', () => {
    const source = {
      FOREBAY_CRASH_AT: 'worker.after-claim',
      FOREBAY_ALLOW_LOOPBACK_WEBHOOKS: 'true',
    };
    expect(messagesOf(source)).toHaveLength(2);
    expect(readEnv({ ...source, FOREBAY_MODE: 'test' }).kind).toBe('ok');
  });
});

describe('secrets in files', () => {
  test('are read without the line break at the end', () => {
    const path = fileWith('pepper', `${pepper}\n`);
    expect(envOf({ FOREBAY_KEY_PEPPER_FILE: path }).keyPepper?.reveal()).toBe(pepper);
  });

  test('are refused when the file is missing or the variable is set as well', () => {
    const path = join(folder, 'none');
    expect(messagesOf({ FOREBAY_ADMIN_KEY_FILE: path })).toEqual([
      expect.stringContaining(`FOREBAY_ADMIN_KEY_FILE=${path}, which cannot be read`),
    ]);
    const both = { FOREBAY_ADMIN_KEY: 'a'.repeat(16), FOREBAY_ADMIN_KEY_FILE: path };
    expect(messagesOf(both)).toEqual([expect.stringContaining('set one of them')]);
  });
});

describe('keys of providers', () => {
  test('come from their variable or its file', () => {
    const path = fileWith('key', 'from-file\n');
    const env = envOf({ A_KEY: 'from-env', B_KEY_FILE: path });
    expect(env.providerKey('A_KEY')?.reveal()).toBe('from-env');
    expect(env.providerKey('B_KEY')?.reveal()).toBe('from-file');
    expect(env.providerKey('C_KEY')).toBeUndefined();
  });

  test('throw when their file cannot be read', () => {
    const env = envOf({ A_KEY_FILE: join(folder, 'none') });
    expect(() => env.providerKey('A_KEY')).toThrow(/A_KEY/);
  });
});

describe('lookup for the configuration', () => {
  test('gives variables out, but none of our own secrets', () => {
    const env = envOf({ SIM_URL: 'http://127.0.0.1:1', FOREBAY_KEY_PEPPER: pepper });
    expect(env.lookup('SIM_URL')).toBe('http://127.0.0.1:1');
    expect(env.lookup('FOREBAY_KEY_PEPPER')).toBeUndefined();
    expect(env.lookup('REDIS_URL')).toBeUndefined();
  });
});

describe('the table of variables', () => {
  const rows = Object.values<EnvVariable<unknown>>(envVariables);

  test('has unique names, and defaults that are right themselves', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { fallback, name, parse } of rows) {
      if (fallback !== undefined) expect(parse(fallback), name).toBeDefined();
    }
  });

  test('has no default for a secret but the address of the store', () => {
    const secrets = rows.filter((row) => row.secret && row.fallback !== undefined);
    expect(secrets.map(({ name }) => name)).toEqual(['REDIS_URL']);
  });
});
