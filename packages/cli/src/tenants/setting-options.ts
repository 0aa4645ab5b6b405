/** Options whose values are settings: what they look like, and how their text becomes a value. */
import { isRealDay } from '@forebay/shared/domain/is-real-day';
import type { ScoreWeightChanges } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import { parseUsd } from '@forebay/shared/domain/money';
import type { OptionValues } from '../program/command-input.ts';
import type { OptionSpec } from '../program/command-spec.ts';
import { UsageError } from '../program/usage-error.ts';

/** The word that takes a setting away. */
const nothing = 'none';

export function usdOption(name: string, description: string): OptionSpec {
  const pattern = /^(none|\d{1,7}(\.\d{1,9})?)$/;
  return { name, value: 'usd', description, expected: { pattern, text: 'US dollars, or none' } };
}

export function countOption(name: string, description: string): OptionSpec {
  const pattern = /^(none|[1-9]\d{0,8})$/;
  const text = 'a whole number above 0, or none';
  return { name, value: 'count', description, expected: { pattern, text } };
}

export function weightOption(name: string, description: string): OptionSpec {
  const pattern = /^(none|(cost|speed|quality|load)=\d{1,4}(\.\d{1,6})?)$/;
  const text = 'cost, speed, quality or load with a number, such as quality=4, or none';
  return { name, value: 'part=number', description, repeatable: true, expected: { pattern, text } };
}

/** The value as a member, or no member for an option that was not given. */
export function usdOf<Name extends string>(
  options: OptionValues,
  option: string,
  member: Name,
): { readonly [key in Name]?: NanoUsd | undefined } {
  return memberOf(member, options.text(option), parseUsd);
}

export function countOf<Name extends string>(
  options: OptionValues,
  option: string,
  member: Name,
): { readonly [key in Name]?: number | undefined } {
  return memberOf(member, options.text(option), Number);
}

/** @throws UsageError for text of the right form that is no time, such as a 31st of November. */
export function timeOf<Name extends string>(
  options: OptionValues,
  option: string,
  member: Name,
): { readonly [key in Name]?: number | undefined } {
  return memberOf(member, options.text(option), (text) => {
    const atMs = Date.parse(text);
    if (Number.isFinite(atMs) && isRealDay(text.slice(0, 10))) return atMs;
    throw new UsageError(`--${option}: there is no such time: ${text}.`);
  });
}

/** A list; the single word `any` stands for no restriction. */
export function listOf<Name extends string>(
  options: OptionValues,
  option: string,
  member: Name,
): { readonly [key in Name]?: readonly string[] | undefined } {
  const given = options.all(option);
  if (given.length === 0) return {};
  return record(member, given.includes('any') ? undefined : given);
}

/** A list; the single word `none` empties it. */
export function namesOf<Name extends string>(
  options: OptionValues,
  option: string,
  member: Name,
): { readonly [key in Name]?: readonly string[] } {
  const given = options.all(option);
  if (given.length === 0) return {};
  return record(member, given.includes(nothing) ? [] : given);
}

/** All that are given, in place of those before; the single word `none` takes them away. */
export function weightsOf<Name extends string>(
  options: OptionValues,
  option: string,
  member: Name,
): { readonly [key in Name]?: ScoreWeightChanges | undefined } {
  const given = options.all(option);
  if (given.length === 0) return {};
  if (given.includes(nothing)) return record(member, undefined);
  const pairs = given.map((pair) => pair.split('='));
  return record(member, Object.fromEntries(pairs.map(([part, value]) => [part, Number(value)])));
}

function memberOf<Name extends string, Value>(
  member: Name,
  text: string | undefined,
  parse: (text: string) => Value,
): { readonly [key in Name]?: Value | undefined } {
  if (text === undefined) return {};
  return record(member, text === nothing ? undefined : parse(text));
}

function record<Name extends string, Value>(member: Name, value: Value) {
  // A computed key widens to any text; here it is the one that the caller named.
  return { [member]: value } as { readonly [key in Name]?: Value };
}
