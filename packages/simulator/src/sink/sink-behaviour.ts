/**
 * What the sink does with a delivery, read from its path.
 *
 * Whatever follows the parts below is a free label, so that tests can tell their endpoints apart:
 * `/status/503/times/2/then/200/tenant-a`. A count belongs to the whole path.
 */

export type SinkBehaviour =
  | { kind: 'status'; status: number; headers: Record<string, string> }
  | { kind: 'delay'; delayMs: number }
  | { kind: 'slow_body'; intervalMs: number }
  | { kind: 'hang' }
  | { kind: 'endless_body' }
  | { kind: 'gzip_bomb' }
  | { kind: 'reset' };

const SLOW_INTERVAL_MS = 1000;

/** The behaviour of the n-th delivery (from 1) to a path. An unknown path answers 404. */
export function sinkBehaviour(path: string, n: number): SinkBehaviour {
  const [name = '', ...rest] = path.split('/').slice(1);
  switch (name) {
    case 'ok':
      return status(200);
    case 'gone':
      return status(410);
    case 'status':
      return counted(status(wholeOr(rest[0], 200)), rest.slice(1), n);
    case 'retry-after':
      return counted(status(503, { 'retry-after': String(wholeOr(rest[0], 1)) }), rest.slice(1), n);
    case 'redirect':
      return status(wholeOr(rest[0], 302), { location: '/ok/redirected' });
    case 'delay':
      return { kind: 'delay', delayMs: wholeOr(rest[0], SLOW_INTERVAL_MS) };
    case 'slow-body':
      return { kind: 'slow_body', intervalMs: wholeOr(rest[0], SLOW_INTERVAL_MS) };
    case 'hang':
      return { kind: 'hang' };
    case 'endless-body':
      return { kind: 'endless_body' };
    case 'gzip-bomb':
      return { kind: 'gzip_bomb' };
    case 'reset':
      return { kind: 'reset' };
    default:
      return status(404);
  }
}

/** Reads `times/N/then/STATUS`: the first N deliveries get the behaviour, later ones the status. */
function counted(first: SinkBehaviour, rest: readonly string[], n: number): SinkBehaviour {
  if (rest[0] !== 'times' || rest[2] !== 'then') return first;
  return n <= wholeOr(rest[1], 1) ? first : status(wholeOr(rest[3], 200));
}

function status(code: number, headers: Record<string, string> = {}): SinkBehaviour {
  return { kind: 'status', status: code, headers };
}

function wholeOr(text: string | undefined, fallback: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : fallback;
}
