/** Lines for bulk calls. */

export interface BulkJob {
  readonly kind: string;
  readonly model: string;
  readonly body: unknown;
  readonly custom_id?: string;
}

/** A small chat for the model `alpha`. */
export function bulkJob(customId?: string, content = 'Say hello.'): BulkJob {
  return {
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content }], max_tokens: 20 },
    ...(customId === undefined ? {} : { custom_id: customId }),
  };
}

/** Different lines, named `row-1`, `row-2` and so on. */
export function bulkRows(count: number): readonly BulkJob[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `row-${index + 1}`;
    return bulkJob(name, `Say ${name}.`);
  });
}

export function ndjson(jobs: readonly unknown[]): string {
  return jobs.map((job) => `${JSON.stringify(job)}\n`).join('');
}
