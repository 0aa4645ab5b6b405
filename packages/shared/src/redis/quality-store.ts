/**
 * What people said of answers, and what those showed by themselves, in Redis: on the tenant's slot,
 * kept no longer than jobs are. The ledger's commit adds what was seen.
 */
import { limits } from '../domain/limits.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import { type TaskClass, taskClasses } from '../domain/task-class.ts';
import type { QualityStore } from '../ports/quality-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { saidField, seenMark, userName } from './quality-names.ts';
import { asList, asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { serverTimeMs } from './server-time.ts';

export interface QualityStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly clockOffsetMs: () => number;
}

export function createQualityStore(deps: QualityStoreDeps): QualityStore {
  const { client, scripts, keys } = deps;
  return {
    async judge({ tenant, id, user, score, comment, model, task }) {
      const { sums, users } = keys.quality(tenant);
      const reply = await scripts.run({
        script: 'quality-judge',
        keys: [`${keys.job(tenant, id).job}:judgements`, sums, users],
        args: [
          user === undefined ? '' : userName(user),
          score,
          comment ?? '',
          saidField(model, task),
          limits.judgementHalfLifeMs,
          limits.judgementKeepMs,
          limits.judgementsPerJobMax,
          limits.judgingUsersMax,
          limits.retentionMs,
        ],
      });
      const [kind, atMs] = asList(reply).map(asText);
      if (kind === 'full' || kind === 'missing') return { kind };
      return { kind: 'judged', atMs: Number(atMs) };
    },
    async sums(tenant, user) {
      const { sums, users } = keys.quality(tenant);
      const key = user === undefined ? sums : `${users}:${userName(user)}`;
      const [fields, nowMs] = await Promise.all([
        askStore(() => client.hgetall(key)),
        serverTimeMs(deps),
      ]);
      return readSums(fields, nowMs);
    },
  };
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Written by our scripts and by nobody else; a task of a later version is left out. */
function readSums(fields: Readonly<Record<string, string>>, nowMs: number): readonly QualitySum[] {
  const sums = new Map<string, Writable<QualitySum>>();
  for (const [field, text] of Object.entries(fields)) {
    const isSeen = field.startsWith(seenMark);
    const about = isSeen ? field.slice(seenMark.length) : field;
    const at = about.indexOf('|');
    const [taskText, model] = [about.slice(0, at), about.slice(at + 1)];
    const task: TaskClass | undefined = taskClasses.find((name) => name === taskText);
    if (task === undefined && taskText !== '') continue;
    const sum = sums.get(about) ?? { model, task, count: 0, scores: 0 };
    sums.set(about, sum);
    const halfLifeMs = isSeen ? limits.seenHalfLifeMs : limits.judgementHalfLifeMs;
    const [count, total] = fadedSum(text, nowMs, halfLifeMs);
    if (isSeen) sum.seen = { attempts: count, flaws: total };
    else [sum.count, sum.scores] = [count, total];
  }
  return [...sums.values()];
}

/** As `include/quality.lua` has it: a sum was last faded when it was written. */
function fadedSum(text: string, nowMs: number, halfLifeMs: number): [count: number, sum: number] {
  const [count = 0, sum = 0, atMs = nowMs] = text.split('|').map(Number);
  const left = 0.5 ** (Math.max(0, nowMs - atMs) / halfLifeMs);
  return [rounded(left * count), rounded(left * sum)];
}

/** To as many digits as are stored. */
function rounded(figure: number): number {
  return Math.round(figure * 1e6) / 1e6;
}
