/** Checks names that stand for others: they resolve, and lead nowhere in a circle. */
import { type PlacedProblem, quote } from './placed-problem.ts';
import type { ParsedConfig } from './schema.ts';

/** A name that stands for another one, and where the file says so. */
interface Link {
  readonly from: string;
  readonly to: string;
  readonly path: PlacedProblem['path'];
}

export function checkAliases(config: ParsedConfig): readonly PlacedProblem[] {
  const links = linksOf(config);
  return [...checkNames(config), ...checkTargets(config, links), ...findCircles(links)];
}

function linksOf({ aliases, models }: ParsedConfig): readonly Link[] {
  return [
    ...Object.entries(aliases).flatMap(([from, { versions }]) =>
      versions.map(({ target }) => ({ from, to: target, path: ['aliases', from, 'versions'] })),
    ),
    ...Object.entries(models).flatMap(([from, { replaced_by: to }]) =>
      to === undefined ? [] : [{ from, to, path: ['models', from, 'replaced_by'] }],
    ),
  ];
}

function checkNames({ aliases, models, routes }: ParsedConfig): readonly PlacedProblem[] {
  return Object.keys(aliases).flatMap((name) => {
    const what = Object.hasOwn(models, name) ? 'model' : 'route';
    if (!Object.hasOwn(models, name) && !Object.hasOwn(routes, name)) return [];
    return [{ path: ['aliases', name], message: `a ${what} is called "${name}" already` }];
  });
}

function checkTargets(config: ParsedConfig, links: readonly Link[]): readonly PlacedProblem[] {
  const { models, routes, aliases } = config;
  const known = [models, routes, aliases].flatMap((each) => Object.keys(each));
  const unknown = links
    .filter(({ to }) => !known.includes(to))
    .map(({ to, path }) => ({
      path,
      message: `no model, route or alias is called ${quote(to, known)}`,
    }));
  const untimely = Object.entries(models)
    .filter(([, model]) => model.replaced_by !== undefined && model.retires === undefined)
    .map(([name]) => ({
      path: ['models', name, 'replaced_by'],
      message: 'expected `retires` as well: from then on the other takes its place',
    }));
  return [...unknown, ...untimely];
}

/** Reports each circle once, at the entry that closes it. */
function findCircles(links: readonly Link[]): readonly PlacedProblem[] {
  const problems: PlacedProblem[] = [];
  const finished = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    const names = [...trail, name];
    for (const { to, path } of links.filter(({ from }) => from === name)) {
      const start = names.indexOf(to);
      if (start !== -1) {
        const circle = [...names.slice(start), to].join(' → ');
        problems.push({ path, message: `the names lead in a circle: ${circle}` });
      } else if (!finished.has(to)) visit(to, names);
    }
    finished.add(name);
  };
  for (const { from } of links) if (!finished.has(from)) visit(from, []);
  return problems;
}
