import { IntegrityError } from "../core/errors.ts";
import { STORE_LIMITS } from "./limits.ts";
import { isSealedValue, type SealBox } from "./sealer.ts";
import type { Store } from "./store.ts";

/** What resealAll did. */
export interface ResealReport {
  /** Values that hold sealed bytes and hold them under the new key now. */
  readonly resealed: number;
  /** Sealed bytes that do not open under the old key; they stay as they are. */
  readonly unreadable: number;
}

/**
 * Seals everything sealed in a store again: from one root key to another. Expiry and context are kept. Values are found
 * by their form (SealedValue), wherever they stand. Not for a store in use: it is run on copies.
 */
export async function resealAll(store: Store, from: SealBox, to: SealBox): Promise<ResealReport> {
  let resealed = 0;
  const tally = { unreadable: 0 };
  for await (const { key, value, expiresAt } of store.list([], { limit: Infinity })) {
    const changed = await resealValue(value, from, to, tally, 0);
    if (changed === value) continue;
    resealed += 1;
    await store.commit([{ set: key, value: changed, ...(expiresAt === undefined ? {} : { expiresAt }) }]);
  }
  return { resealed, unreadable: tally.unreadable };
}

/** The same value when nothing in it is sealed. */
async function resealValue(
  value: unknown,
  from: SealBox,
  to: SealBox,
  tally: { unreadable: number },
  depth: number,
): Promise<unknown> {
  if (typeof value !== "object" || value === null || depth > STORE_LIMITS.sealedDepth) return value;
  if (isSealedValue(value)) {
    const plain = await open(from, value.sealed, value.context, tally);
    return plain === undefined ? value : { ...value, sealed: await to.seal(plain, value.context) };
  }
  const again = (item: unknown) => resealValue(item, from, to, tally, depth + 1);
  if (Array.isArray(value)) {
    const items = await Promise.all(value.map(again));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, item]) => [name, await again(item)] as const),
  );
  const isChanged = entries.some(([name, item]) => item !== (value as Record<string, unknown>)[name]);
  return isChanged ? Object.fromEntries(entries) : value;
}

async function open(from: SealBox, sealed: Uint8Array, context: string, tally: { unreadable: number }) {
  try {
    return await from.unseal(sealed, context);
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    tally.unreadable += 1;
    return undefined;
  }
}
