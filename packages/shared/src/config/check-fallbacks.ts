/**
 * Checks the lists of models that take over from another one: every name is a model, fit for all
 * that the first one takes, and no list leads in a circle. A job visits no model for ever, so a
 * circle could not hang it; but whoever writes one expects something that does not happen.
 */
import { type PlacedProblem, quote } from './placed-problem.ts';
import type { ParsedConfig, ParsedModel } from './schema.ts';

type Models = ParsedConfig['models'];

/** The lists, each followed on its own: what follows a filter is no way back from an outage. */
const listNames = ['fallbacks', 'context_fallbacks', 'content_fallbacks'] as const;

type ListName = (typeof listNames)[number];

export function checkFallbacks(models: Models): readonly PlacedProblem[] {
  return [
    ...Object.keys(models).flatMap((name) =>
      listNames.flatMap((list) => checkList({ models, name, list })),
    ),
    ...listNames.flatMap((list) => findCycles(models, list)),
  ];
}

interface Place {
  readonly models: Models;
  readonly name: string;
  readonly list: ListName;
}

function checkList({ models, name, list }: Place): readonly PlacedProblem[] {
  const model = own(models, name);
  const targets = model?.[list] ?? [];
  return targets.flatMap((targetName, index) => {
    const path = ['models', name, list, index];
    const target = own(models, targetName);
    if (model === undefined || target === undefined) {
      const message = `no model is called ${quote(targetName, Object.keys(models))}`;
      return [{ path, message }];
    }
    if (targets.indexOf(targetName) !== index) {
      return [{ path, message: `"${targetName}" is listed twice` }];
    }
    // The search for circles reports it.
    if (targetName === name) return [];
    return whyUnfit(model, target, list).map((why) => ({
      path,
      message: `"${targetName}" cannot take over from "${name}": ${why}`,
    }));
  });
}

function whyUnfit(model: ParsedModel, target: ParsedModel, list: ListName): readonly string[] {
  const kinds = model.kinds.filter((kind) => !target.kinds.includes(kind));
  const capabilities = model.capabilities.filter((each) => !target.capabilities.includes(each));
  return [
    ...whyTooSmall(model.context_window, target.context_window, list),
    ...(kinds.length > 0 ? [`it does not serve ${kinds.join(', ')}`] : []),
    ...(capabilities.length > 0 ? [`it lacks ${capabilities.join(', ')}`] : []),
  ];
}

function whyTooSmall(needed: number, window: number, list: ListName): readonly string[] {
  if (window < needed) return [`its context window is ${window}, smaller than ${needed}`];
  if (list !== 'context_fallbacks' || window > needed) return [];
  return [`its context window is ${window}, too, and what does not fit the one fits no other`];
}

/** Reports each circle once, at the entry that closes it. */
function findCycles(models: Models, list: ListName): readonly PlacedProblem[] {
  const problems: PlacedProblem[] = [];
  const finished = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    const targets = own(models, name)?.[list] ?? [];
    for (const [index, next] of targets.entries()) {
      const start = [...trail, name].indexOf(next);
      if (start !== -1) {
        const circle = [...[...trail, name].slice(start), next].join(' → ');
        const path = ['models', name, list, index];
        problems.push({ path, message: `${list} lead in a circle: ${circle}` });
      } else if (!finished.has(next)) visit(next, [...trail, name]);
    }
    finished.add(name);
  };
  for (const name of Object.keys(models)) if (!finished.has(name)) visit(name, []);
  return problems;
}

/** Own members only, so that a model called `constructor` is none. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
