/** Writes what a scenario measured: a page for people, the same as JSON for programs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  /** Markdown without a title. */
  readonly page: string;
  /** `undefined` where Redis had no part in it. */
  readonly redisVersion: string | undefined;
  /** Everything that was measured. */
  readonly data: unknown;
}

const folder = fileURLToPath(new URL('../results/', import.meta.url));

export function writeResult(machine: Machine, result: ScenarioResult): void {
  const { name, title, page, data, redisVersion } = result;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}${name}.md`,
    `# ${title}\n\n${describe(machine, redisVersion)}\n\n${page}`,
  );
  writeFileSync(
    `${folder}${name}.json`,
    `${JSON.stringify({ name, machine, redisVersion, data }, null, 2)}\n`,
  );
}

function describe(machine: Machine, redis: string | undefined): string {
  const { cores, processor, memoryGiB, platform, node, commit, measuredAt } = machine;
  const hardware = `${cores} cores (${processor}), ${memoryGiB} GiB, ${platform}`;
  const server = redis === undefined ? '' : `Redis ${redis}; `;
  return `Written by \`npm run bench\`. ${hardware}; Node ${node},
${server}commit ${commit}, ${measuredAt} UTC.`;
}
