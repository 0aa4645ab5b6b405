/** Jobs that lead a process to each named crash point, and the configuration they need. */
import type { CrashPoint } from '@forebay/shared/runtime/crash-point';
import { twoModels } from './forebay.ts';

/** Besides alpha and beta: a model whose jobs pile up, and two that no worker serves. */
export const crashConfig = `${twoModels}
  narrow:
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
  /** Its start time, from now. */
  readonly startInMs?: number;
}

/** What to submit in one round so that a process with the point's role comes to it. */
export function jobsLeadingTo(point: CrashPoint): readonly CrashJob[] {
  switch (point) {
    case 'worker.after-reassign':
    case 'worker.before-ticket':
    case 'worker.after-ticket':
      return repeat(8, { model: 'alpha', prompt: '[[sim:server_error status=503 model=alpha]]' });
    case 'worker.after-renew':
      return repeat(8, { model: 'alpha', prompt: '[[sim:latency ms=1200]]' });
    case 'dispatcher.after-take':
    case 'dispatcher.after-feed':
      return repeat(40, { model: 'narrow', prompt: '[[sim:latency ms=100]]' });
    case 'dispatcher.before-ticket':
    case 'dispatcher.after-ticket':
      return repeat(8, { model: 'alpha', prompt: 'for later', startInMs: 300 });
    case 'dispatcher.after-reassign':
      return repeat(8, { model: 'orphan', prompt: 'its pool has just died' });
    case 'dispatcher.after-settle':
      return repeat(8, { model: 'lonely', prompt: 'nobody serves it', timeoutSeconds: 1 });
    default:
      return repeat(8, { model: 'alpha', prompt: 'a plain job' });
  }
}

function repeat(count: number, job: CrashJob): readonly CrashJob[] {
  return Array.from({ length: count }, (_, n) => ({ ...job, prompt: `${job.prompt} no. ${n}` }));
}
