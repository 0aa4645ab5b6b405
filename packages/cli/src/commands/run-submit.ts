/** `forebay submit`. */
import { hasEnded, type Job } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { answerText } from '../requests/answer-text.ts';
import { chargedText } from '../requests/charged-cost.ts';
import { connect } from '../requests/connect.ts';
import { readRequest } from '../requests/read-request.ts';

export async function runSubmit(input: CommandInput): Promise<number> {
  const { options, terminal, signal } = input;
  const client = connect(input);
  const request = readRequest(input);
  const idempotencyKey = options.text('idempotency-key');
  const submitted = await client.submit(request, { idempotencyKey, signal });
  terminal.note(`${submitted.id} ${describe(submitted)}`);
  if (!options.isOn('wait')) {
    terminal.out(`${submitted.id}\n`);
    terminal.document(submitted);
    return exitCode.done;
  }
  const job = hasEnded(submitted) ? submitted : await client.wait(submitted.id, { signal });
  const isLarge = typeof job.result_url === 'string';
  const result = isLarge ? await client.result(job.id, { signal }) : job.result;
  terminal.note(`${describe(job)}, cost ${chargedText(job.cost)}`);
  terminal.document({ ...job, result });
  if (job.status === 'succeeded') {
    terminal.out(`${answerText(result)}\n`);
    return exitCode.done;
  }
  terminal.complain(`${job.id} ${job.error?.message ?? job.status_reason.text}`);
  return exitCode.notAsExpected;
}

function describe({ status, status_reason: reason }: Job): string {
  return `${status}: ${reason.text}`;
}
