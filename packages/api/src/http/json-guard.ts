/**
 * Looks at the bytes of a JSON body before `JSON.parse` builds anything from them.
 *
 * It refuses what is costly to parse (depth, number of members), what two parsers read
 * differently (a repeated member that bears money or size, numbers beyond exact integers) and
 * what poisons objects (`__proto__` and its like). It is no validator: what it lets through
 * can still fail to parse.
 */
import { isUtf8 } from 'node:buffer';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';

/** Members of which a second one in the same object is refused: which one counts is a gamble. */
const singleMembers = new Set([
  'kind',
  'model',
  'models',
  'body',
  'max_cost_usd',
  'deadline_at',
  'timeout_seconds',
  'run_at',
  'priority',
  'risk_retries',
  'cap_output',
  'accept_late',
  'webhook',
  'url',
  'n',
  'best_of',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'messages',
  'input',
  'tools',
]);

const poisonousMembers = new Set(['__proto__', 'constructor', 'prototype']);

const code = {
  quote: 0x22,
  backslash: 0x5c,
  openObject: 0x7b,
  closeObject: 0x7d,
  openList: 0x5b,
  closeList: 0x5d,
  colon: 0x3a,
  minus: 0x2d,
  zero: 0x30,
  nine: 0x39,
} as const;

/** @throws ForebayError `invalid_json` or `invalid_request`; never quotes the body. */
export function parseGuardedJson(bytes: Buffer): Json {
  if (!isUtf8(bytes)) throw invalidJson('it is not valid UTF-8');
  scan(bytes);
  try {
    // JSON.parse returns JSON by definition.
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw invalidJson(
      position === undefined ? 'it ends early' : `there is an error at character ${position}`,
    );
  }
}

/** Single-valued members that one open object has shown; lists have none. */
type OpenLevel = Set<string> | undefined;

function scan(bytes: Buffer): void {
  const open: OpenLevel[] = [];
  let members = 0;
  let index = 0;
  while (index < bytes.length) {
    const byte = bytes[index] ?? 0;
    if (byte === code.quote) {
      const end = endOfText(bytes, index);
      if (isMemberName(bytes, end)) {
        members += 1;
        if (members > limits.jsonKeysMax) throw tooMuch(`${limits.jsonKeysMax} members`);
        checkMember(nameAt(bytes, index, end), open.at(-1));
      }
      index = end;
    } else if (byte === code.openObject || byte === code.openList) {
      open.push(byte === code.openObject ? new Set() : undefined);
      if (open.length > limits.jsonDepthMax) throw tooMuch(`${limits.jsonDepthMax} levels`);
      index += 1;
    } else if (byte === code.closeObject || byte === code.closeList) {
      open.pop();
      index += 1;
    } else if (byte === code.minus || (byte >= code.zero && byte <= code.nine)) {
      index = checkNumber(bytes, index);
    } else {
      index += 1;
    }
  }
}

/** The index after the closing quote, or the end of the bytes. */
function endOfText(bytes: Buffer, start: number): number {
  let index = start + 1;
  while (index < bytes.length) {
    const byte = bytes[index];
    if (byte === code.quote) return index + 1;
    index += byte === code.backslash ? 2 : 1;
  }
  return bytes.length;
}

/** A text followed by a colon names a member. */
function isMemberName(bytes: Buffer, end: number): boolean {
  let index = end;
  while (isBlank(bytes[index])) index += 1;
  return bytes[index] === code.colon;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** Longer names can be none of those that are looked for, even when all is escaped. */
const nameBytesMax = 256;

function nameAt(bytes: Buffer, start: number, end: number): string {
  if (end - start > nameBytesMax) return '';
  const quoted = bytes.toString('utf8', start, end);
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    throw invalidJson('a member name has a wrong escape');
  }
}

function checkMember(name: string, seen: OpenLevel): void {
  if (poisonousMembers.has(name)) {
    const detail = `The body has a member named "${name}", which is not allowed. Rename it.`;
    throw new ForebayError('invalid_request', detail, { param: name });
  }
  if (seen === undefined || !singleMembers.has(name)) return;
  if (seen.has(name)) {
    const detail = `The body has two members named "${name}" in one object. Send one.`;
    throw new ForebayError('invalid_request', detail, { param: name });
  }
  seen.add(name);
}

/** Checks a number and returns the index after it. */
function checkNumber(bytes: Buffer, start: number): number {
  let end = start;
  while (end < bytes.length && isNumberByte(bytes[end])) end += 1;
  // Fifteen digits are always exact.
  if (end - start <= 15 && !bytes.subarray(start, end).some(isExponent)) return end;
  const text = bytes.toString('latin1', start, end);
  const value = Number(text);
  const isInteger = /^-?\d+$/.test(text);
  if (isInteger ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
    const detail = 'The body has a number that cannot be kept exactly. Send it as text.';
    throw new ForebayError('invalid_request', detail);
  }
  return end;
}

/** Digits, signs, the point and exponents. */
function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= code.zero && byte <= code.nine) ||
    [0x2b, 0x2d, 0x2e].includes(byte) ||
    isExponent(byte)
  );
}

function isExponent(byte: number): boolean {
  return byte === 0x65 || byte === 0x45;
}

function invalidJson(reason: string): ForebayError {
  const detail = `The body is not valid JSON: ${reason}. Send one JSON object in UTF-8.`;
  return new ForebayError('invalid_json', detail);
}

function tooMuch(limit: string): ForebayError {
  return new ForebayError('invalid_request', `The body has more than ${limit}. Make it flatter.`);
}
