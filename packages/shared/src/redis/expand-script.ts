/**
 * The whole text of a script: its file, with the files that it includes, without their functions
 * that it does not use.
 *
 * Redis runs the whole text with each call: Lua makes every function of it anew each time, and
 * the more there are, the longer it searches for what each refers to. For small scripts with large
 * includes that was half of the time of a call.
 */
import { readFileSync } from 'node:fs';

// The scripts stand beside the source in every layout: this file is in src/redis or dist/redis.
const luaDirectory = new URL('../../src/redis/lua/', import.meta.url);

/** @param path of a script below the folder `lua`, without its ending. */
export function expandScript(path: string): string {
  return withoutUnusedFunctions(readWithIncludes(path));
}

function readWithIncludes(path: string): string {
  const text = readFileSync(new URL(`${path}.lua`, luaDirectory), 'utf8');
  return text.replace(/^-- @include (\S+)$/gm, (_line, inner: string) => readWithIncludes(inner));
}

/**
 * Empties the lines of local functions that nothing behind them names, so that the others keep
 * their numbers: errors tell them. A function begins at the left margin and ends with its line, or
 * with the next `end` at the margin. What only a text names counts as used.
 */
export function withoutUnusedFunctions(text: string): string {
  const kept: string[] = [];
  const named = new Set<string>();
  for (const part of splitAtFunctions(text).toReversed()) {
    const isUsed = part.functionName === undefined || named.has(part.functionName);
    kept.push(isUsed ? part.text : part.text.replaceAll(/[^\n]/g, ''));
    if (!isUsed) continue;
    for (const [word] of part.text.replaceAll(/^\s*--.*$/gm, '').matchAll(/\w+/g)) named.add(word);
  }
  return kept.toReversed().join('');
}

interface ScriptPart {
  /** `undefined` for what stands between functions. */
  readonly functionName: string | undefined;
  readonly text: string;
}

function splitAtFunctions(text: string): ScriptPart[] {
  const parts: ScriptPart[] = [];
  let start = 0;
  for (const found of text.matchAll(/^local function (\w+)\((?:.*\bend|.*\n[\s\S]*?\nend)$/gm)) {
    parts.push({ functionName: undefined, text: text.slice(start, found.index) });
    parts.push({ functionName: found[1], text: found[0] });
    start = found.index + found[0].length;
  }
  parts.push({ functionName: undefined, text: text.slice(start) });
  return parts;
}
