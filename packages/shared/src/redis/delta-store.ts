/** The text of running answers in Redis: a capped stream per job, beside its record. */
import { splitEventId } from '../domain/event-id.ts';
import { limits } from '../domain/limits.ts';
import type { DeltaStore, StoredDelta } from '../ports/delta-store.ts';
import { noDeltas, parseDeltaMarks, parseEntryId } from './delta-marks.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';

export interface DeltaStoreDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createDeltaStore({ scripts, keys }: DeltaStoreDeps): DeltaStore {
  return {
    async append(batch) {
      const k = keys.job(batch.tenant, batch.id);
      const reply = await scripts.run({
        script: 'delta-append',
        keys: [k.job, k.deltas],
        args: [
          keys.deltas,
          batch.fence,
          batch.batch,
          batch.isLast ? '1' : '0',
          limits.deltaRetentionMs,
          limits.deltasKeptMax,
          ...batch.pieces,
        ],
      });
      return asText(reply) === 'appended' ? 'appended' : 'refused';
    },
    async read(request) {
      const k = keys.job(request.tenant, request.id);
      const after = splitEventId(request.afterId);
      const reply = asList(
        await scripts.run({
          script: 'delta-read',
          keys: [k.job, k.deltas],
          args: [request.version, `${after.version}-${after.number}`, request.limit],
        }),
      );
      const kind = asText(reply[0]);
      if (kind === 'changed' || kind === 'missing') return { kind };
      const marks = asText(reply[1]);
      return {
        kind: 'read',
        marks: marks === '' ? noDeltas : (parseDeltaMarks(marks) ?? unexpected()),
        deltas: asList(reply[2]).map(readEntry),
      };
    },
  };
}

/** An entry is its id and a flat list of its fields, always in the order in which we write them. */
function readEntry(entry: unknown): StoredDelta {
  const [idText, fields] = asList(entry);
  const [, attempt, , sealed] = asList(fields);
  const id = parseEntryId(asText(idText));
  if (id === undefined || !Buffer.isBuffer(sealed)) return unexpected();
  return { id, attempt: Number(asText(attempt)), sealed };
}

function unexpected(): never {
  throw new Error('the stream of a job holds something that delta-append did not write');
}
