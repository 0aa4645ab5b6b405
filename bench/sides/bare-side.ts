/**
 * Bare BullMQ: one process adds jobs in bulk, one runs a worker that calls the provider and
 * returns the answer, which BullMQ stores with the job. No record, no money, no routing, no
 * journal, no events.
 */

import type { StartSide } from './side.ts';
import { untilStored } from './until-stored.ts';

export const bareQueueName = 'bare';
const completedKey = `bull:${bareQueueName}:completed`;

export const startBareSide: StartSide = async (stage, { concurrency }) => {
  const start = (name: string, extra: readonly string[] = []) => {
    const args = [`bench/sides/${name}.ts`, stage.redis.url, ...extra] as const;
    return stage.launch({ name, args, env: {} });
  };
  const worker = start('bare-worker', [stage.providerUrl, String(concurrency)]);
  const producer = start('bare-producer');
  await Promise.all([worker.waitForOutput(/ready/), producer.waitForOutput(/ready/)]);
  let wanted = 0;
  return {
    async run(jobCount) {
      wanted += jobCount;
      await producer.ask({ jobCount });
      await untilStored(async () => (await stage.gauge.count('ZCARD', completedKey)) >= wanted);
    },
    async verify(jobCount) {
      const completed = await stage.gauge.count('ZCARD', completedKey);
      const [first] = await stage.gauge.list('ZRANGE', completedKey, '-1', '-1');
      const [answer] = await stage.gauge.list(
        'HMGET',
        `bull:${bareQueueName}:${first}`,
        'returnvalue',
      );
      if (completed !== jobCount || !answer?.includes('content')) {
        throw new Error(`${completed} of ${jobCount} jobs have their answer`);
      }
    },
  };
};
