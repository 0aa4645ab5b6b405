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
  signalPlaces as places,
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
/** Lines that look like an option, from which they are options. */
const optionsMin = 3;
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
  let total = 0;
  for (let at = 0; at < hardPlace; at += 1) total += Math.exp((sums[at] ?? 0) - top);
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
function strongest(values: Float64Array, weights: WeightTable, best: number): TaskSignal[] {
  const found: { readonly name: TaskSignal; readonly adds: number }[] = [];
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] ?? 0;
    const name = taskSignals[place];
    if (value === 0 || name === undefined || name === 'always') continue;
    const row = weights[place];
    const adds = value * Math.max(row?.[best] ?? 0, Math.abs(row?.[hardPlace] ?? 0));
    if (adds >= contributionMin) found.push({ name, adds });
  }
  found.sort((left, right) => right.adds - left.adds);
  return found.slice(0, signalsMax).map(({ name }) => name);
}

/** A value from 0 to 1 for each signal, in the order of `taskSignals`. */
function signalValues({ texts, asksForSchema }: TaskRequest): Float64Array {
  const [last = '', earlier = ''] = texts.turns;
  const tally = new TextTally();
  scanText(tally, last, 1);
  const units = tally.units + 2 * tally.ideographs;
  const numbers = tally.numbers;
  const mayHaveOptions = tally.lineBreaks >= optionsMin - 1;
  if (units < leaningTurnUnits && earlier !== '') scanText(tally, earlier, earlierTurnWeight);
  if (texts.system !== '') scanText(tally, texts.system, systemWeight);

  const values = cueValues(tally.cues);
  const share = 1 / Math.max(120, tally.units);
  values[places.code_fence] = whether(last.includes('```'));
  values[places.code_signs] = within((tally.codeSigns * share - 0.01) / 0.06);
  values[places.maths_signs] = within(tally.mathsSigns / 4);
  values[places.numbers] = within(numbers / 4);
  values[places.schema_asked] = whether(asksForSchema);
  values[places.answer_options] = whether(mayHaveOptions && countOptions(last) >= optionsMin);
  values[places.pasted_text] = within((units - 250) / 600);
  values[places.plain_question] = whether(units < 200 && /[?\uff1f]["”»\s]*$/.test(last.slice(-8)));
  values[places.long_text] = within((units - 150) / 2_500);
  values[places.short_text] = within(1 - units / 120);
  values[places.always] = 1;
  return values;
}

function cueValues(cues: Float64Array): Float64Array {
  const values = new Float64Array(cues.length);
  for (let place = 0; place < cues.length; place += 1) {
    const count = cues[place] ?? 0;
    if (count !== 0) values[place] = 1 - cueDecay ** count;
  }
  return values;
}

const whether = (holds: boolean): number => (holds ? 1 : 0);

const within = (value: number): number => Math.min(1, Math.max(0, value));

/** Lines such as `A) Coal` or `(b) Wind`. */
function countOptions(text: string): number {
  return text.match(/^[ \t]{0,8}\(?[A-Ea-e][).:][ \t]/gm)?.length ?? 0;
}
