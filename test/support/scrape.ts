/** Reads what a process shows under `/metrics`. */

export interface Scrape {
  readonly text: string;
  /** Names as in the `# TYPE` lines. */
  readonly names: ReadonlySet<string>;
  /** Every name that a query can use: of histograms also `_bucket`, `_sum` and `_count`. */
  readonly queryable: ReadonlySet<string>;
  /** The sum over the series of a name whose labels contain these. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

/** @param url of the listener, without the path. */
export async function scrape(url: string): Promise<Scrape> {
  const answer = await fetch(`${url}/metrics`);
  if (!answer.ok) throw new Error(`${url}/metrics answered ${answer.status}`);
  const text = await answer.text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  const names = types.map((match) => match[1] ?? '');
  const parts = types.flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return {
    text,
    names: new Set(names),
    queryable: new Set(parts),
    sum(name, labels = {}) {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const series = [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))];
      return series
        .filter(([, found = '']) => wanted.every((label) => found.includes(label)))
        .reduce((sum, [, , value]) => sum + Number(value), 0);
    },
  };
}
