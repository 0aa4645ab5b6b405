/** The request that goes to the provider: the caller's body with what the adapter owns set. */
import type { Json, JsonObject } from '@forebay/shared/domain/json';
import { type JobKind, outputCapFields } from '@forebay/shared/domain/model-catalog';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';
import { writeMessages } from './write-messages.ts';

/** Under the base URL. */
export const pathOfKind: Readonly<Record<JobKind, string>> = {
  'chat.completions': '/chat/completions',
  embeddings: '/embeddings',
  responses: '/responses',
};

/** Whether the provider streams its answer to this call. Only chat streams. */
export function streamsUpstream(call: Pick<ProviderCall, 'kind' | 'deployment'>): boolean {
  return call.kind === 'chat.completions' && call.deployment.stream;
}

/**
 * The body with the model's upstream name, the output cap and the streaming we decide on. Of what
 * assistants said, some members are not for every server (`write-messages.ts`). All other fields
 * pass unchanged; which ones a caller may send at all was decided at intake.
 */
export function buildBody(call: ProviderCall): JsonObject {
  const body: Record<string, Json | undefined> = { ...call.body };
  body['model'] = call.deployment.upstreamModel;
  // Streaming and background work are ours: a caller's wish would change the form of the answer.
  delete body['stream'];
  delete body['stream_options'];
  if (call.kind === 'responses') {
    delete body['background'];
    body['max_output_tokens'] = call.outputCapTokens;
  }
  if (call.kind === 'chat.completions') {
    const isStrict = call.deployment.provider.hasStrictMessages === true;
    body['messages'] = writeMessages(body['messages'], isStrict);
    // One cap, under the name that this server is known to obey: two could contradict each other,
    // and the caller's choice of a name must not decide whether the ceiling holds.
    for (const field of outputCapFields) delete body[field];
    body[call.deployment.outputCapField] = call.outputCapTokens;
  }
  if (streamsUpstream(call)) {
    body['stream'] = true;
    if (call.deployment.provider.asksStreamUsage !== false) {
      body['stream_options'] = { include_usage: true };
    }
  }
  return body;
}
