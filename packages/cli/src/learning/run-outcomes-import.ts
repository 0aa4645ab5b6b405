/** `forebay outcomes import`. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { OutcomeFile, OutcomeSum } from '@forebay/shared/domain/outcome-file';
import { asJudgements, OutcomeTally } from '@forebay/shared/learning/tally-outcomes';
import type { Store } from '@forebay/shared/redis/open-store';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput } from '../program/command-input.ts';
import { configured } from '../program/configured.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { withStore } from '../store/with-store.ts';
import { readTenant } from '../tenants/read-tenant.ts';
import { formatTable } from '../terminal/format-table.ts';
import { forEachOutcome } from './for-each-outcome.ts';
import { StepProgress } from './step-progress.ts';

const defaultWeight = '1';

export async function runOutcomesImport(input: CommandInput): Promise<number> {
  const { options } = input;
  const [file = ''] = input.arguments;
  const tenant = readTenant(options.text('tenant'), '--tenant');
  const weight = Number(options.text('weight') ?? defaultWeight);
  await withStore(readSettings(input.environment), async (store) => {
    if ((await store.tenants.read(tenant)) === undefined) {
      throw new ForebayError('not_found', `There is no tenant ${tenant}. Check the name.`);
    }
    const read = await tally(input, { file, tenant, store });
    const sums = asJudgements(read.tally, weight);
    const isKnown = read.tally.base?.lines === read.tally.file.lines;
    const isDryRun = options.isOn('dry-run');
    if (!isKnown && !isDryRun) await count(store, { tenant, read, sums, weight });
    report(input, { tenant, read, sums, isKnown, isDryRun });
  });
  return exitCode.done;
}

interface ReadTally {
  readonly tally: OutcomeTally;
  /** The last file that had been counted when this one was read. */
  readonly newest: OutcomeFile | undefined;
  /** Bad lines that were left out. */
  readonly skipped: number;
}

interface TallyRequest {
  readonly file: string;
  readonly tenant: TenantId;
  readonly store: Store;
}

async function tally(
  input: CommandInput,
  { file, tenant, store }: TallyRequest,
): Promise<ReadTally> {
  const config = configured(input);
  const counted = await store.outcomeImports.listFiles(tenant);
  const result = new OutcomeTally({
    counted,
    weights: config?.tasks.weights,
    models: config === undefined ? undefined : new Set(config.catalog.models.keys()),
  });
  const progress = new StepProgress(input.terminal);
  const skipped = await forEachOutcome(input, { file, progress, add: (line) => result.add(line) });
  progress.end();
  return { tally: result, newest: counted.at(-1), skipped };
}

interface CountRequest {
  readonly tenant: TenantId;
  readonly read: ReadTally;
  readonly sums: readonly OutcomeSum[];
  readonly weight: number;
}

function count({ outcomeImports, audit }: Store, request: CountRequest): Promise<void> {
  const {
    tenant,
    read: { tally, newest },
    weight,
  } = request;
  const { base } = tally;
  const file = { ...tally.file, weight: Math.max(weight, base?.weight ?? 0) };
  const sums = request.sums.filter(({ count: judgements }) => judgements > 0);
  return auditedCommand(audit, {
    action: 'quality.import',
    target: `tenant:${tenant}`,
    async change() {
      const countedMs = await outcomeImports.countOutcomes({ tenant, file, newest, sums });
      if (countedMs === undefined) {
        const why = `Another file was counted for ${tenant} while this one was read.`;
        throw new ForebayError('version_mismatch', `${why} Nothing was counted: run it again.`);
      }
      const after = { digest: file.digest, lines: file.lines, since: base?.lines ?? 0 };
      return { value: undefined, before: undefined, after };
    },
  });
}

interface Report {
  readonly tenant: TenantId;
  readonly read: ReadTally;
  readonly sums: readonly OutcomeSum[];
  readonly isKnown: boolean;
  readonly isDryRun: boolean;
}

function report({ terminal }: CommandInput, { tenant, read, sums, isKnown, isDryRun }: Report) {
  const { outcomes, file, base } = read.tally;
  terminal.document({
    tenant,
    digest: file.digest,
    lines: file.lines,
    lines_counted_before: base?.lines ?? 0,
    lines_skipped: read.skipped,
    imported: !isKnown && !isDryRun,
    sums: outcomes.map(({ model, task, count: added, scores }, at) => ({
      model,
      task,
      outcomes: added,
      mean_score: scores / added,
      judgements: sums[at]?.count ?? 0,
    })),
  });
  if (isKnown) {
    terminal.out(`All ${file.lines} lines have been counted for ${tenant} before.\n`);
    return;
  }
  const rows = outcomes.map(({ model, task, count: added, scores }, at) => [
    ...[model, task, added],
    ...[(scores / added).toFixed(4), (sums[at]?.count ?? 0).toFixed(1)],
  ]);
  const before = base === undefined ? '' : `, the first ${base.lines} counted before`;
  const done = isDryRun ? 'Nothing was counted (--dry-run)' : `Counted for ${tenant}`;
  const most = `at most ${limits.importedJudgementsMax} for a model and task`;
  const head = ['model', 'task', 'outcomes', 'mean score', 'judgements'];
  terminal.out(`${file.lines} lines${before}; ${most}\n\n${formatTable(head, rows)}\n${done}.\n`);
}
