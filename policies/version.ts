/**
 * Compares versions as makers count: numbers by value, words by letters, part by part ("5.9" is before "5.22.1-13295",
 * "R8 V3.4.0.1" before "R8 V3.4.0.2"). What goes on with a number is after what ends, with a word before it: "5.20.2-rc1"
 * is not yet 5.20.2. Negative: `a` is before `b`.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at], right[at]];
    const order = x === undefined ? -compareToEnd(y!) : y === undefined ? compareToEnd(x) : compareParts(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function partsOf(version: string): string[] {
  return version.toLowerCase().match(/\d+|[a-z]+/g) ?? [];
}

function compareToEnd(part: string): number {
  return /^\d/.test(part) ? 1 : -1;
}

/** Numbers as long as they come, without losing digits; a word is before a number, as "rc" before "1". */
function compareParts(a: string, b: string): number {
  const [left, right] = [/^\d/.test(a), /^\d/.test(b)];
  if (left !== right) return left ? 1 : -1;
  if (!left) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [a.replace(/^0+(?=\d)/, ""), b.replace(/^0+(?=\d)/, "")];
  return x.length !== y.length ? x.length - y.length : x < y ? -1 : x > y ? 1 : 0;
}
