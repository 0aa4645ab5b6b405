/** `generationConfig`: how the answer is to be written, and how long it may be. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import type { ThinkingForm } from '@forebay/shared/domain/model-catalog';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';
import { asList } from '../answers/json-list.ts';

/** Fields that only change their name. */
const renamed: Readonly<Record<string, string>> = {
  n: 'candidateCount',
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  seed: 'seed',
};

/** Google's own table for models that take their thinking as a number of tokens. */
const thinkingBudgets: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
};

/** Levels are fewer than efforts, and none of them is "not at all". */
const thinkingLevels: Readonly<Record<string, string>> = {
  none: 'minimal',
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
};

/** The output cap is always sent: it bounds thoughts and answer together (decision 0039). */
export function generationConfig(call: ProviderCall): JsonObject {
  const { body, outputCapTokens, deployment } = call;
  const config: Record<string, Json> = {};
  for (const [name, theirs] of Object.entries(renamed)) {
    const value = body[name];
    if (value !== undefined && value !== null) config[theirs] = value;
  }
  return {
    ...config,
    ...stopSequences(body['stop']),
    ...logprobs(body),
    ...responseFormat(body['response_format']),
    ...mediaResolution(body['messages']),
    ...thinking(body['reasoning_effort'], outputCapTokens, deployment.thinking ?? 'level'),
    maxOutputTokens: outputCapTokens,
  };
}

function stopSequences(stop: Json | undefined): JsonObject {
  const texts = Array.isArray(stop) ? stop : [stop];
  const given = texts.filter((text) => typeof text === 'string' && text !== '');
  return given.length === 0 ? {} : { stopSequences: given };
}

function logprobs(body: JsonObject): JsonObject {
  if (body['logprobs'] !== true) return {};
  const top = body['top_logprobs'];
  return {
    responseLogprobs: true,
    ...(typeof top === 'number' && top > 0 ? { logprobs: top } : {}),
  };
}

/** The schema goes as it is; docs/providers.md says which of its words the service enforces. */
function responseFormat(format: Json | undefined): JsonObject {
  if (!isJsonObject(format) || format['type'] === 'text') return {};
  const described = isJsonObject(format['json_schema']) ? format['json_schema'] : {};
  const schema = described['schema'];
  return {
    responseMimeType: 'application/json',
    ...(isJsonObject(schema) ? { responseJsonSchema: schema } : {}),
  };
}

const resolutions: ReadonlyMap<Json | undefined, string> = new Map([
  ['low', 'MEDIA_RESOLUTION_LOW'],
  ['high', 'MEDIA_RESOLUTION_HIGH'],
]);

/** One resolution for all images; requests in which they differ are not carried. */
function mediaResolution(messages: Json | undefined): JsonObject {
  for (const message of asList(messages)) {
    for (const part of asList(isJsonObject(message) ? message['content'] : undefined)) {
      const image = isJsonObject(part) ? part['image_url'] : undefined;
      const resolution = isJsonObject(image) ? resolutions.get(image['detail']) : undefined;
      if (resolution !== undefined) return { mediaResolution: resolution };
    }
  }
  return {};
}

/** Without a wish the model thinks as it likes; models that cannot think refuse the field. */
function thinking(effort: Json | undefined, capTokens: number, form: ThinkingForm): JsonObject {
  if (typeof effort !== 'string') return {};
  const shown = effort === 'none' ? {} : { includeThoughts: true };
  if (form === 'level') {
    return { thinkingConfig: { thinkingLevel: thinkingLevels[effort] ?? 'high', ...shown } };
  }
  // Half of the cap stays for the answer: thoughts that use it up leave none.
  const budget = Math.min(thinkingBudgets[effort] ?? 0, Math.floor(capTokens / 2));
  return { thinkingConfig: { thinkingBudget: budget, ...shown } };
}
