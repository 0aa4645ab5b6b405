// `forebay prices`: import, list, show. No server takes part.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCommandHere } from '../support/run-command-here.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';

function folder(): string {
  const path = makeFolder('prices');
  onTestFinished(() => removeFolder(path));
  return path;
}

const run = (...args: readonly string[]) => runCommandHere(['prices', ...args], {});

const listed = {
  'gpt-x': {
    litellm_provider: 'openai',
    mode: 'chat',
    input_cost_per_token: 1.25e-6,
    output_cost_per_token: 1e-5,
  },
  'free-x': {
    ...{ litellm_provider: 'openai', mode: 'chat' },
    ...{ input_cost_per_token: 0, output_cost_per_token: 0 },
  },
  'openai/gpt-x': {
    ...{ litellm_provider: 'openai', mode: 'chat' },
    ...{ input_cost_per_token: 1e-6, output_cost_per_token: 9e-6 },
  },
};

describe('forebay prices', () => {
  test('makes a file of another list that a configuration takes', async () => {
    const place = folder();
    const [from, to] = [join(place, 'list.json'), join(place, 'prices.yaml')];
    writeFileSync(from, JSON.stringify(listed));
    const unreal = await run('import', from, '--as-of', '2026-13-99');
    expect(unreal).toMatchObject({ code: 2, stderr: expect.stringContaining('calendar') });
    const imported = await run('import', from, '--out', to, '--as-of', '2026-11-01');
    expect(imported).toMatchObject({ code: 0, stdout: '' });
    expect(imported.stderr).toContain('1 left out: it is listed as free');
    expect(imported.stderr).toContain('openai/gpt-x is listed at different prices');
    expect(await run('list', 'openai/gpt-x', '--file', to)).toMatchObject({ code: 0 });
    expect(readFileSync(to, 'utf8')).toMatch(/"openai\/gpt-x": \{"input":"1\.25",.*"output":"10"/);

    const config = join(place, 'forebay.yaml');
    writeFileSync(
      config,
      `providers: {p: {dialect: openai, base_url: "http://127.0.0.1:9/v1"}}
prices: prices.yaml
models: {m: {context_window: 9000, price_from: openai/gpt-x, deployments: [{provider: p}]}}
`,
    );
    const shown = await run('show', 'm', '--config', config, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject([
      { of: 'm/p', id: expect.stringMatching(/^openai\/gpt-x@2026-11-01\+/), input: '1.25' },
    ]);
  });

  test('lists rows by a part of their names, own rows in the place of known ones', async () => {
    const own = join(folder(), 'own.yaml');
    writeFileSync(own, 'rows: {openai/gpt-5: {input: 7, output: 8, source: contract}}');
    const known = await run('list', 'openai/gpt-5', '--json');
    const mixed = await run('list', 'openai/gpt-5', '--json', '--file', own);
    const inputOf = (text: string): unknown =>
      JSON.parse(text).find(({ name }: { name: string }) => name === 'openai/gpt-5')?.input;
    expect([inputOf(known.stdout), inputOf(mixed.stdout)]).toEqual(['1.25', '7']);
    expect(await run('list', 'no such thing')).toMatchObject({ code: 1 });
  });

  test('shows tiers of a row, and guesses a name that was meant', async () => {
    const shown = await run('show', 'anthropic/claude-sonnet-4-5');
    expect(shown.stdout).toContain('above 200000 input tokens');
    const wrong = await run('show', 'openai/gpt-55555');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean') });
  });
});
