/** `forebay calibrate`. */
import { writeFileSync } from 'node:fs';
import { allRows } from '@forebay/shared/learning/outcome-table';
import { writePredictor } from '@forebay/shared/learning/predictor-file';
import { type Training, trainPredictor } from '@forebay/shared/learning/train-predictor';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { formatTable } from '../terminal/format-table.ts';
import { type ReadOutcomes, readOutcomes } from './read-outcomes.ts';
import { StepProgress } from './step-progress.ts';

const defaultOut = 'forebay.predictor';
const defaultSeed = '1';

export async function runCalibrate(input: CommandInput): Promise<number> {
  const { options, terminal } = input;
  const progress = new StepProgress(terminal);
  const outcomes = await readOutcomes(input, progress);
  const seed = Number(options.text('seed') ?? defaultSeed);
  const { table } = outcomes;
  const training = trainPredictor(table, allRows(table), {
    seed,
    onProgress: (step, share) => progress.show(step, share),
  });
  progress.end();
  const compared = training.mixture.compared.map(
    ({ learner, label, deviationsExplained, commonExplained }) => ({
      learner,
      label,
      deviationsExplained,
      commonExplained,
    }),
  );
  const bytes = writePredictor({
    facts: {
      trainedAt: new Date(systemClock.nowMs()).toISOString(),
      seed,
      rows: outcomes.rows,
      prompts: table.prompts.length,
      compared,
    },
    predictor: training.predictor,
    promptHashes: table.prompts.map(({ hash }) => hash),
  });
  const out = options.text('out') ?? defaultOut;
  writeFile(out, bytes);
  report(input, { outcomes, training, out, bytes: bytes.length });
  return exitCode.done;
}

function writeFile(out: string, bytes: Buffer): void {
  try {
    writeFileSync(out, bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${out} cannot be written (${why}).`);
  }
}

interface Calibration {
  readonly outcomes: ReadOutcomes;
  readonly training: Training;
  readonly out: string;
  readonly bytes: number;
}

function report({ terminal }: CommandInput, calibration: Calibration): void {
  const { outcomes, training, out, bytes } = calibration;
  const { table, rows, scaledFrom } = outcomes;
  const { mixture } = training;
  const chosen = mixture.isTrusted ? 'mixture' : 'prior';
  if (scaledFrom !== undefined) {
    terminal.note(`scores from ${scaledFrom.min} to ${scaledFrom.max} were brought to 0 … 1`);
  }
  terminal.out(
    `${table.prompts.length} prompts, ${table.models.length} models, ${rows} outcomes\n\n`,
  );
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  terminal.out(
    formatTable(
      ['out of fold', 'setting', 'agrees by', 'differences explained', 'easiness explained', ''],
      mixture.compared.map((each) => [
        each.learner,
        each.label,
        each.agreement.toFixed(1),
        share(each.deviationsExplained),
        share(each.commonExplained),
        each.learner === chosen ? 'chosen' : '',
      ]),
    ),
  );
  terminal.out(`\n${sayChoice(training)}\n${out}: ${bytes} bytes\n`);
  terminal.document({
    artefact: out,
    bytes,
    models: table.models,
    prompts: table.prompts.length,
    outcomes: rows,
    skipped: outcomes.skipped,
    scores_scaled_from: scaledFrom ?? null,
    chosen,
    agreement_in_standard_errors: mixture.agreement,
    compared: mixture.compared.map((each) => ({
      learner: each.learner,
      setting: each.label,
      agreement_in_standard_errors: each.agreement,
      differences_explained: each.deviationsExplained,
      easiness_explained: each.commonExplained,
    })),
  });
}

function sayChoice({ mixture }: Training): string {
  const errors = mixture.agreement.toFixed(1);
  return mixture.isTrusted
    ? `Chosen: the mixture; its differences go the way of the scores by ${errors} standard errors.`
    : `Chosen: the means of the models; differences may be chance (${errors} standard errors).`;
}
