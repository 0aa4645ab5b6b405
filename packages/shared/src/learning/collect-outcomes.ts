/**
 * Outcomes as they are written down, one JSON object per line: `{prompt, model, score, cost_usd?}`.
 * Lines of one prompt, for several models, become one row of the table. A line that makes no sense
 * is told apart with what was expected; it changes nothing.
 */
import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { classifyTask } from '../tasks/classify-task.ts';
import { type PromptTexts, readPrompt } from '../tasks/read-prompt.ts';
import type { OutcomeTable, TablePrompt } from './outcome-table.ts';
import { readFeatures } from './prompt-features.ts';

export type AddOutcomeResult =
  | { readonly kind: 'added' }
  /** Names the field and what is expected there. */
  | { readonly kind: 'bad'; readonly why: string };

/** More prompts than this would take more than minutes. */
const promptsMax = 120_000;
const modelsMax = 64;
/** Of UTF-16 units for each token, roughly. */
const unitsPerToken = 4;

const expected = {
  object: 'expected an object such as {"prompt": "…", "model": "small", "score": 0.8}',
  prompt:
    '"prompt": expected a text, or a list of messages such as {"role": "user", "content": "…"}',
  model: '"model": expected a name of 1 to 128 characters',
  score: '"score": expected a number, usually from 0 to 1, such as 0.8',
  cost: '"cost_usd": expected a number from 0 up, or leave it out',
} as const;

/**
 * What training holds of the outcomes at its height, roughly, beside what it holds in any case.
 * Each feature is there as it was read, in the matrix, and in the parts of it that are worked on.
 */
const bytesOf = { feature: 24, prompt: 1_000, outcome: 250 } as const;
/** With what is held in any case it stays below two gigabytes: measured, see `docs/learning.md`. */
const trainingBytesMax = 1_450_000_000;
/** The rest is left for what other models got for the same prompts, which may come later. */
const promptShare = 0.9;

interface Cell {
  scoreSum: number;
  scores: number;
  costSum: number;
  costs: number;
}

interface Entry {
  readonly prompt: TablePrompt;
  readonly cells: Map<string, Cell>;
}

export class OutcomeCollector {
  readonly #entries = new Map<string, Entry>();
  readonly #models = new Set<string>();
  #scoreMin = Number.POSITIVE_INFINITY;
  #scoreMax = Number.NEGATIVE_INFINITY;
  readonly #bytesMax: number;
  #bytes = 0;
  rows = 0;

  /** @param bytesMax what training may hold of the outcomes, roughly. */
  constructor(bytesMax = trainingBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Adds one line. The same prompt and model again count with their mean. */
  add(line: string): AddOutcomeResult {
    const row = parseOutcome(line);
    if (typeof row === 'string') return { kind: 'bad', why: row };
    const full = this.#refuse(row);
    if (full !== undefined) return { kind: 'bad', why: full };
    const cell = this.#cellOf(row);
    cell.scoreSum += row.score;
    cell.scores += 1;
    if (row.costUsd !== undefined) {
      cell.costSum += row.costUsd;
      cell.costs += 1;
    }
    this.#scoreMin = Math.min(this.#scoreMin, row.score);
    this.#scoreMax = Math.max(this.#scoreMax, row.score);
    this.rows += 1;
    return { kind: 'added' };
  }

  #cellOf(row: OutcomeRow): Cell {
    let entry = this.#entries.get(row.hash);
    if (entry === undefined) {
      entry = { prompt: describe(row), cells: new Map() };
      this.#entries.set(row.hash, entry);
      const { places, dense } = entry.prompt.features;
      this.#bytes += bytesOf.prompt + bytesOf.feature * (places.length + dense.length);
    }
    let cell = entry.cells.get(row.model);
    if (cell === undefined) {
      cell = { scoreSum: 0, scores: 0, costSum: 0, costs: 0 };
      entry.cells.set(row.model, cell);
      this.#models.add(row.model);
      this.#bytes += bytesOf.outcome;
    }
    return cell;
  }

  /** The range of the scores as written; `undefined` where they are within 0 … 1 already. */
  get scaledFrom(): { readonly min: number; readonly max: number } | undefined {
    const isUsual = this.#scoreMin >= 0 && this.#scoreMax <= 1;
    return this.rows === 0 || isUsual ? undefined : { min: this.#scoreMin, max: this.#scoreMax };
  }

  /** The table of what was added; prompts in the order in which they came. */
  table(): OutcomeTable {
    const models = [...this.#models].sort();
    const entries = [...this.#entries.values()];
    const scores = new Float32Array(entries.length * models.length).fill(Number.NaN);
    const costsUsd = new Float64Array(scores.length).fill(Number.NaN);
    const { min, max } = this.scaledFrom ?? { min: 0, max: 1 };
    const width = max > min ? max - min : 1;
    for (const [row, { cells }] of entries.entries()) {
      for (const [column, model] of models.entries()) {
        const cell = cells.get(model);
        if (cell === undefined) continue;
        scores[row * models.length + column] = (cell.scoreSum / cell.scores - min) / width;
        const { costs, costSum } = cell;
        if (costs > 0) costsUsd[row * models.length + column] = costSum / costs;
      }
    }
    return { models, prompts: entries.map((entry) => entry.prompt), scores, costsUsd };
  }

  #refuse({ hash, model }: OutcomeRow): string | undefined {
    const { size } = this.#entries;
    const entry = this.#entries.get(hash);
    if (entry === undefined && size >= promptsMax) {
      return `expected at most ${promptsMax} different prompts; use a sample of them`;
    }
    if (entry === undefined && this.#bytes >= promptShare * this.#bytesMax) {
      return `the ${size} different prompts before it take ${memoryText}; use a sample of them`;
    }
    if (!this.#models.has(model) && this.#models.size >= modelsMax) {
      return `expected at most ${modelsMax} different models; leave some out`;
    }
    if (entry?.cells.has(model) !== true && this.#bytes >= this.#bytesMax) {
      return `the outcomes before it take ${memoryText}; leave models out, or use a sample`;
    }
    return undefined;
  }
}

const memoryText = 'the 2 GB that training may use';

export interface OutcomeRow {
  readonly hash: string;
  readonly texts: PromptTexts;
  readonly model: string;
  readonly score: number;
  readonly costUsd: number | undefined;
}

/** @returns the outcome of one line, or what is wrong with it and what is expected there. */
export function parseOutcome(line: string): OutcomeRow | string {
  let value: Json;
  try {
    value = JSON.parse(line);
  } catch {
    // The outcome is told to whoever wrote the file, with the line's number.
    return `this is not JSON; ${expected.object}`;
  }
  if (!isJsonObject(value)) return expected.object;
  const { prompt, model, score, cost_usd: cost } = value;
  const body = promptBody(prompt);
  if (body === undefined) return expected.prompt;
  if (typeof model !== 'string' || model === '' || model.length > 128) return expected.model;
  const scored = typeof score === 'boolean' ? Number(score) : score;
  if (typeof scored !== 'number' || !Number.isFinite(scored)) return expected.score;
  const costUsd = readCost(cost);
  if (costUsd === 'bad') return expected.cost;
  return { hash: hashPrompt(prompt), texts: readPrompt(body), model, score: scored, costUsd };
}

function promptBody(prompt: Json | undefined): JsonObject | undefined {
  if (typeof prompt === 'string') return { input: prompt };
  if (!Array.isArray(prompt) || prompt.length === 0) return undefined;
  if (prompt.every((turn) => typeof turn === 'string')) {
    return { messages: prompt.map((content) => ({ role: 'user', content })) };
  }
  return prompt.every(isJsonObject) ? { messages: prompt } : undefined;
}

function readCost(cost: Json | undefined): number | undefined | 'bad' {
  if (cost === undefined || cost === null) return undefined;
  const value = typeof cost === 'string' && cost.trim() !== '' ? Number(cost) : cost;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 'bad';
}

/** Spaces apart, the same text is the same prompt, whether alone or as the only user message. */
function hashPrompt(prompt: Json | undefined): string {
  const only = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : undefined;
  const alone = isJsonObject(only) && only['role'] === 'user' ? only['content'] : only;
  const text = typeof alone === 'string' ? alone : prompt;
  const written = typeof text === 'string' ? text : JSON.stringify(text);
  const plain = written.trim().replaceAll(/\s+/g, ' ');
  return createHash('sha256').update(plain).digest('hex').slice(0, 16);
}

function describe({ hash, texts }: OutcomeRow): TablePrompt {
  const units = texts.turns.reduce((sum, turn) => sum + turn.length, texts.system.length);
  return {
    hash,
    features: readFeatures(texts),
    class: classifyTask({ texts, asksForSchema: false }).class,
    inputTokens: Math.ceil(units / unitsPerToken),
  };
}
