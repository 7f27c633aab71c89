/** Lines of one text beyond which no diff is made: the table of the comparison grows with their product. */
export const DIFF_LINES = 2_000;
/** Unchanged lines that are shown around a change. */
const CONTEXT = 2;

/**
 * What changed between two texts, line by line: "-old", "+new", " same" near a change, "@@" where lines are left out.
 * Empty: nothing changed. Texts longer than DIFF_LINES are only said to differ.
 */
export function diffLines(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const [old, next] = [before.split("\n"), after.split("\n")];
  if (Math.max(old.length, next.length) > DIFF_LINES) return ["@@ the file changed; it is too long to compare here"];
  return nearChanges(walk(old, next, commonLengths(old, next)));
}

/** Length of the longest common part of the rests of both texts, for every pair of starts. */
function commonLengths(old: readonly string[], next: readonly string[]): readonly Uint16Array[] {
  const table = Array.from({ length: old.length + 1 }, () => new Uint16Array(next.length + 1));
  for (let a = old.length - 1; a >= 0; a--) {
    for (let b = next.length - 1; b >= 0; b--) {
      table[a]![b] = old[a] === next[b] ? table[a + 1]![b + 1]! + 1 : Math.max(table[a + 1]![b]!, table[a]![b + 1]!);
    }
  }
  return table;
}

function walk(old: readonly string[], next: readonly string[], common: readonly Uint16Array[]): string[] {
  const lines: string[] = [];
  let a = 0, b = 0;
  while (a < old.length || b < next.length) {
    if (a < old.length && b < next.length && old[a] === next[b]) lines.push(` ${old[a++]}`), b++;
    else if (b >= next.length || a < old.length && common[a + 1]![b]! >= common[a]![b + 1]!) lines.push(`-${old[a++]}`);
    else lines.push(`+${next[b++]}`);
  }
  return lines;
}

/** Leaves out what is far from every change. */
function nearChanges(lines: readonly string[]): readonly string[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => !line.startsWith(" "))
  );
  return lines.flatMap((line, at) => isNear[at] ? [line] : isNear[at - 1] || at === 0 ? ["@@"] : []);
}
