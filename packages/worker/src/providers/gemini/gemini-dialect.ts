/** The native API of Gemini: `generateContent`, whole and streamed. */
import { findUncarried } from '@forebay/shared/domain/find-uncarried';
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';
import { asObjects } from '../answers/json-list.ts';
import type { Dialect, DialectRequest, Untranslatable } from '../dialect.ts';
import { createGeminiStream } from './gemini-stream.ts';
import { generationConfig } from './generation-config.ts';
import { type AnswerOrigin, translateAnswer } from './translate-answer.ts';
import { calledNames, readArguments, translateMessages } from './translate-messages.ts';
import { translateTools } from './translate-tools.ts';

export const geminiDialect: Dialect = {
  buildRequest,
  openStream: (call) =>
    createGeminiStream({
      onDelta: call.onDelta,
      translate: (body) => translateAnswer(body, originOf(call)),
    }),
  readBody: (call, body) => translateAnswer(body, originOf(call)),
};

function originOf({ attemptId, deployment }: ProviderCall): AnswerOrigin {
  return { attemptId, upstreamModel: deployment.upstreamModel };
}

function buildRequest(call: ProviderCall): DialectRequest | Untranslatable {
  const [uncarried] = findUncarried('gemini', call.body);
  if (uncarried !== undefined) {
    return untranslatable(uncarried, 'has no form in the API of Gemini');
  }
  const wrong = findWrongCall(call.body);
  if (wrong !== undefined) return wrong;
  const isStreamed = call.deployment.stream;
  return {
    kind: 'request',
    path: isStreamed
      ? '/models/{model}:streamGenerateContent?alt=sse'
      : '/models/{model}:generateContent',
    headers: {},
    body: bodyOf(call),
    isStreamed,
  };
}

function bodyOf(call: ProviderCall): JsonObject {
  // Models that take levels are those that want the signatures of their calls back.
  const needsSignatures = call.deployment.thinking !== 'budget';
  const { systemInstruction, contents } = translateMessages(call.body['messages'], needsSignatures);
  return {
    ...(systemInstruction === undefined ? {} : { systemInstruction }),
    contents,
    ...translateTools(call.body),
    generationConfig: generationConfig(call),
  };
}

/** Tool calls of the conversation that only other APIs take: those pass them on as texts. */
function findWrongCall(body: JsonObject): Untranslatable | undefined {
  const messages = asObjects(body['messages']);
  const names = calledNames(messages);
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    const { role, tool_calls: calls, name } = message;
    if (role === 'tool' && names[index] === undefined && typeof name !== 'string') {
      return untranslatable(`${path}.tool_call_id`, 'names no tool call of the conversation');
    }
    const place = asObjects(calls).findIndex(
      (call) => readArguments(argumentsOf(call)) === undefined,
    );
    if (place >= 0) {
      return untranslatable(
        `${path}.tool_calls[${place}]`,
        'has arguments that are no JSON object',
      );
    }
  }
  return undefined;
}

function argumentsOf({ function: called }: JsonObject) {
  return isJsonObject(called) ? called['arguments'] : undefined;
}

function untranslatable(param: string, detail: string): Untranslatable {
  return { kind: 'untranslatable', param, detail };
}
