/** Operations in Redis: a record each, and who works on which, on a slot of their own. */
import { ForebayError } from '../domain/forebay-error.ts';
import { newToken } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { type Operation, type OperationId, parseOperationId } from '../domain/operation.ts';
import type { OperationStore } from '../ports/operation-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';

export interface OperationStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: Pick<StoreKeys, 'operations'>;
}

/** Its runner and a person who cancels it are all who write one. */
const editTriesMax = 20;

export function createOperationStore(deps: OperationStoreDeps): OperationStore {
  const { client, scripts, keys } = deps;
  const read = async (id: OperationId): Promise<Operation | undefined> => {
    const text = await askStore(() => client.hget(keys.operations.one(id), 'json'));
    return text === null ? undefined : decodeOperation(text);
  };
  return {
    read,
    async create(operation) {
      const written = await write(deps, operation, { seen: '', hold: 0 });
      return written === 'written' ? 'created' : 'full';
    },
    async list(limit) {
      const ids = await askStore(() => client.zrevrange(keys.operations.all, 0, limit - 1));
      const known = ids.flatMap((text) => parseOperationId(text) ?? []);
      const found = await Promise.all(known.map(read));
      return found.filter((operation) => operation !== undefined);
    },
    async edit(id, edit, holdMs) {
      for (let tries = 0; tries < editTriesMax; tries += 1) {
        const seen = await read(id);
        const changed = seen === undefined ? undefined : edit(seen);
        if (seen === undefined || changed === undefined) return seen;
        const next = { ...changed, version: seen.version + 1 };
        const hold = next.state === 'running' ? (holdMs ?? '') : 'over';
        if ((await write(deps, next, { seen: seen.version, hold })) === 'written') return next;
      }
      throw new ForebayError('store_unavailable', 'Others change the operation all the time.');
    },
    async take(holdMs) {
      const id = await scripts.run({
        script: 'operation-take',
        keys: [keys.operations.open],
        args: [holdMs],
      });
      return parseOperationId(asText(id));
    },
  };
}

async function write(
  { scripts, keys }: OperationStoreDeps,
  operation: Operation,
  { seen, hold }: { readonly seen: number | ''; readonly hold: number | '' | 'over' },
): Promise<string> {
  const { id, version, createdAtMs } = operation;
  const reply = await scripts.run({
    script: 'operation-write',
    keys: [keys.operations.one(id), keys.operations.all, keys.operations.open],
    args: [
      id,
      seen,
      version,
      encodeOperation(operation),
      createdAtMs,
      hold,
      limits.operationsOpenMax,
      limits.operationKeptMs,
    ],
  });
  return asText(reply);
}

const operationSchema = 1;

interface Stored extends Operation {
  readonly schema: number;
  /** Tells a write from an equal one of somebody else; a write that is sent again keeps it. */
  readonly mark: string;
}

function encodeOperation(operation: Operation): string {
  const stored: Stored = { schema: operationSchema, mark: newToken('write'), ...operation };
  return JSON.stringify(stored);
}

function decodeOperation(text: string): Operation {
  // Written by `encodeOperation` and by nobody else; the schema says of which version. Members
  // that are `undefined` are absent, which reads the same.
  const { schema, mark: _mark, ...operation } = JSON.parse(text) as Stored;
  if (schema === operationSchema) return operation;
  throw new ForebayError('internal', `This server cannot read an operation of schema ${schema}.`);
}
