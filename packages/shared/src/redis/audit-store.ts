/** The audit log in Redis: one stream on a slot of its own; the number of a line is its id. */
import { type AuditHead, type AuditLine, chainLine, emptyLog } from '../domain/audit-line.ts';
import { ForebayError } from '../domain/forebay-error.ts';
import type { AuditPage, AuditStore } from '../ports/audit-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { serverTimeMs } from './server-time.ts';

export interface AuditStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: Pick<StoreKeys, 'audit'>;
  readonly clockOffsetMs: () => number;
}

/** Each loser of a race knows the head that the winner made, so few tries are ever needed. */
const appendTriesMax = 64;

export function createAuditStore(deps: AuditStoreDeps): AuditStore {
  const { client, scripts, keys } = deps;
  return {
    async append(entry) {
      const atMs = await askStore(() => serverTimeMs(deps));
      let head = await readHead(deps);
      for (let tries = 0; tries < appendTriesMax; tries += 1) {
        const line = chainLine(head, { ...entry, atMs });
        const moved = await appendLine(scripts, keys.audit, { head, line });
        if (moved === undefined) return line;
        head = moved;
      }
      throw new ForebayError('store_unavailable', 'The audit log is too busy. Try again.');
    },
    async listNewest(below, limit) {
      const from = below === undefined ? '+' : `(${below}-0`;
      return pageOf(
        await askStore(() => client.xrevrange(keys.audit, from, '-', 'COUNT', limit + 1)),
        limit,
      );
    },
    async listAfter(after, limit) {
      return pageOf(
        await askStore(() => client.xrange(keys.audit, `(${after}-0`, '+', 'COUNT', limit + 1)),
        limit,
      );
    },
  };
}

type StreamEntry = [id: string, fields: string[]];

async function readHead({ client, keys }: AuditStoreDeps): Promise<AuditHead> {
  const [newest] = await askStore(() => client.xrevrange(keys.audit, '+', '-', 'COUNT', 1));
  if (newest === undefined) return emptyLog;
  const [id, [, hash = '']] = newest;
  return { number: Number.parseInt(id, 10), hash };
}

/** @returns the head that the log has meanwhile, if the line did not fit. */
async function appendLine(
  scripts: ScriptRunner,
  key: string,
  { head, line }: { readonly head: AuditHead; readonly line: AuditLine },
): Promise<AuditHead | undefined> {
  const reply = await scripts.run({
    script: 'audit-append',
    keys: [key],
    args: [line.number, head.number === 0 ? '' : head.hash, line.hash, line.text],
  });
  const [kind, number, hash = ''] = asList(reply).map(asText);
  if (kind === 'appended') return undefined;
  return Number(number) === 0 ? emptyLog : { number: Number(number), hash };
}

/** One entry more than is wanted tells whether anything follows. */
function pageOf(entries: readonly StreamEntry[], limit: number): AuditPage {
  const shown = entries.slice(0, limit);
  const last = shown.at(-1);
  return {
    lines: shown.map(([, [, , , line = '']]) => line),
    goesOnAt:
      last === undefined || entries.length <= limit ? undefined : Number.parseInt(last[0], 10),
  };
}
