import { isRecord } from '../text/is-record.ts';
import type { ToolOffer } from './draft-answer.ts';

/**
 * The function tools of a request. Chat nests each under `function`; responses has the same
 * fields flat. Other kinds of tool are passed over.
 */
export function readTools(tools: unknown): ToolOffer[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown) => {
    if (!isRecord(tool) || tool['type'] !== 'function') return [];
    const described = isRecord(tool['function']) ? tool['function'] : tool;
    const name = described['name'];
    return typeof name === 'string' ? [{ name, parameters: described['parameters'] ?? {} }] : [];
  });
}

/**
 * The tool the model calls now: the one that was named, else the first one when a call is
 * required or when `auto` meets a fresh question. After a tool's result it answers in words.
 */
export function chooseTool(
  tools: readonly ToolOffer[],
  choice: unknown,
  afterToolResult: boolean,
): ToolOffer | null {
  const first = tools[0] ?? null;
  if (choice === 'none' || first === null) return null;
  if (isRecord(choice)) {
    const nested = isRecord(choice['function']) ? choice['function'] : choice;
    return tools.find((tool) => tool.name === nested['name']) ?? first;
  }
  if (choice === 'required') return first;
  return afterToolResult ? null : first;
}
