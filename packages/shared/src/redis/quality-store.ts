/** What people said of answers, in Redis: on the tenant's slot, kept no longer than jobs are. */
import { createHash } from 'node:crypto';
import { limits } from '../domain/limits.ts';
import type { QualitySum } from '../domain/quality-sum.ts';
import { type TaskClass, taskClasses } from '../domain/task-class.ts';
import type { QualityStore } from '../ports/quality-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';

export interface QualityStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createQualityStore({ client, scripts, keys }: QualityStoreDeps): QualityStore {
  return {
    async judge({ tenant, id, user, score, comment, model, task }) {
      const { sums, users } = keys.quality(tenant);
      const reply = await scripts.run({
        script: 'quality-judge',
        keys: [`${keys.job(tenant, id).job}:judgements`, sums, users],
        args: [
          user === undefined ? '' : nameOf(user),
          score,
          comment ?? '',
          `${task ?? ''}|${model}`,
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
      const key = user === undefined ? sums : `${users}:${nameOf(user)}`;
      const fields = await askStore(() => client.hgetall(key));
      return Object.entries(fields).flatMap(([field, text]) => readSum(field, text));
    },
  };
}

/** Users have names of any length and content; a key needs only to tell them apart. */
function nameOf(user: string): string {
  return createHash('sha256').update(user).digest('base64url').slice(0, 22);
}

/** Written by `quality-judge` and by nobody else; a task of a later version is left out. */
function readSum(field: string, text: string): readonly QualitySum[] {
  const at = field.indexOf('|');
  const [taskText, model] = [field.slice(0, at), field.slice(at + 1)];
  const [count = 0, scores = 0] = text.split('|').map(Number);
  const task: TaskClass | undefined = taskClasses.find((name) => name === taskText);
  if (task === undefined && taskText !== '') return [];
  return [{ model, task, count, scores }];
}
