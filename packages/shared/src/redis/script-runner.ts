/**
 * Runs the Lua scripts: loads each once, calls it by digest.
 *
 * A script that the server has forgotten (restart, failover) is sent whole once. Failures of the
 * connection or the server's condition become `store_unavailable`; an error that a script itself
 * raised is a mistake of ours and stays what it is.
 */
import { createHash } from 'node:crypto';
import { ForebayError } from '../domain/forebay-error.ts';
import type { RedisClient } from './connection.ts';
import { expandScript } from './expand-script.ts';
import { type ScriptName, scriptKeyCounts } from './script-registry.ts';

export type ScriptArgument = string | number | Uint8Array;

export interface ScriptCall {
  readonly script: ScriptName;
  readonly keys: readonly string[];
  /** After the clock offset, which the runner puts first. */
  readonly args: readonly ScriptArgument[];
}

export interface ScriptRunner {
  /** The raw reply: numbers, buffers and lists of them. */
  run(call: ScriptCall): Promise<unknown>;
}

export interface ScriptRunnerOptions {
  readonly client: RedisClient;
  /** Milliseconds added to the server's clock; only property tests give anything but 0. */
  readonly clockOffsetMs: () => number;
}

interface LoadedScript {
  readonly source: string;
  readonly digest: string;
}

export function createScriptRunner(options: ScriptRunnerOptions): ScriptRunner {
  const { client, clockOffsetMs } = options;
  return {
    async run(call) {
      const loaded = loadScript(call.script);
      if (call.keys.length !== scriptKeyCounts[call.script]) {
        throw new Error(`${call.script}.lua takes ${scriptKeyCounts[call.script]} keys`);
      }
      const rest = [
        call.keys.length,
        ...call.keys,
        clockOffsetMs(),
        ...call.args.map((argument) =>
          argument instanceof Uint8Array ? asBuffer(argument) : argument,
        ),
      ];
      try {
        return await client.callBuffer('EVALSHA', [loaded.digest, ...rest]);
      } catch (error) {
        if (isReply(error, 'NOSCRIPT')) return evaluate(client, loaded, rest);
        throw asStoreError(error);
      }
    },
  };
}

async function evaluate(
  client: RedisClient,
  loaded: LoadedScript,
  rest: (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await client.callBuffer('EVAL', [loaded.source, ...rest]);
  } catch (error) {
    throw asStoreError(error);
  }
}

const loadedScripts = new Map<ScriptName, LoadedScript>();

/** The whole text of a script, and the digest that the server knows it by. */
export function loadScript(name: ScriptName): LoadedScript {
  const known = loadedScripts.get(name);
  if (known !== undefined) return known;
  const source = expandScript(name);
  const loaded = { source, digest: createHash('sha1').update(source).digest('hex') };
  loadedScripts.set(name, loaded);
  return loaded;
}

const serverConditions = [
  'LOADING',
  'OOM',
  'MISCONF',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'BUSY',
  'NOREPLICAS',
];

/** Asks the store something that is no script. @throws ForebayError as {@link asStoreError}. */
export async function askStore<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asStoreError(error);
  }
}

/** Turns what ioredis throws into our error, unless a script of ours raised it. */
export function asStoreError(error: unknown): unknown {
  if (ForebayError.is(error)) return error;
  const isReplyError = error instanceof Error && error.name === 'ReplyError';
  if (isReplyError && !serverConditions.some((condition) => isReply(error, condition))) {
    return error;
  }
  return new ForebayError(
    'store_unavailable',
    'The store did not answer, so it is unknown whether the call took effect. Try again; a ' +
      'submission with the same Idempotency-Key cannot make a second job.',
    { cause: error, retryAfterSeconds: 1 },
  );
}

function isReply(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(code);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
