/** A JSON token, or what stands between tokens; the text is JSON already. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Whether an object of this JSON text names a member twice, in any spelling (`"a"`, `"\u0061"`): JSON.parse takes the
 * last, a device may take the first, and the gateway would judge the one that does not count (RFC 8259 section 4).
 * @param text valid JSON
 */
export function hasRepeatedMember(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const name = (JSON.parse(last) as string).toLowerCase();
      const names = open.at(-1)!;
      if (names.has(name)) return true;
      names.add(name);
    }
    last = token;
  }
  return false;
}

/** A leaf of a JSON value: the names on the way to it joined with ".", and its value as text. */
export type JsonLeaf = readonly [name: string, value: string];

/**
 * The leaves of a JSON value, for judging. `{"params":[{"key":k,"value":v}]}` and objects of that form anywhere are
 * settings `k` with value `v`, as controllers take them. undefined when there are more than `most` or it nests deeper
 * than `depth`.
 */
export function jsonLeaves(value: unknown, most: number, depth: number): readonly JsonLeaf[] | undefined {
  const leaves: JsonLeaf[] = [];
  const walk = (node: unknown, name: string, left: number): boolean => {
    if (left < 0 || leaves.length > most) return false;
    if (typeof node !== "object" || node === null) {
      leaves.push([name, typeof node === "string" ? node : JSON.stringify(node)]);
      return leaves.length <= most;
    }
    const setting = settingOf(node);
    if (setting) {
      leaves.push(setting);
      return leaves.length <= most;
    }
    const entries = Array.isArray(node) ? node.map((item) => [name, item] as const) : Object.entries(node).map(
      ([member, item]) => [name === "" ? member : `${name}.${member}`, item] as const,
    );
    return entries.every(([inner, item]) => walk(item, inner, left - 1));
  };
  return walk(value, "", depth) ? leaves : undefined;
}

/** `{"key": k, "value": v}` and nothing besides. */
function settingOf(node: object): JsonLeaf | undefined {
  const { key, value, ...rest } = node as { key?: unknown; value?: unknown };
  if (typeof key !== "string" || value === undefined || Object.keys(rest).length > 0) return undefined;
  return [key, typeof value === "string" ? value : JSON.stringify(value)];
}
