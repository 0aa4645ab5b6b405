/**
 * Holds the trained predictor that the configuration names, and asks it about requests.
 *
 *  L1. A file that cannot be read, or is no predictor, changes nothing: the one before holds, and
 *      without one routing goes by priors. No job is ever refused for it.
 *  L2. The file is read when the process starts and whenever the configuration is: at a change of
 *      its content and on SIGHUP. Jobs never wait for that.
 *  L3. It says nothing of prompts that are unlike those that it was trained on.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { LiveConfig } from '@forebay/shared/config/live-config';
import type { AskedPrompt, OpenPredictor } from '@forebay/shared/learning/predictor';
import type { Service } from '@forebay/shared/runtime/service';

export type PredictorEventMap = {
  'predictor.loaded': { file: string; prompts: number };
  'predictor.refused': { file: string; problem: string };
};

export interface QualityPredictorDeps {
  readonly config: Pick<LiveConfig, 'learning' | 'catalog' | 'onSwap'>;
  readonly configPath: string;
  readonly events: {
    emit<Name extends keyof PredictorEventMap>(name: Name, fields: PredictorEventMap[Name]): void;
  };
}

export interface QualityPredictor extends Service {
  /** L2. */
  reload(): Promise<void>;
  /** By model, from 0 to 1; `undefined` where it does not dare to say. */
  qualityFor(prompt: AskedPrompt): Readonly<Record<string, number>> | undefined;
  /** Whether there is anything to ask: features of prompts need not be read else. */
  readonly isReady: boolean;
}

export function createQualityPredictor(deps: QualityPredictorDeps): QualityPredictor {
  const { config } = deps;
  let predictor: OpenPredictor | undefined;
  let loading: Promise<void> = Promise.resolve();
  let unsubscribe: (() => void) | undefined;
  const load = async (): Promise<void> => {
    const name = config.learning.artefact;
    if (name === undefined) predictor = undefined;
    else predictor = (await loadPredictor(deps, name)) ?? predictor;
  };
  const reload = (): Promise<void> => {
    loading = loading.then(load);
    return loading;
  };
  return {
    name: 'quality-predictor',
    start() {
      unsubscribe ??= config.onSwap(() => void reload());
    },
    async stop() {
      unsubscribe?.();
      unsubscribe = undefined;
      await loading;
    },
    reload,
    get isReady() {
      return predictor?.knowsDeviations === true;
    },
    qualityFor(prompt) {
      if (predictor?.knowsDeviations !== true) return undefined;
      return qualityByModel(predictor, prompt, (model) => config.catalog.models.has(model));
    },
  };
}

/** L3. Three decimals, because the figures stand on every job. */
function qualityByModel(
  predictor: OpenPredictor,
  prompt: AskedPrompt,
  isKnown: (model: string) => boolean,
): Readonly<Record<string, number>> | undefined {
  const { scores, abstained } = predictor.predict([prompt]);
  if (abstained[0] === true) return undefined;
  const figures = predictor.models.flatMap((model, at) => {
    const score = Math.min(1, Math.max(0, scores[at] ?? 0));
    return isKnown(model) ? [[model, Math.round(1_000 * score) / 1_000] as const] : [];
  });
  return figures.length === 0 ? undefined : Object.fromEntries(figures);
}

/** L1. The code that reads predictors comes only where one is configured. */
async function loadPredictor(
  { configPath, events }: QualityPredictorDeps,
  name: string,
): Promise<OpenPredictor | undefined> {
  const file = resolve(dirname(configPath), name);
  const refuse = (problem: string): undefined => {
    events.emit('predictor.refused', { file, problem });
    return undefined;
  };
  try {
    const [bytes, { readPredictor }, { openPredictor }] = await Promise.all([
      readFile(file),
      import('@forebay/shared/learning/predictor-file'),
      import('@forebay/shared/learning/predictor'),
    ]);
    const read = readPredictor(bytes);
    if (read.kind === 'refused') return refuse(read.why);
    events.emit('predictor.loaded', { file, prompts: read.file.facts.prompts });
    return openPredictor(read.file.predictor);
  } catch (error) {
    // Going on is safe: the figures only order candidates, and priors stand in for them.
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
