// The worked example of docs/routing.md, computed again from what the page itself says.

import { readFileSync } from 'node:fs';
import { loadConfig } from '@forebay/shared/config/load-config';
import { formatUsd } from '@forebay/shared/domain/money';
import { exclusionCodes } from '@forebay/shared/domain/route-plan';
import { noHistory } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../scripts/bootstrap.mjs';
import { sampleFeatures, sampleLive } from '../support/sample-catalog.ts';

const page = readFileSync(`${repositoryRoot}/docs/routing.md`, 'utf8');
const [, text = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(page) ?? [];
const loaded = loadConfig({ path: 'routing.md', text, env: () => undefined });
const nowMs = 1_000_000;

/** The rows of the table that begins with this head. */
function rowsUnder(head: string): readonly (readonly string[])[] {
  const table = page.slice(page.indexOf(head)).split('\n\n', 1)[0] ?? '';
  const rows = table.split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the example comes out as the page says', () => {
  if (loaded.kind === 'invalid') throw new Error('the example does not load');
  const stands = rowsUnder('| Model | Expected cost, USD |');
  const live = stands.map(([name = '', , time = '', , running]) => {
    const figures = { serviceMs: Number.parseInt(time, 10), running: Number(running) };
    return [name, sampleLive({ ...figures, concurrency: 8 })] as const;
  });
  const task = { class: 'code', complexity: 'simple', confidence: 1, signals: [] } as const;
  const { candidates } = planRoute({
    catalog: loaded.config.catalog,
    request: {
      requested: 'auto',
      models: [],
      features: sampleFeatures({ inputTokensBound: 4_000, inputTokensEstimate: 1_000, task }),
    },
    live: { takenAtMs: nowMs, models: new Map(live) },
    limits: {
      ceilingLeftNanoUsd: 10n ** 12n,
      deadlineAtMs: nowMs + 600_000,
      nowMs,
      attemptsPerModelMax: 2,
    },
    history: noHistory,
    seed: 0,
  });
  const shown = candidates.map(({ model, expectedNanoUsd, expectedMs, quality }) =>
    [model, formatUsd(BigInt(expectedNanoUsd)), `${expectedMs} ms`, quality?.value].map(String),
  );
  expect(new Map(shown.map((row) => [row[0], row]))).toEqual(
    new Map(stands.map((row) => [row[0], row.slice(0, 4)])),
  );
  const scored = candidates.map(({ model, scores, score }) =>
    [model, scores?.cost, scores?.speed, scores?.quality, scores?.load, score].map(String),
  );
  expect(scored).toEqual(rowsUnder('| Model | Cost | Speed |'));
});

test('every code for a model that is left out stands on the page', () => {
  expect(exclusionCodes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
