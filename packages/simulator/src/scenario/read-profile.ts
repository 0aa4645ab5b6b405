/**
 * Reads the fields of one model. Their meaning is in `scenario.ts`; the README lists them.
 */
import { type Price, parseUsd, type Rates } from '../bill/price.ts';
import { FAULTS, isFaultKind, RETRY_AFTER_FORMS } from '../faults/fault.ts';
import { parseFault } from '../faults/parse-fault.ts';
import { isRecord } from '../text/is-record.ts';
import type { FieldReader } from './field-reader.ts';
import { readDistribution } from './read-distribution.ts';
import type { FaultRule, ProfilePatch } from './scenario.ts';

/** Reads the fields of one model, or of a default; absent ones stay absent. */
export function readProfile(reader: FieldReader): ProfilePatch {
  const whole = { min: 1, whole: true };
  const read = {
    latencyMs: readDistribution(reader, 'latency_ms'),
    perTokenMs: reader.number('per_token_ms', { min: 0 }),
    outputTokens: readDistribution(reader, 'output_tokens'),
    reasoningTokens: readDistribution(reader, 'reasoning_tokens'),
    cachedShare: reader.number('cached_share', { min: 0, max: 1 }),
    price: readPrice(reader),
    contextWindow: reader.number('context_window', whole),
    capacity: reader.number('capacity', { min: 0, whole: true }),
    rpm: reader.number('rpm', { min: 0, whole: true }),
    tpm: reader.number('tpm', { min: 0, whole: true }),
    rateWindowMs: reader.number('rate_window_ms', whole),
    retryAfter: readRetryAfter(reader),
    embeddingDimensions: reader.number('embedding_dimensions', { ...whole, max: 4096 }),
    faults: readFaults(reader),
  };
  reader.refuseUnknown();
  const patch: ProfilePatch = {};
  for (const [name, value] of Object.entries(read)) {
    if (value !== undefined) Object.assign(patch, { [name]: value });
  }
  return patch;
}

function readPrice(reader: FieldReader): Price | undefined {
  if (reader.raw('price') === undefined) return undefined;
  const fields = reader.object('price');
  const perCallNanoUsd = readUsd(fields, 'per_call_usd');
  const price: Price = {
    ...readRates(fields),
    ...(perCallNanoUsd === undefined ? {} : { perCallNanoUsd }),
  };
  if (fields.raw('long') !== undefined) {
    const long = fields.object('long');
    const above = long.number('above_prompt_tokens', { min: 1, whole: true }) ?? 1;
    price.long = { abovePromptTokens: above, rates: readRates(long) };
    long.refuseUnknown();
  }
  fields.refuseUnknown();
  return price;
}

function readRates(fields: FieldReader): Rates {
  const input = readUsd(fields, 'input_per_million_usd') ?? 0n;
  const reasoning = readUsd(fields, 'reasoning_per_million_usd');
  return {
    inputPerMillionNanoUsd: input,
    cachedInputPerMillionNanoUsd: readUsd(fields, 'cached_input_per_million_usd') ?? input,
    outputPerMillionNanoUsd: readUsd(fields, 'output_per_million_usd') ?? 0n,
    ...(reasoning === undefined ? {} : { reasoningPerMillionNanoUsd: reasoning }),
  };
}

function readUsd(fields: FieldReader, name: string): bigint | undefined {
  const text = fields.text(name);
  if (text === undefined) return undefined;
  const amount = parseUsd(text);
  if (amount !== null) return amount;
  fields.report([name], 'expected dollars as quoted text such as "0.15", at most nine decimals');
  return undefined;
}

function readRetryAfter(reader: FieldReader): ProfilePatch['retryAfter'] | undefined {
  const text = reader.text('retry_after');
  if (text === undefined) return undefined;
  const form = RETRY_AFTER_FORMS.find((known) => known === text);
  if (form === undefined) {
    reader.report(['retry_after'], `expected one of ${RETRY_AFTER_FORMS.join(', ')}`);
  }
  return form;
}

function readFaults(reader: FieldReader): FaultRule[] | undefined {
  if (reader.raw('faults') === undefined) return undefined;
  return reader.list('faults').flatMap((fields) => readRule(fields) ?? []);
}

function readRule(fields: FieldReader): FaultRule | undefined {
  const kind = fields.text('kind');
  const triggers = {
    probability: fields.number('probability', { min: 0, max: 1 }) ?? null,
    every: fields.number('every', { min: 1, whole: true }) ?? null,
    first: fields.number('first', { min: 0, whole: true }) ?? null,
    after: fields.number('after', { min: 0, whole: true }) ?? null,
    contains: readMatch(fields),
  };
  const given = fields.raw('params');
  if (given !== undefined && !isRecord(given)) fields.report(['params'], 'expected a mapping');
  fields.refuseUnknown();
  if (kind === undefined || !isFaultKind(kind)) {
    fields.report(['kind'], `expected a fault; known: ${Object.keys(FAULTS).join(', ')}`);
    return undefined;
  }
  const parsed = parseFault(kind, new Map(Object.entries(isRecord(given) ? given : {})));
  if (parsed.kind === 'ok') return { fault: parsed.fault, ...triggers };
  fields.report(['params', parsed.parameter], parsed.message);
  return undefined;
}

/** `match: text` and `match: {contains: text}` mean the same. */
function readMatch(fields: FieldReader): string | null {
  const match = fields.raw('match');
  if (typeof match === 'string') return match;
  const shape = fields.object('match');
  const contains = shape.text('contains') ?? null;
  shape.refuseUnknown();
  return contains;
}
