/** Files of outcomes that were counted, in Redis: beside the sums that they were counted into. */
import { ForebayError } from '../domain/forebay-error.ts';
import { limits } from '../domain/limits.ts';
import type { CountedFile } from '../domain/outcome-file.ts';
import type { OutcomeImportStore } from '../ports/outcome-import-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { saidField } from './quality-names.ts';
import { asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { serverTimeMs } from './server-time.ts';

export interface OutcomeImportStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly clockOffsetMs: () => number;
}

export function createOutcomeImportStore(deps: OutcomeImportStoreDeps): OutcomeImportStore {
  const { client, scripts, keys } = deps;
  return {
    async countOutcomes({ tenant, file, newest, sums }) {
      const { sums: key, files } = keys.quality(tenant);
      const reply = await scripts.run({
        script: 'quality-import',
        keys: [key, files],
        args: [
          limits.judgementHalfLifeMs,
          limits.judgementKeepMs,
          nameOf(file),
          limits.outcomeFilesMax,
          newest === undefined ? '' : `${newest.lines}|${newest.digest}`,
          ...sums.flatMap(({ model, task, count, scores }) => [
            saidField(model, task),
            count,
            scores,
          ]),
        ],
      });
      const countedMs = asText(reply);
      return countedMs === '' ? undefined : Number(countedMs);
    },
    async listFiles(tenant) {
      const { files } = keys.quality(tenant);
      const [entries, nowMs] = await Promise.all([
        askStore(() => client.zrange(files, '0', '-1', 'WITHSCORES')),
        serverTimeMs(deps),
      ]);
      return entries.flatMap((name, at) =>
        at % 2 === 0 ? [fileOf(name, nowMs - Number(entries[at + 1]))] : [],
      );
    },
  };
}

function nameOf({ lines, digest, weight }: Omit<CountedFile, 'share'>): string {
  return `${lines}|${digest}|${weight}`;
}

/** Written by `quality-import` and by nobody else; earlier versions told no weight. */
function fileOf(name: string, ageMs: number): CountedFile {
  const [, lines, digest, weight] = /^(\d+)\|([0-9a-f]+)(?:\|([\d.e-]+))?$/.exec(name) ?? [];
  if (lines === undefined || digest === undefined) {
    throw new ForebayError('internal', 'A counted file of outcomes has no name that can be read.');
  }
  const share = 0.5 ** (Math.max(0, ageMs) / limits.judgementHalfLifeMs);
  return { lines: Number(lines), digest, weight: Number(weight ?? '1'), share };
}
