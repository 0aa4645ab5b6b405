/** Compare-and-set of a record that stands as JSON, with its version, in one field of a hash. */
import { asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';

export interface RecordWrite {
  readonly hash: string;
  readonly field: string;
  /** The version that the record gets; the stored one must have the version before. */
  readonly version: number;
  readonly json: string;
}

export async function writeRecord(
  scripts: ScriptRunner,
  { hash, field, version, json }: RecordWrite,
): Promise<'written' | 'conflict'> {
  const reply = await scripts.run({
    script: 'record-write',
    keys: [hash],
    args: [field, version === 1 ? '' : version - 1, json],
  });
  const text = asText(reply);
  if (text === 'written' || text === 'conflict') return text;
  throw new Error(`record-write.lua answered "${text}"`);
}
