/** What a name stands for at a moment: an alias for the version that holds, a model for itself. */
import type { AliasVersion, Catalog, Model } from '../domain/model-catalog.ts';

/** Whether a model takes no new jobs any more. */
export function isRetired({ retiresAtMs }: Pick<Model, 'retiresAtMs'>, nowMs: number): boolean {
  return retiresAtMs !== undefined && retiresAtMs <= nowMs;
}

/**
 * The model or route that a name stands for. Aliases of aliases are followed; a retired version
 * gives way to what has replaced it. Neither can lead in a circle: see `config/check-aliases.ts`.
 *
 * @param nowMs the store's time
 */
export function resolveAlias(catalog: Catalog, name: string, nowMs: number): string {
  const versions = catalog.aliases.get(name)?.versions;
  if (versions === undefined) return name;
  const version = versionAt(versions, nowMs);
  // The first version holds from the beginning.
  if (version === undefined) return name;
  return replacementOf(catalog, resolveAlias(catalog, version.target, nowMs), nowMs);
}

function versionAt(versions: readonly AliasVersion[], nowMs: number): AliasVersion | undefined {
  return versions.findLast(({ fromMs }) => fromMs <= nowMs);
}

function replacementOf(catalog: Catalog, name: string, nowMs: number): string {
  const model = catalog.models.get(name);
  if (model?.replacedBy === undefined || !isRetired(model, nowMs)) return name;
  return replacementOf(catalog, resolveAlias(catalog, model.replacedBy, nowMs), nowMs);
}
