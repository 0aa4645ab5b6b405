/** Defaults of a model that depend on its other settings. */
import type { ParsedDeployment, ParsedModel } from './schema.ts';

/** Sent when neither the job nor the configuration says how long an answer may be. */
const outputTokensDefault = 4_096;

export function maxOutputTokensOf(model: ParsedModel): number {
  return model.max_output_tokens ?? model.context_window;
}

export function defaultOutputTokensOf(model: ParsedModel): number {
  const usual = Math.min(outputTokensDefault, maxOutputTokensOf(model));
  return model.default_output_tokens ?? usual;
}

export function deploymentName(deployment: ParsedDeployment): string {
  return deployment.name ?? deployment.provider;
}

export function servesOnlyEmbeddings(model: ParsedModel): boolean {
  return model.kinds.every((kind) => kind === 'embeddings');
}
