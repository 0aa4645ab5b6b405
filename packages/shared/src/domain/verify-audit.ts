/**
 * Checks a whole audit log, from its first line on, against its own chain of hashes. It finds a
 * line that was edited, removed, added or moved. That lines are missing at the end shows only
 * against a head that was noted elsewhere.
 */

import { type AuditHead, emptyLog, hashOfLine } from './audit-line.ts';
import { canonicalJson } from './canonical-json.ts';
import { isJsonObject, type JsonObject } from './json.ts';

export type AuditVerdict =
  | { readonly kind: 'intact'; readonly head: AuditHead }
  | {
      readonly kind: 'broken';
      /** Place in the log, counted from 1. */
      readonly line: number;
      readonly reason: string;
    };

/**
 * @param lines texts as they are stored or exported; blank ones are passed over.
 * @param noted hash of a line that the log must still have, if one was noted.
 */
export async function verifyAudit(
  lines: AsyncIterable<string> | Iterable<string>,
  noted?: string,
): Promise<AuditVerdict> {
  let head = emptyLog;
  let isFound = noted === undefined;
  for await (const text of lines) {
    if (text.trim() === '') continue;
    const place = head.number + 1;
    const checked = checkLine(text, head);
    if (typeof checked === 'string') return { kind: 'broken', line: place, reason: checked };
    head = checked;
    if (head.hash === noted) isFound = true;
  }
  if (isFound) return { kind: 'intact', head };
  const reason = 'no line has the hash that was noted: the log was cut short or made anew';
  return { kind: 'broken', line: head.number + 1, reason };
}

/** @returns the line as the new head, or what is wrong with it. */
function checkLine(text: string, head: AuditHead): AuditHead | string {
  const line = readObject(text);
  if (line === undefined) return 'it is not a JSON object';
  // The hash covers what JSON reads: of a member given twice, other readers may take the other.
  if (canonicalJson(line) !== text) return 'its text is not what was written';
  const { hash, previous, ...rest } = line;
  const { number } = rest;
  const expected = head.number + 1;
  if (number !== expected) return `it has the number ${JSON.stringify(number)}, not ${expected}`;
  if (previous !== head.hash) return 'it does not follow the line before it';
  const real = hashOfLine(head.hash, rest);
  if (hash !== real) return 'its hash is not that of its content: it was edited';
  return { number: expected, hash: real };
}

function readObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Reported by the caller as a line that is no JSON.
    return undefined;
  }
}
