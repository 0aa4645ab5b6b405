/** One line of the answer to a bulk submission. */
import { type ApiErrorDetail, ForebayApiError } from '../api-error.ts';
import { isObject, textOr } from '../json.ts';
import type { BulkError, BulkReply, BulkSummary } from './bulk-item.ts';

export type ParsedReply = BulkReply | BulkSummary;

type Fields = Readonly<Record<string, unknown>>;

/** @throws ForebayApiError `unexpected_answer` for anything else; that is not sent again. */
export function parseReply(text: string): ParsedReply {
  const fields = parseObject(text);
  const { summary, line, status } = fields;
  if (isObject(summary)) return summaryOf(summary);
  const known = status === 'accepted' || status === 'duplicate' || status === 'rejected';
  if (!known || typeof line !== 'number') throw unexpected();
  return {
    kind: 'line',
    line,
    status,
    customId: textOr(fields['custom_id'], undefined),
    id: textOr(fields['id'], undefined),
    error: isObject(fields['error']) ? errorOf(fields['error']) : undefined,
  };
}

function summaryOf(summary: Fields): BulkSummary {
  const count = (name: string): number => Number(summary[name] ?? 0);
  return {
    kind: 'summary',
    batchId: textOr(summary['batch_id'], ''),
    outcome: summary['outcome'] === 'aborted' ? 'aborted' : 'completed',
    lines: count('lines'),
    accepted: count('accepted'),
    duplicates: count('duplicates'),
    rejected: count('rejected'),
    error: isObject(summary['error']) ? errorOf(summary['error']) : undefined,
  };
}

function errorOf(error: Fields): BulkError {
  const { errors } = error;
  const details: readonly ApiErrorDetail[] = Array.isArray(errors)
    ? errors.filter(isObject).map((each) => ({
        pointer: textOr(each['pointer'], ''),
        code: textOr(each['code'], ''),
        detail: textOr(each['detail'], ''),
      }))
    : [];
  return {
    code: textOr(error['code'], ''),
    detail: textOr(error['detail'], ''),
    param: textOr(error['param'], undefined),
    errors: details,
  };
}

function parseObject(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Reported below like any other line that is no reply.
  }
  throw unexpected();
}

function unexpected(): ForebayApiError {
  return new ForebayApiError('A line of the answer is no reply. Is baseUrl that of Forebay?', {
    status: 200,
    code: 'unexpected_answer',
    isRetryable: false,
  });
}
