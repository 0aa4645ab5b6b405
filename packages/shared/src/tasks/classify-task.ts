/**
 * Guesses what a request asks for and how hard it is. A sum of named signals with weights, so
 * that the answer can be explained and corrected in the configuration; linear in what is read,
 * which is bounded. Nothing of the prompt stays: the profile holds names of signals alone.
 */
import { type Complexity, type TaskProfile, taskClasses } from '../domain/task-class.ts';
import type { PromptTexts } from './read-prompt.ts';
import { scanText, TextTally } from './scan-text.ts';
import {
  defaultSignalWeights,
  type SignalTarget,
  type SignalWeights,
  type TaskSignal,
  taskSignals,
} from './task-signals.ts';

/** What one more cue of the same signal leaves of its distance to 1. */
const cueDecay = 0.45;
/** A turn that is shorter than this leans on the one before it. */
const leaningTurnUnits = 60;
const earlierTurnWeight = 0.6;
const systemWeight = 0.4;
/** Sums of `hard` weights from which a task counts as medium and as hard. */
const complexityFrom = { medium: 0.1, hard: 2.1 } as const;
const signalsMax = 8;
/** A signal that adds less than this decided nothing. */
const contributionMin = 0.15;

interface TaskRequest {
  readonly texts: PromptTexts;
  /** Whether the answer has to match a schema. */
  readonly asksForSchema: boolean;
}

/** @param overrides weights of the configuration; they replace default ones one by one. */
export function classifyTask(
  request: TaskRequest,
  overrides: SignalWeights = noWeights,
): TaskProfile {
  const values = signalValues(request);
  const weights = weightsWith(overrides);
  const sums = new Float64Array(signalTargets.length);
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] ?? 0;
    if (value !== 0) addWeighted(sums, value, weights[place]);
  }
  let best = 0;
  for (let at = 1; at < hardPlace; at += 1) if ((sums[at] ?? 0) > (sums[best] ?? 0)) best = at;
  const top = sums[best] ?? 0;
  const total = taskClasses.reduce((sum, _, at) => sum + Math.exp((sums[at] ?? 0) - top), 0);
  return {
    class: taskClasses[best] ?? 'chat',
    complexity: complexityOf(sums[hardPlace] ?? 0),
    confidence: Math.round(100 / total) / 100,
    signals: strongest(values, weights, best),
  };
}

const noWeights: SignalWeights = {};
const signalTargets: readonly SignalTarget[] = [...taskClasses, 'hard'];
const hardPlace = taskClasses.length;

/** By the place of the signal, then by that of the target. */
type WeightTable = readonly Float64Array[];

/** One table for each configuration; it lives as long as that. */
const weightTables = new WeakMap<SignalWeights, WeightTable>();

function weightsWith(overrides: SignalWeights): WeightTable {
  const known = weightTables.get(overrides);
  if (known !== undefined) return known;
  const weightOf = (signal: TaskSignal, target: SignalTarget): number =>
    overrides[signal]?.[target] ?? defaultSignalWeights[signal]?.[target] ?? 0;
  const table = taskSignals.map((signal) =>
    Float64Array.from(signalTargets, (target) => weightOf(signal, target)),
  );
  weightTables.set(overrides, table);
  return table;
}

function addWeighted(sums: Float64Array, value: number, weights: Float64Array | undefined): void {
  if (weights === undefined) return;
  for (let at = 0; at < sums.length; at += 1) {
    sums[at] = (sums[at] ?? 0) + value * (weights[at] ?? 0);
  }
}

function complexityOf(sum: number): Complexity {
  if (sum >= complexityFrom.hard) return 'hard';
  return sum >= complexityFrom.medium ? 'medium' : 'simple';
}

/** Names of what added most to the class at `best`, or to how hard the task looks. */
function strongest(values: Float64Array, weights: WeightTable, best: number): string[] {
  const found: { name: TaskSignal; adds: number }[] = [];
  for (const [place, name] of taskSignals.entries()) {
    const row = weights[place];
    const adds = (values[place] ?? 0) * Math.max(row?.[best] ?? 0, Math.abs(row?.[hardPlace] ?? 0));
    if (adds >= contributionMin && name !== 'always') found.push({ name, adds });
  }
  return found
    .toSorted((left, right) => right.adds - left.adds)
    .slice(0, signalsMax)
    .map(({ name }) => name);
}

const placeOf = new Map(taskSignals.map((signal, place) => [signal, place]));

/** A value from 0 to 1 for each signal, in the order of `taskSignals`. */
function signalValues({ texts, asksForSchema }: TaskRequest): Float64Array {
  const [last = '', earlier = ''] = texts.turns;
  const tally = new TextTally();
  scanText(tally, last, 1);
  const units = tally.units + 2 * tally.ideographs;
  const numbers = tally.numbers;
  if (units < leaningTurnUnits && earlier !== '') scanText(tally, earlier, earlierTurnWeight);
  if (texts.system !== '') scanText(tally, texts.system, systemWeight);

  const values = tally.cues.map((count) => (count === 0 ? 0 : 1 - cueDecay ** count));
  const set = (signal: TaskSignal, value: number): void => {
    values[placeOf.get(signal) ?? 0] = Math.min(1, Math.max(0, value));
  };
  const share = 1 / Math.max(120, tally.units);
  set('code_fence', last.includes('```') ? 1 : 0);
  set('code_signs', (tally.codeSigns * share - 0.01) / 0.06);
  set('maths_signs', tally.mathsSigns / 4);
  set('numbers', numbers / 4);
  set('schema_asked', asksForSchema ? 1 : 0);
  set('answer_options', countOptions(last) >= 3 ? 1 : 0);
  set('pasted_text', (units - 250) / 600);
  set('plain_question', units < 200 && /[?\uff1f]["”»\s]*$/.test(last.slice(-8)) ? 1 : 0);
  set('long_text', (units - 150) / 2_500);
  set('short_text', 1 - units / 120);
  set('always', 1);
  return values;
}

/** Lines such as `A) Coal` or `(b) Wind`. */
function countOptions(text: string): number {
  return text.match(/^[ \t]{0,8}\(?[A-Ea-e][).:][ \t]/gm)?.length ?? 0;
}
