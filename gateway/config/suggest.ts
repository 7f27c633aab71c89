/** Words longer than this are not compared: no key or value of site.yaml is. */
const LONGEST = 64;

/**
 * The candidate a person most likely meant: the same but for case, one that starts with the word, or the nearest by
 * edit distance when no more than a third of the word is wrong. Undefined when none is near.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word === "" || word.length > LONGEST) return undefined;
  const low = word.toLowerCase();
  const same = candidates.find((candidate) => candidate.toLowerCase() === low);
  if (same !== undefined) return same;
  const longer = candidates.find((candidate) => low.length >= 4 && candidate.toLowerCase().startsWith(low));
  if (longer !== undefined) return longer;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(low, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let value = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + cost);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        value = Math.min(value, beforeLast[column - 2]! + 1);
      }
      current.push(value);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
