/** The Messages API of Anthropic, which Amazon Bedrock and others speak too. Chats only. */
import type { Dialect } from '../dialect.ts';
import { buildRequest } from './build-request.ts';
import { createMessageStream } from './message-stream.ts';
import { readMessage } from './read-message.ts';

export const anthropicDialect: Dialect = {
  buildRequest,
  openStream: (call) => createMessageStream(call.onDelta),
  readBody: (_call, body) => readMessage(body),
};
