import { type Comment, type Node, parseSync, visitorKeys } from 'oxc-parser';

/** One place in the syntax tree with everything around it, outermost first. */
export interface Site {
  readonly node: Node;
  readonly ancestors: readonly Node[];
}

/** What a parsed TypeScript or JavaScript file consists of. */
export interface Syntax {
  /** Every node, a parent before its children. */
  readonly sites: readonly Site[];
  readonly comments: readonly Comment[];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** The nodes directly inside a node, in source order. */
function childrenOf(node: Node): readonly Node[] {
  const keys = visitorKeys[node.type] ?? [];
  const values = new Map<string, unknown>(Object.entries(node));
  return keys.flatMap((key) => values.get(key)).filter(isNode);
}

function collect(node: Node, ancestors: readonly Node[]): Site[] {
  const inside = [...ancestors, node];
  return [{ node, ancestors }, ...childrenOf(node).flatMap((child) => collect(child, inside))];
}

/** @returns every node below the given one, itself included */
export function nodesWithin(node: Node): readonly Node[] {
  return collect(node, []).map((site) => site.node);
}

/**
 * Parses a file.
 *
 * @throws Error when the text is not valid TypeScript or JavaScript
 */
export function parseSyntax(path: string, text: string): Syntax {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`);
  return { sites: collect(program, []), comments };
}

/** @returns the name that a call is made by, such as `setTimeout`, `Date.now`, `test.each` */
export function calleeName(node: Node): string | null {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'CallExpression') return calleeName(node.callee);
  if (node.type === 'TaggedTemplateExpression') return calleeName(node.tag);
  if (node.type !== 'MemberExpression') return null;
  const object = calleeName(node.object);
  if (object === null) return null;
  const { property } = node;
  if (property.type === 'Identifier') return `${object}.${property.name}`;
  return property.type === 'Literal' ? `${object}.${String(property.value)}` : null;
}
