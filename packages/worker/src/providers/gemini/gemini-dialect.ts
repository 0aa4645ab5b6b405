/** The native API of Gemini: `generateContent`, whole and streamed. */
import { findUncarried } from '@forebay/shared/domain/find-uncarried';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';
import type { Dialect, DialectRequest, Untranslatable } from '../dialect.ts';
import { createGeminiStream } from './gemini-stream.ts';
import { generationConfig } from './generation-config.ts';
import { type AnswerOrigin, translateAnswer } from './translate-answer.ts';
import { translateMessages } from './translate-messages.ts';
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
    return {
      kind: 'untranslatable',
      param: uncarried,
      detail: 'has no form in the API of Gemini',
    };
  }
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
