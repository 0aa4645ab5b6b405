/**
 * A process that appends to an answer journal until it is killed. It prints `synced <id>` for
 * each entry whose append resolved and `refused` when the disk did not take one.
 */
import { createServer } from 'node:net';
import { systemClock } from '@forebay/shared/runtime/clock';
import { openAnswerJournal } from '@forebay/worker/execution/answer-journal';

const [directory = '', owner = '', countText = '0', sizeText = '100'] = process.argv.slice(2);
const journal = await openAnswerJournal({ directory, owner, clock: systemClock });
const content = Buffer.alloc(Number(sizeText), 'a');

async function appendOne(id: string): Promise<void> {
  try {
    await journal.append({ id, content });
    process.stdout.write(`synced ${id}\n`);
  } catch {
    process.stdout.write(`refused ${id} healthy=${journal.healthy}\n`);
  }
}

process.stdout.write('open\n');
const count = Number(countText);
for (let round = 0; count === 0 || round < count; round += 1) {
  await Promise.all([0, 1, 2, 3].map((lane) => appendOne(`${round}-${lane}`)));
}
process.stdout.write('finished\n');
// Lives on until it is killed.
createServer().listen(0, '127.0.0.1');
