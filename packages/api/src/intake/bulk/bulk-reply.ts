/** The lines that answer a bulk call: one for each line of the body, and a summary. */
import type { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import { viewError } from '../view-error.ts';

/** A line of the body: where it stands, and what its sender calls it. */
export interface LineName {
  readonly line: number;
  /** `undefined` when it has none, or none that can be read. */
  readonly customId: string | undefined;
}

export type LineReply = LineName &
  (
    | { readonly kind: 'accepted' | 'duplicate'; readonly id: JobId }
    | { readonly kind: 'rejected'; readonly error: ForebayError }
  );

export interface BulkTally {
  accepted: number;
  duplicates: number;
  rejected: number;
}

export function emptyTally(): BulkTally {
  return { accepted: 0, duplicates: 0, rejected: 0 };
}

/** Counts replies and prints them, each on a line of its own. */
export function printReplies(replies: readonly LineReply[], tally: BulkTally): string {
  let text = '';
  for (const reply of replies) {
    if (reply.kind === 'accepted') tally.accepted += 1;
    else if (reply.kind === 'duplicate') tally.duplicates += 1;
    else tally.rejected += 1;
    text += `${JSON.stringify(viewReply(reply))}\n`;
  }
  return text;
}

/** How a call ended: with its last line, at a line, or because its caller may not go on. */
export type BulkEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'aborted'; readonly atLine: number }
  | { readonly kind: 'refused'; readonly error: ForebayError };

export function printSummary(batchId: string, tally: BulkTally, end: BulkEnd): string {
  const { accepted, duplicates, rejected } = tally;
  const summary = {
    batch_id: batchId,
    lines: accepted + duplicates + rejected,
    ...{ accepted, duplicates, rejected },
    ...viewEnd(end),
  };
  return `${JSON.stringify({ summary })}\n`;
}

function viewEnd(end: BulkEnd): JsonObject {
  switch (end.kind) {
    case 'completed':
      return { outcome: 'completed' };
    case 'aborted':
      return { outcome: 'aborted', aborted_at_line: end.atLine };
    case 'refused':
      return { outcome: 'aborted', error: viewError(end.error) };
  }
}

function viewReply(reply: LineReply): JsonObject {
  const { line, customId } = reply;
  const name = { line, ...(customId === undefined ? {} : { custom_id: customId }) };
  if (reply.kind !== 'rejected') return { ...name, status: reply.kind, id: reply.id };
  return { ...name, status: 'rejected', error: viewError(reply.error) };
}
