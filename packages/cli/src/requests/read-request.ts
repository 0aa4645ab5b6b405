/** A job out of arguments, options and files. The API judges it; this only puts it together. */
import { readFileSync } from 'node:fs';
import type { JobRequest } from '@forebay/client';
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { CommandInput, OptionValues } from '../program/command-input.ts';
import { UsageError } from '../program/usage-error.ts';

type Fields = Record<string, unknown>;

/** @throws UsageError naming what is missing or cannot be read. */
export function readRequest({ arguments: [prompt], options }: CommandInput): JobRequest {
  const base = readObject(options.text('job'), '--job');
  const fields: Fields = { ...base, ...envelopeOf(options) };
  const routing = routingOf(options);
  if (routing !== undefined) {
    const given = base?.['routing'];
    fields['routing'] = { ...(isJsonObject(given) ? given : {}), ...routing };
  }
  fields['kind'] ??= 'chat.completions';
  const body = bodyOf(fields, prompt, options);
  if (body !== undefined) fields['body'] = body;
  if (fields['body'] === undefined) {
    throw new UsageError('Give a prompt, or --body FILE, or --job FILE.');
  }
  if (fields['model'] === undefined && fields['models'] === undefined) {
    throw new UsageError('Name a model or route: --model NAME. "forebay models" lists them.');
  }
  // The API checks it strictly and says what is wrong, by field.
  return fields as unknown as JobRequest;
}

/** What stands around the request; only what was given. */
export function envelopeOf(options: OptionValues): Fields {
  const models = options.all('model');
  const priority = options.text('priority');
  const seconds = options.text('timeout');
  const webhook = options.text('webhook');
  const onMiss = options.text('on-miss');
  const pairs = options.all('metadata').map((pair) => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  const fields: Fields = {
    kind: options.text('kind'),
    ...(models.length === 1 ? { model: models[0] } : {}),
    ...(models.length > 1 ? { models } : {}),
    priority: priority !== undefined && /^\d$/.test(priority) ? Number(priority) : priority,
    max_cost_usd: options.text('max-cost'),
    timeout_seconds: seconds === undefined ? undefined : Number(seconds),
    stream: options.isOn('stream') ? true : undefined,
    validation: onMiss === undefined ? undefined : { on_miss: onMiss },
    custom_id: options.text('custom-id'),
    metadata: pairs.length === 0 ? undefined : Object.fromEntries(pairs),
    webhook: webhook === undefined ? undefined : { url: webhook },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What the options ask of routing; `undefined` when they ask nothing. */
export function routingOf(options: OptionValues): Fields | undefined {
  const strategy = options.text('strategy');
  const quality = options.text('min-quality');
  const session = options.text('session');
  const prefer = [...options.all('prefer')];
  const avoid = [...options.all('avoid')];
  const fields: Fields = {
    ...(strategy === undefined ? {} : { strategy }),
    ...(quality === undefined ? {} : { min_quality: Number(quality) }),
    ...(prefer.length === 0 ? {} : { prefer }),
    ...(avoid.length === 0 ? {} : { avoid }),
    ...(session === undefined ? {} : { session }),
  };
  return Object.keys(fields).length === 0 ? undefined : fields;
}

/** The OpenAI request; `undefined` when nothing but `--job` says it. */
function bodyOf(
  fields: Fields,
  prompt: string | undefined,
  options: OptionValues,
): JsonObject | undefined {
  const given = options.text('body');
  if (given !== undefined && prompt !== undefined) {
    throw new UsageError('Give a prompt or --body, not both.');
  }
  if (given !== undefined) return readObject(given, '--body');
  if (prompt === undefined) return undefined;
  const text = prompt === '-' ? readText('-', 'the prompt') : prompt;
  const maxTokens = options.text('max-tokens');
  const cap = maxTokens === undefined ? undefined : Number(maxTokens);
  const system = options.text('system');
  switch (fields['kind']) {
    case 'embeddings':
      return { input: text };
    case 'responses':
      return {
        input: text,
        ...(system === undefined ? {} : { instructions: system }),
        ...(cap === undefined ? {} : { max_output_tokens: cap }),
      };
    default: {
      const user = { role: 'user', content: text };
      const messages = system === undefined ? [user] : [{ role: 'system', content: system }, user];
      return { messages, ...(cap === undefined ? {} : { max_tokens: cap }) };
    }
  }
}

function readObject(file: string | undefined, option: string): JsonObject | undefined {
  if (file === undefined) return undefined;
  const text = readText(file, option);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${option}: ${file} is not valid JSON (${why}).`);
  }
  if (isJsonObject(value)) return value;
  throw new UsageError(`${option}: ${file} should hold a JSON object.`);
}

function readText(file: string, option: string): string {
  try {
    // 0 is standard input.
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${option}: ${file} cannot be read (${why}).`);
  }
}
