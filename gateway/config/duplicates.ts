/** Finds every name that stands twice; `keyOf` says when two names are the same for somebody. */
export function findDuplicates<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
): { readonly index: number; readonly first: number }[] {
  const seen = new Map<string, number>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (key === undefined) return [];
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    return first === undefined ? [] : [{ index, first }];
  });
}
