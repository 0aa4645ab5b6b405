/** The OpenAI dialect: bodies pass through, but for what the adapter owns. */
import type { Dialect } from '../dialect.ts';
import { buildBody, pathOfKind, streamsUpstream } from './build-request.ts';
import { createChatStream } from './chat-stream.ts';

export const openAiDialect: Dialect = {
  buildRequest: (call) => ({
    kind: 'request',
    path: pathOfKind[call.kind],
    headers: {},
    body: buildBody(call),
    isStreamed: streamsUpstream(call),
  }),
  openStream: (call) => createChatStream(call.onDelta),
  readBody: (_call, body) => body,
};
