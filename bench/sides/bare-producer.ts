/** A program: adds jobs to BullMQ in bulk whenever it is asked to. */
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { bareQueueName } from './bare-side.ts';
import { sampleMessages } from './sample-job.ts';

const [redisUrl = ''] = process.argv.slice(2);
const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
const queue = new Queue(bareQueueName, { connection });
const jobsPerCall = 1_000;
let next = 0;

async function add(jobCount: number): Promise<void> {
  for (let left = jobCount; left > 0; left -= jobsPerCall) {
    const jobs = Array.from({ length: Math.min(left, jobsPerCall) }, () => {
      next += 1;
      return { name: 'job', data: { messages: sampleMessages(next) } };
    });
    await queue.addBulk(jobs);
  }
}

process.on('message', (message: { readonly jobCount: number }) => {
  void add(message.jobCount).then(() => process.send?.({ added: message.jobCount }));
});
process.once('SIGTERM', () => process.exit(0));
await queue.waitUntilReady();
process.stdout.write('ready\n');
