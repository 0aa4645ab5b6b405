/** Reads the conversation of a request, with the rules about tool calls that the service checks. */
import { countJsonTokens, countTextTokens, MESSAGE_OVERHEAD_TOKENS } from '../text/count-tokens.ts';
import { isRecord } from '../text/is-record.ts';

type Part = Record<string, unknown>;

export type ReadContents =
  | { kind: 'ok'; text: string; tokens: number; afterToolResult: boolean }
  | { kind: 'refused'; message: string };

/** Models from this generation on check the signatures of their calls. */
const SIGNED_MODELS = /^gemini-[3-9]/;

/** Reads `contents`. */
export function readContents(contents: unknown, model: string): ReadContents {
  if (!Array.isArray(contents) || contents.length === 0) return refuse('contents is not specified');
  const texts: string[] = [];
  let tokens = 0;
  let callsBefore = 0;
  let afterToolResult = false;
  for (const [index, content] of contents.entries()) {
    const parts = partsOf(content);
    if (parts === null) return refuse(`contents[${index}]: role or parts are not valid`);
    const calls = parts.filter((part) => isRecord(part['functionCall']));
    const results = parts.filter((part) => isRecord(part['functionResponse']));
    if (results.length > 0 && results.length !== callsBefore) {
      return refuse(
        'Please ensure that the number of function response parts is equal to the number of ' +
          'function call parts of the function call turn.',
      );
    }
    const [first] = calls;
    if (first !== undefined && SIGNED_MODELS.test(model) && !first['thoughtSignature']) {
      return refuse(`Function call in position ${index} is missing a thought_signature.`);
    }
    callsBefore = calls.length;
    afterToolResult = results.length > 0;
    tokens += MESSAGE_OVERHEAD_TOKENS + sum(parts.map(partTokens));
    texts.push(...parts.map(({ text }) => (typeof text === 'string' ? text : '')));
  }
  return { kind: 'ok', text: texts.join('\n'), tokens, afterToolResult };
}

function refuse(message: string): ReadContents {
  return { kind: 'refused', message };
}

function partsOf(content: unknown): Part[] | null {
  if (!isRecord(content)) return null;
  const { role, parts } = content;
  if (role !== undefined && role !== 'user' && role !== 'model') return null;
  if (!Array.isArray(parts) || parts.length === 0) return null;
  const records = parts.filter(isRecord);
  return records.length === parts.length ? records : null;
}

/** Signatures are no text and count nothing. */
function partTokens({ thoughtSignature: _signature, ...part }: Part): number {
  const { text } = part;
  return typeof text === 'string' ? countTextTokens(text) : countJsonTokens(part);
}

function sum(counts: number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
