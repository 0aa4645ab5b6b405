/** What intake does with one kilobyte of a prompt: telling its task, and predicting quality. */
import { OutcomeCollector } from '@forebay/shared/learning/collect-outcomes';
import { allRows } from '@forebay/shared/learning/outcome-table';
import { openPredictor } from '@forebay/shared/learning/predictor';
import { readFeatures } from '@forebay/shared/learning/prompt-features';
import { trainPredictor } from '@forebay/shared/learning/train-predictor';
import { classifyTask } from '@forebay/shared/tasks/classify-task';
import { readPrompt } from '@forebay/shared/tasks/read-prompt';

const kilobyteUnits = 1_024;

/** Enough prompts for every learner to have its part. */
const trainingPrompts = 600;

const tasks = [
  'Write a Python function that parses the log of',
  'Explain step by step why people like',
  'Extract every date and amount from the letter about',
  'Translate into French what was said of',
];
const subjects = ['the harbour', 'an old house', 'two rivers', 'the tram line', 'a red bicycle'];
const places = ['in Lisbon', 'near the station', 'by the sea', 'at the market', 'up the hill'];

function promptAt(number: number): string {
  const at = (list: readonly string[], step: number): string =>
    list[Math.floor(number / step) % list.length] ?? '';
  return `${at(tasks, 1)} ${at(subjects, 4)} ${at(places, 20)}, ${number} times at most.`;
}

function kilobyteOfPrompts() {
  const prompts = Array.from({ length: 40 }, (_, number) => promptAt(7 * number));
  return readPrompt({ input: prompts.join(' ').slice(0, kilobyteUnits) });
}

/** Four models, each good at one of the tasks. */
function trainedPredictor() {
  const collector = new OutcomeCollector();
  for (let number = 0; number < trainingPrompts; number += 1) {
    const prompt = promptAt(number);
    for (const [place, model] of ['a', 'b', 'c', 'd'].entries()) {
      const score = number % tasks.length === place ? 1 : 0.3;
      collector.add(JSON.stringify({ prompt, model, score }));
    }
  }
  const table = collector.table();
  return trainPredictor(table, allRows(table), { seed: 1 }).predictor;
}

export function classifyKilobyte(): () => void {
  const texts = kilobyteOfPrompts();
  return () => void classifyTask({ texts, asksForSchema: false });
}

/** @returns reads the features and predicts, as intake does after the task is known. */
export function predictKilobyte(): () => void {
  const open = openPredictor(trainedPredictor());
  const texts = kilobyteOfPrompts();
  const { class: taskClass } = classifyTask({ texts, asksForSchema: false });
  return () => void open.predict([{ features: readFeatures(texts), class: taskClass }]);
}
