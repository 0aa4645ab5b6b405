/**
 * `forebay bulk`: sends the lines, follows the jobs if asked, shows how far it is, reports.
 */
import { randomUUID } from 'node:crypto';
import type { BulkReply, Job } from '@forebay/client';
import { systemClock } from '@forebay/shared/runtime/clock';
import { BulkProgress } from '../bulk/bulk-progress.ts';
import { type BulkReport, printReport, reportDocument } from '../bulk/bulk-report.ts';
import { BulkTally } from '../bulk/bulk-tally.ts';
import { EndFollower } from '../bulk/end-follower.ts';
import { readJobLines } from '../bulk/read-job-lines.ts';
import { openResultFile, type ResultFile } from '../bulk/result-file.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';

/** Further rejections are only counted. */
const shownRejectionsMax = 10;

type OnError = 'reject_line' | 'abort' | 'atomic';

interface Run {
  readonly input: CommandInput;
  readonly tally: BulkTally;
  readonly progress: BulkProgress;
  readonly follower: EndFollower | undefined;
  readonly key: string;
}

export async function runBulk(input: CommandInput): Promise<number> {
  const { options, terminal } = input;
  const results = openResultFile(options.text('results'));
  const waits = results !== undefined || options.isOn('wait');
  const tally = new BulkTally();
  const startedMs = systemClock.monotonicMs();
  try {
    const progress = new BulkProgress({ clock: systemClock, terminal, tally, waits });
    const follower = waits ? followerOf(input, { tally, progress, results }) : undefined;
    const key = options.text('batch-key') ?? `cli-${randomUUID()}`;
    const { batchId, outcome } = await sendLines({ input, tally, progress, follower, key });
    tally.intakeIsDone = true;
    await follower?.finish();
    progress.end();
    const durationMs = systemClock.monotonicMs() - startedMs;
    const report: BulkReport = { tally, batchId, outcome, durationMs, waited: waits };
    printReport(terminal, report);
    terminal.document(reportDocument(report));
    return isAsItShouldBe(report) ? exitCode.done : exitCode.notAsExpected;
  } finally {
    await results?.close();
  }
}

async function sendLines(run: Run): Promise<{ batchId: string; outcome: string }> {
  const { input, tally, progress, key } = run;
  const {
    arguments: [file = ''],
    options,
    terminal,
    signal,
  } = input;
  const client = connect(input);
  const source = readJobLines(file);
  // The table's choices leave only these.
  const onError = (options.text('on-error') ?? 'reject_line') as OnError;
  let known = '';
  const onBatch = (batchId: string): void => {
    if (batchId === known) return;
    known = batchId;
    progress.interrupt(() => terminal.note(`batch ${batchId}, --batch-key ${key}`));
  };
  const onResend = (count: number): void =>
    progress.interrupt(() => terminal.note(`connection lost; sending ${count} lines again`));
  const maxCostUsd = options.text('max-cost');
  const bulkOptions = {
    ...{ idempotencyKey: key, onError, onBatch, onResend, signal },
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
  };
  let end = { batchId: '', outcome: 'broken' };
  for await (const item of client.bulk(source.lines, bulkOptions)) {
    tally.fraction = source.fraction();
    if (item.kind === 'line') {
      takeReply(run, item);
      continue;
    }
    end = { batchId: item.batchId, outcome: item.outcome };
    const { error } = item;
    if (error === undefined) continue;
    progress.interrupt(() => terminal.complain(`${error.detail} (${error.code})`));
  }
  return end;
}

function takeReply({ input, tally, progress, follower }: Run, reply: BulkReply): void {
  const { terminal } = input;
  tally.addReply(reply);
  terminal.document(replyDocument(reply));
  if (reply.id !== undefined) follower?.add(reply.id);
  if (reply.status === 'rejected' && tally.rejected <= shownRejectionsMax) {
    const { code = '', detail = '' } = reply.error ?? {};
    progress.interrupt(() => terminal.complain(`line ${reply.line}: ${detail} (${code})`));
  }
  progress.update();
}

interface Following {
  readonly tally: BulkTally;
  readonly progress: BulkProgress;
  readonly results: ResultFile | undefined;
}

function followerOf(input: CommandInput, { tally, progress, results }: Following): EndFollower {
  const client = connect(input);
  const { terminal, signal } = input;
  return new EndFollower({
    client,
    signal,
    async onEnd(job) {
      const whole = await withResult(job, () => client.result(job.id, { signal }));
      await results?.write(whole);
      tally.addEnd(job);
      const { id, custom_id, status, model, cost, error } = job;
      terminal.document({ ended: { id, custom_id, status, model, cost, error } });
      progress.update();
    },
  });
}

/** Large answers stand apart from their job. */
async function withResult(job: Job, readResult: () => Promise<unknown>): Promise<Job> {
  return typeof job.result_url === 'string' ? { ...job, result: await readResult() } : job;
}

function replyDocument({ line, status, customId, id, error }: BulkReply): object {
  return { line, status, custom_id: customId, id, error };
}

function isAsItShouldBe({ tally, outcome, waited }: BulkReport): boolean {
  if (tally.rejected > 0 || outcome !== 'completed') return false;
  return !waited || (tally.ends.get('succeeded')?.count ?? 0) === tally.ended;
}
