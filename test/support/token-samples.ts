/**
 * Texts of the kinds that prompts are made of, to hold the bound and the estimate of tokens against
 * a real tokenizer. Fixed, because a page of the docs shows what comes of them.
 */
import { seededRandom } from './seeded-random.ts';

export interface TokenSample {
  readonly name: string;
  readonly text: string;
}

const prose = `\
The reservoir was built in three years by people who had never seen one. Each spring the \
snow came down from the hills, and each summer the fields below were dry; so the village \
decided to keep a part of the spring for the summer. They began with stones, went on with \
clay, and ended with a wall that a man could walk across in ten minutes. The engineer, a \
quiet woman from the coast, wrote down every load of earth that went into it, because she \
wanted to know afterwards what it had cost. When the gates were closed for the first time, \
nobody spoke. The water rose slowly, a hand's width a day, and it took until June before \
anyone believed that it would hold.`;

const code = `export async function* readLines(input: Chunks, signal: AbortSignal) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    if (signal.aborted) throw new Error(\`aborted after \${rest.length} characters\`);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.trimEnd();
  }
  if (rest !== '') yield rest;
}

def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    index = max(0, math.ceil(share * len(ordered)) - 1)
    return ordered[index]

SELECT model, count(*) AS calls, sum(cost_nano_usd) / 1e9 AS usd
FROM ledger WHERE ended_at >= now() - interval '1 day' GROUP BY model ORDER BY usd DESC;
`;

const records = Array.from({ length: 12 }, (_, index) => ({
  id: `ord_${(index * 7_919 + 104_729).toString(36)}`,
  customer: { name: 'A. Example', country: index % 2 === 0 ? 'NL' : 'PT', vip: index % 3 === 0 },
  items: [
    {
      sku: `SKU-${1_000 + index * 37}`,
      quantity: (index % 4) + 1,
      price_cents: 1_299 + index * 250,
    },
  ],
  created_at: `2026-0${(index % 9) + 1}-1${index % 10}T08:3${index % 6}:00Z`,
}));

const chinese = `水库建成已有三年。每年春天，雪水从山上流下来；到了夏天，下面的田地却总是干旱。于是村里的人决定\
把一部分春天的水留到夏天使用。他们先用石头，再用黏土，最后筑起了一道要走十分钟才能走完的大坝。工程师是一位\
来自海边的安静女子，她把每一车土都记录下来，因为她想知道这一切到底花了多少钱。闸门第一次关闭的时候，没有人说话。\
水位每天只上升一掌宽，直到六月，大家才相信大坝能够撑住。`;

const russian = `\
Водохранилище строили три года люди, которые никогда раньше его не видели. Каждую весну с \
гор сходил снег, а каждое лето поля внизу сохли, и деревня решила сберечь часть весны на \
лето. Инженер записывала каждую телегу земли, потому что хотела знать, во сколько всё это \
обошлось.`;

const emoji = '🚀🔥👩‍💻🏔️💧🌊😀🎉👍🏽🇳🇱❤️🧪📈🐳🤖✅⚠️🪣'.repeat(8);

function base64(): string {
  const random = seededRandom(20_261_126);
  const bytes = Array.from({ length: 1_500 }, () => Math.floor(random() * 256));
  return Buffer.from(bytes).toString('base64');
}

const whitespace = `${' '.repeat(600)}${'\n'.repeat(300)}${'\t'.repeat(200)}${' \n'.repeat(200)}`;

const rare = 'ꙮ𓀀𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ǅ ﷽ ꧅ ༄ 𒐫 ᚠᛇᚻ '.repeat(12);

/** The names are those of the table in docs/pricing.md. */
export const tokenSamples: readonly TokenSample[] = [
  { name: 'prose', text: prose },
  { name: 'code', text: code },
  { name: 'JSON', text: JSON.stringify(records, null, 2) },
  { name: 'JSON, packed', text: JSON.stringify(records) },
  { name: 'Chinese', text: chinese },
  { name: 'Russian', text: russian },
  { name: 'emoji', text: emoji },
  { name: 'base64', text: base64() },
  { name: 'whitespace', text: whitespace },
  { name: 'rare signs', text: rare },
];
