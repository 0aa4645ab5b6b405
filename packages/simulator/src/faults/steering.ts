/**
 * Markers in a prompt that steer the one call they are in: `[[sim:KIND name=value ...]]`.
 *
 * KIND is a fault with its parameters, or one of the settings below. Every marker also takes
 * `times=N` (only the first N calls that carry this very marker), `model=` and `deployment=`
 * (only calls to these). The first fault marker that applies wins; settings add up.
 */
import type { Lane } from '../calls/lane.ts';
import { FAULTS, type Fault, isFaultKind } from './fault.ts';
import type { OccurrenceCounter } from './occurrence-counter.ts';
import { parseFault } from './parse-fault.ts';

/** What markers other than faults set for a call; null leaves it to the scenario. */
export interface SteeredSettings {
  latencyMs: number | null;
  perTokenMs: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
}

export type Steering =
  | { kind: 'ok'; fault: Fault | null; settings: SteeredSettings }
  | { kind: 'invalid'; message: string };

/** Marker kinds that set a number, and the parameter that carries it. */
const SETTINGS: Record<string, { field: keyof SteeredSettings; parameter: string }> = {
  latency: { field: 'latencyMs', parameter: 'ms' },
  per_token: { field: 'perTokenMs', parameter: 'ms' },
  output_tokens: { field: 'outputTokens', parameter: 'count' },
  reasoning_tokens: { field: 'reasoningTokens', parameter: 'count' },
};

const MARKER = /\[\[sim:([^\]\s]+)([^\]]*)\]\]/g;

interface Marker {
  text: string;
  kind: string;
  parameters: Map<string, string>;
}

/** Reads all markers of a prompt. An unknown or broken one is told, never passed over. */
export function readSteering(promptText: string, lane: Lane, seen: OccurrenceCounter): Steering {
  const settings: SteeredSettings = {
    latencyMs: null,
    perTokenMs: null,
    outputTokens: null,
    reasoningTokens: null,
  };
  let fault: Fault | null = null;
  for (const match of promptText.matchAll(MARKER)) {
    const marker = readMarker(match[0], match[1] ?? '', match[2] ?? '');
    if (!appliesHere(marker, lane, seen)) continue;
    const setting = SETTINGS[marker.kind];
    if (setting !== undefined) {
      const value = Number(marker.parameters.get(setting.parameter));
      if (!(value >= 0)) return invalid(marker, `needs ${setting.parameter}=NUMBER`);
      settings[setting.field] = value;
      continue;
    }
    if (!isFaultKind(marker.kind)) return invalid(marker, `unknown kind; known: ${kindNames()}`);
    const parsed = parseFault(marker.kind, marker.parameters);
    if (parsed.kind === 'invalid') return invalid(marker, `${parsed.parameter}: ${parsed.message}`);
    fault ??= parsed.fault;
  }
  return { kind: 'ok', fault, settings };
}

function readMarker(text: string, kind: string, tail: string): Marker {
  const parameters = new Map<string, string>();
  for (const part of tail.split(/\s+/)) {
    if (part === '') continue;
    const [name = '', ...value] = part.split('=');
    parameters.set(name, value.join('='));
  }
  return { text, kind, parameters };
}

/** Takes the parameters every marker has out of it and judges them. */
function appliesHere(marker: Marker, lane: Lane, seen: OccurrenceCounter): boolean {
  const { parameters } = marker;
  const model = parameters.get('model') ?? lane.model;
  const deployment = parameters.get('deployment') ?? lane.deployment;
  const times = parameters.get('times');
  for (const name of ['model', 'deployment', 'times']) parameters.delete(name);
  if (model !== lane.model || deployment !== lane.deployment) return false;
  return times === undefined || seen.count(marker.text) <= Number(times);
}

function kindNames(): string {
  return [...Object.keys(SETTINGS), ...Object.keys(FAULTS)].join(', ');
}

function invalid(marker: Marker, message: string): Steering {
  return { kind: 'invalid', message: `simulator marker ${marker.text}: ${message}` };
}
