/** The request of a chat in the form of the Messages API. */
import { findUncarried } from '@forebay/shared/domain/find-uncarried';
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';
import type { DialectRequest, Untranslatable } from '../dialect.ts';
import { narrowSchema } from './narrow-schema.ts';
import { writeMessages } from './write-messages.ts';
import { writeThinking } from './write-thinking.ts';
import { writeTools } from './write-tools.ts';

/**
 * The version of the API that these files are written for, and the one that every service with
 * this API takes. A header of the provider's configuration can name another.
 */
const apiVersion = '2023-06-01';

/** Builds a request, unless the body has a field that the dialect cannot carry. */
export function buildRequest(call: ProviderCall): DialectRequest | Untranslatable {
  const { deployment } = call;
  // Planning keeps such jobs away; this is for those that were planned by another configuration.
  const [uncarried] = findUncarried('anthropic', call.body);
  if (uncarried !== undefined) {
    return {
      kind: 'untranslatable',
      param: uncarried,
      detail: 'has no form in the API of Anthropic',
    };
  }
  const isStreamed = deployment.stream;
  return {
    kind: 'request',
    path: '/messages',
    headers: { 'anthropic-version': apiVersion },
    body: {
      ...(namesModelInPath(call) ? {} : { model: deployment.upstreamModel }),
      ...writeBody(call),
      ...(isStreamed ? { stream: true } : {}),
    },
    isStreamed,
  };
}

/** Services that have the model in the path refuse it in the body. */
function namesModelInPath({ deployment, kind }: ProviderCall): boolean {
  return deployment.provider.paths[kind]?.includes('{model}') === true;
}

function writeBody(call: ProviderCall): JsonObject {
  const { body, outputCapTokens } = call;
  const { system, messages } = writeMessages(body['messages']);
  const { thinking, effort } = writeThinking(call);
  const format = writeFormat(body['response_format']);
  const user = body['safety_identifier'] ?? body['user'];
  const stops = stopSequences(body['stop']);
  return {
    // Thinking counts into it, so it caps all that an answer can cost.
    max_tokens: outputCapTokens,
    ...(system.length === 0 ? {} : { system }),
    messages,
    ...sampling(body),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...writeTools(body),
    ...(thinking === undefined ? {} : { thinking }),
    ...(effort === undefined && format === undefined
      ? {}
      : { output_config: { ...(effort && { effort }), ...(format && { format }) } }),
    ...(typeof user === 'string' && user !== '' ? { metadata: { user_id: user } } : {}),
  };
}

/** Fields that mean the same in both APIs. */
function sampling(body: JsonObject): JsonObject {
  const names = ['temperature', 'top_p', 'top_k'].filter((name) => isGiven(body[name]));
  return Object.fromEntries(names.map((name) => [name, body[name]]));
}

function stopSequences(stop: Json | undefined): readonly Json[] {
  if (Array.isArray(stop)) return stop;
  return typeof stop === 'string' ? [stop] : [];
}

/** The native format: a forced tool would forbid thinking and other tools beside it. */
function writeFormat(format: Json | undefined): JsonObject | undefined {
  if (!isJsonObject(format) || format['type'] !== 'json_schema') return undefined;
  const holder = format['json_schema'];
  const schema = isJsonObject(holder) ? holder['schema'] : undefined;
  return { type: 'json_schema', schema: narrowSchema(isJsonObject(schema) ? schema : {}) };
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
