/** `forebay webhooks`. */
import type { WebhookReplay } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';

export async function runWebhooksList(input: CommandInput): Promise<number> {
  const { terminal, signal } = input;
  const endpoints = await connect(input).webhooks.list({ signal });
  for (const endpoint of endpoints) terminal.document(endpoint);
  const rows = endpoints.map(({ id, enabled, disabled_reason: why, url, events, description }) => [
    ...[id, enabled ? 'on' : `off: ${why ?? ''}`],
    ...[url, events.join(' '), description],
  ]);
  terminal.out(formatTable(['id', 'state', 'url', 'events', 'description'], rows));
  if (endpoints.length === 0) terminal.note('there are none');
  return exitCode.done;
}

export async function runWebhooksCreate(input: CommandInput): Promise<number> {
  const {
    arguments: [url = ''],
    options,
    terminal,
    signal,
  } = input;
  const events = options.all('event');
  const description = options.text('description');
  const idempotencyKey = options.text('idempotency-key');
  const endpoint = await connect(input).webhooks.create(
    {
      url,
      ...(description === undefined ? {} : { description }),
      ...(events.length === 0 ? {} : { events }),
      ...(options.isOn('off') ? { enabled: false } : {}),
    },
    { idempotencyKey, signal },
  );
  terminal.document(endpoint);
  terminal.out(`${endpoint.id}\n`);
  if (endpoint.secret === undefined) {
    terminal.note('it was made before and has changed since: its secret is not shown again');
  } else {
    terminal.out(`${endpoint.secret}\n`);
    terminal.note('the second line is its secret, which is not shown again');
  }
  return exitCode.done;
}

export async function runWebhooksDelete(input: CommandInput): Promise<number> {
  const {
    arguments: [id = ''],
    terminal,
    signal,
  } = input;
  await connect(input).webhooks.delete(id, { signal });
  terminal.document({ id, deleted: true });
  terminal.note(`${id} is removed`);
  return exitCode.done;
}

export async function runWebhooksTest(input: CommandInput): Promise<number> {
  const {
    arguments: [id = ''],
    terminal,
    signal,
  } = input;
  const tested = await connect(input).webhooks.test(id, { signal });
  terminal.document(tested);
  const { success, outcome, status_code: status, error, duration_ms: durationMs } = tested;
  if (success) {
    terminal.out(`delivered: ${status ?? ''} in ${durationMs ?? 0} ms\n`);
    return exitCode.done;
  }
  terminal.complain(`${outcome}: ${error ?? `status ${status ?? 'unknown'}`}`);
  return exitCode.notAsExpected;
}

export async function runWebhooksReplay(input: CommandInput): Promise<number> {
  const { options, terminal } = input;
  const [event, since, until] = ['event', 'since', 'until'].map((name) => options.text(name));
  if ((event === undefined) === (since === undefined)) {
    throw new UsageError('Give --event ID, or --since NUMBER.');
  }
  if (event !== undefined && until !== undefined) {
    throw new UsageError('--until goes with --since.');
  }
  const replays = event === undefined ? replayWindow(input) : [await replayOne(input, event)];
  let count = 0;
  for await (const replay of replays) {
    terminal.document(replay);
    count += replay.replayed;
  }
  terminal.out(`${count} events go out again\n`);
  return exitCode.done;
}

function replayOne(input: CommandInput, event: string): Promise<WebhookReplay> {
  const [id = ''] = input.arguments;
  return connect(input).webhooks.replayEvent(id, event, { signal: input.signal });
}

/** One call takes some hundred events; this goes on to the end. */
async function* replayWindow(input: CommandInput): AsyncGenerator<WebhookReplay, void> {
  const { options, signal } = input;
  const [id = ''] = input.arguments;
  const { webhooks } = connect(input);
  const end = options.text('until');
  const until = end === undefined ? undefined : Number(end);
  let since: number | undefined = Number(options.text('since'));
  while (since !== undefined) {
    const replay: WebhookReplay = await webhooks.replay(id, { since, until }, { signal });
    yield replay;
    const { has_more: hasMore, last_sequence: last } = replay;
    since = hasMore && last !== null ? last + 1 : undefined;
  }
}
