/** Jobs that lead a process to each named crash point, and the configuration they need. */
import type { CrashPoint } from '@forebay/shared/runtime/crash-point';
import { twoModels } from './two-models.ts';

/** Besides alpha and beta: a model whose jobs pile up, and two that no worker serves. */
export const crashConfig = `${twoModels}
  narrow:
    capabilities: [json_schema]
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 20
    max_output_tokens: 4000
    price: { input: "1", output: "4", source: simulator }
    deployments:
      - { name: main, provider: sim, model: narrow, concurrency: 2 }
  orphan:
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 20
    max_output_tokens: 4000
    price: { input: "1", output: "4", source: simulator }
    fallbacks: [beta]
    deployments:
      - { name: main, provider: sim, model: orphan, concurrency: 20 }
  lonely:
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 20
    max_output_tokens: 4000
    price: { input: "1", output: "4", source: simulator }
    deployments:
      - { name: main, provider: sim, model: lonely, concurrency: 20 }
`;

/** The models that the workers of the crash tests serve. */
export const servedModels = 'alpha,beta,narrow';

export interface CrashJob {
  readonly model: string;
  readonly prompt: string;
  readonly timeoutSeconds?: number;
  /** Fields of the request beside its messages. */
  readonly body?: object;
  /** Its start time, from now. */
  readonly startInMs?: number;
}

const plain: CrashJob = { model: 'alpha', prompt: 'a plain job' };
const failing: CrashJob = { model: 'alpha', prompt: '[[sim:server_error status=503 model=alpha]]' };
const later: CrashJob = { model: 'alpha', prompt: 'for later', startInMs: 300 };
const piling: CrashJob = { model: 'narrow', prompt: '[[sim:latency ms=100]]' };

/** A schema that the simulator's answer fits. */
const formed: CrashJob = {
  model: 'narrow',
  prompt: 'in a form',
  body: {
    max_tokens: 200,
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'price',
        schema: {
          type: 'object',
          properties: { price: { type: 'number' } },
          required: ['price'],
          additionalProperties: false,
        },
      },
    },
  },
};

const leading: Partial<Record<CrashPoint, readonly [count: number, job: CrashJob]>> = {
  'worker.after-reassign': [8, failing],
  'worker.before-ticket': [8, failing],
  'worker.after-ticket': [8, failing],
  'worker.after-renew': [8, { model: 'alpha', prompt: '[[sim:latency ms=1200]]' }],
  // One alone: its answer is in the journal, while others would have been cut.
  'worker.before-verdict': [1, formed],
  'dispatcher.after-take': [40, piling],
  'dispatcher.after-feed': [8, later],
  'dispatcher.before-ticket': [8, later],
  'dispatcher.after-ticket': [8, later],
  'dispatcher.after-reassign': [8, { model: 'orphan', prompt: 'its pool has just died' }],
  'dispatcher.after-settle': [8, { model: 'lonely', prompt: 'nobody', timeoutSeconds: 1 }],
};

/** What to submit in one round so that a process with the point's role comes to it. */
export function jobsLeadingTo(point: CrashPoint): readonly CrashJob[] {
  const [count, job] = leading[point] ?? [8, plain];
  return Array.from({ length: count }, (_, n) => ({ ...job, prompt: `${job.prompt} no. ${n}` }));
}
