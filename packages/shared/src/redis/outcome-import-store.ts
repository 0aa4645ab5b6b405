/** Files of outcomes that were counted, in Redis: beside the sums that they were counted into. */
import { ForebayError } from '../domain/forebay-error.ts';
import { limits } from '../domain/limits.ts';
import type { OutcomeFile } from '../domain/outcome-file.ts';
import type { OutcomeImportStore } from '../ports/outcome-import-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { saidField } from './quality-names.ts';
import { asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';

export interface OutcomeImportStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createOutcomeImportStore(deps: OutcomeImportStoreDeps): OutcomeImportStore {
  const { client, scripts, keys } = deps;
  return {
    async countOutcomes({ tenant, file, sums }) {
      const { sums: key, files } = keys.quality(tenant);
      const reply = await scripts.run({
        script: 'quality-import',
        keys: [key, files],
        args: [
          limits.judgementHalfLifeMs,
          limits.judgementKeepMs,
          nameOf(file),
          limits.outcomeFilesMax,
          ...sums.flatMap(({ model, task, count, scores }) => [
            saidField(model, task),
            count,
            scores,
          ]),
        ],
      });
      return Number(asText(reply));
    },
    async listFiles(tenant) {
      const { files } = keys.quality(tenant);
      const names = await askStore(() => client.zrange(files, '0', '-1'));
      return names.map(fileOf);
    },
  };
}

function nameOf({ lines, digest }: OutcomeFile): string {
  return `${lines}|${digest}`;
}

/** Written by `quality-import` and by nobody else. */
function fileOf(name: string): OutcomeFile {
  const [, lines, digest] = /^(\d+)\|([0-9a-f]+)$/.exec(name) ?? [];
  if (lines === undefined || digest === undefined) {
    throw new ForebayError('internal', 'A counted file of outcomes has no name that can be read.');
  }
  return { lines: Number(lines), digest };
}
