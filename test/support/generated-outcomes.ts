/**
 * Outcomes of prompts that are made up: eight kinds of tasks, four models that are each good at
 * some of them, wording and length that vary. What is right is known, so a router can be judged.
 */
import { seededNumbers } from './seeded-numbers.ts';

export interface GeneratedOutcomes {
  /** Prompts of the set. */
  readonly prompts: number;
  readonly seed: number;
  /** Chance that a label is the wrong one. */
  readonly labelNoise: number;
  /** Scores that have nothing to do with the prompt. */
  readonly isPureNoise?: boolean;
}

interface Task {
  readonly openings: readonly string[];
  readonly things: readonly string[];
  /** Models, by place, that can do it when it is easy, and when it is hard. */
  readonly easyFor: readonly number[];
  readonly hardFor: readonly number[];
}

const words = (text: string): readonly string[] => text.split(',').map((word) => word.trim());

const tasks: readonly Task[] = [
  {
    openings: words('Write a function that, Fix the bug where the program, Implement a class that'),
    things: words('parses a date, sorts records by key, retries a request, merges two branches'),
    ...{ easyFor: [1, 3], hardFor: [3] },
  },
  {
    openings: words('Solve for x when, What is the sum if, Calculate how many there are when'),
    things: words('x squared equals 49, a train makes 80 km in an hour, 12 boxes hold 7 pears'),
    ...{ easyFor: [2, 3], hardFor: [2] },
  },
  {
    openings: words('Extract all names from, List the dates in, Return as JSON the amounts of'),
    things: words('this invoice by ACME, the letter of Ms Doe, the contract signed in May'),
    ...{ easyFor: [0, 1], hardFor: [1] },
  },
  {
    openings: words('Summarise, Give the key points of, Shorten to one sentence'),
    things: words('the report on harbour traffic, the minutes of the council, this long article'),
    ...{ easyFor: [0, 2], hardFor: [0] },
  },
  {
    openings: words('Translate into German:, How do you say in French:, Give the Spanish for:'),
    things: words('the shop opens at nine, I forgot my keys, we would like to book a table'),
    ...{ easyFor: [0, 1, 2], hardFor: [0] },
  },
  {
    openings: words('Hello there and, Tell me please about, What do people think of'),
    things: words('the weather in Lisbon, good books for a flight, dogs that bark at night'),
    ...{ easyFor: [0, 1, 2, 3], hardFor: [1, 2] },
  },
  {
    openings: words('Explain step by step why, Compare the reasons for which, Analyse whether'),
    things: words('ships of steel float, the empire fell apart, taxes on carbon work better'),
    ...{ easyFor: [2], hardFor: [2] },
  },
  {
    openings: words('Write a poem in which, Invent a story where, Imagine a dialogue when'),
    things: words('the moon meets a fox, a lighthouse falls asleep, autumn learns to sing'),
    ...{ easyFor: [3], hardFor: [3] },
  },
];

const details = words(
  'it rains on Tuesdays, the house is old, nobody was there, the light was green, she had a map, ' +
    'the river is wide, they waited for hours, he counted twice, a bell rang, the road was closed',
);

/** What makes a task hard. */
const demands = words(
  'every case must be covered, prove that it is right, give no example twice, keep it rigorous',
);

const generatedModels = ['alpha', 'beta', 'gamma', 'delta'] as const;

/** @returns one line for each prompt and model, as `forebay calibrate` takes them. */
export function generateOutcomes(of: GeneratedOutcomes): string[] {
  const random = seededNumbers(of.seed);
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[Math.floor(random() * list.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  };
  return Array.from({ length: of.prompts }, (_, number) => {
    const task = pick(tasks);
    const isHard = random() < 0.4;
    const extra = Array.from({ length: Math.floor(random() * 5) }, () => pick(details));
    const asks = isHard ? [pick(demands), pick(demands)] : [];
    const prompt = [`${pick(task.openings)} ${pick(task.things)}`, ...extra, ...asks].join(', ');
    const able = isHard ? task.hardFor : task.easyFor;
    return generatedModels.map((model, place) => {
      const isFlipped = random() < of.labelNoise;
      const isRight = of.isPureNoise === true ? random() < 0.6 : able.includes(place);
      const score = isRight === isFlipped ? 0 : 1;
      return JSON.stringify({ prompt: `${prompt} (${number})`, model, score, cost_usd: 1 + place });
    });
  }).flat();
}
