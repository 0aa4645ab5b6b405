/** Calls of providers as spans, named and described by the conventions for generative models. */
import type { JobKind } from '@forebay/shared/domain/model-catalog';
import type {
  CallOutcome,
  ProviderCall,
  ProviderClient,
} from '@forebay/shared/ports/provider-client';
import type { SpanAttributes } from '@forebay/shared/telemetry/span-attributes';
import { inSpan } from '@forebay/shared/telemetry/tracing';

const operations: Readonly<Record<JobKind, string>> = {
  'chat.completions': 'chat',
  embeddings: 'embeddings',
  responses: 'responses',
};

/** The same client, whose calls are spans of whatever runs. */
export function traceCalls(client: ProviderClient): ProviderClient {
  return {
    call(call) {
      const operation = operations[call.kind];
      const name = `${operation} ${call.deployment.upstreamModel}`;
      const attributes = describeCall(call, operation);
      return inSpan(name, { kind: 'client', under: 'running', attributes }, async (span) => {
        const outcome = await client.call(call);
        span.set(describeOutcome(outcome));
        if (outcome.kind !== 'answered') span.fail(failureOf(outcome));
        return outcome;
      });
    },
    close: () => client.close(),
  };
}

function describeCall({ deployment }: ProviderCall, operation: string): SpanAttributes {
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': deployment.provider.name,
    'gen_ai.request.model': deployment.upstreamModel,
    'server.address': new URL(deployment.provider.baseUrl).hostname,
    'forebay.deployment': deployment.id,
  };
}

function describeOutcome(outcome: CallOutcome): SpanAttributes {
  const usage = outcome.kind === 'aborted' ? undefined : outcome.usage;
  return {
    'http.response.status_code': outcome.kind === 'failed' ? outcome.status : undefined,
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
    'forebay.attempt.ambiguity': outcome.kind === 'answered' ? undefined : outcome.ambiguity,
    'forebay.attempt.first_byte_ms': outcome.timings.firstByteMs,
  };
}

function failureOf(outcome: Exclude<CallOutcome, { kind: 'answered' }>): string {
  return outcome.kind === 'aborted' ? 'aborted' : outcome.errorClass;
}
