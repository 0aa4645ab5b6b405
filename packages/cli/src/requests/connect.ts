/** The client of a command: from its options, else from the environment. */
import { createForebayClient, type ForebayClient } from '@forebay/client';
import { readCallerEnv } from '@forebay/shared/config/read-env';
import type { CommandInput } from '../program/command-input.ts';
import { UsageError } from '../program/usage-error.ts';

export interface ConnectOptions {
  /** Tries after the first; the client's own when not given. */
  readonly retries?: number;
}

/** @throws UsageError naming what is missing. */
export function connect(input: CommandInput, options: ConnectOptions = {}): ForebayClient {
  const env = readCallerEnv(input.environment);
  if (env.kind === 'invalid') {
    throw new UsageError(env.problems.map(({ message }) => message).join('\n'));
  }
  const apiKey = input.options.text('key') ?? env.apiKey?.reveal();
  if (apiKey === undefined) {
    throw new UsageError('No API key: set FOREBAY_API_KEY, or give --key.');
  }
  const baseUrl = input.options.text('url') ?? env.url;
  try {
    return createForebayClient({ baseUrl, apiKey, ...options });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
