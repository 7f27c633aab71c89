import { BENDER_KEYS } from "./bender_keys.ts";

/** Settings of controllers by the vendor that the inventory names; the same controller is sold under several names. */
export const KEY_TABLES = { bender: BENDER_KEYS, ebee: BENDER_KEYS, mennekes: BENDER_KEYS } as const;

/** The settings of a vendor's controllers; undefined: nobody knows them. */
export function keyTableOf(vendor: string | undefined): (typeof KEY_TABLES)[keyof typeof KEY_TABLES] | undefined {
  return Object.hasOwn(KEY_TABLES, vendor ?? "") ? KEY_TABLES[vendor as keyof typeof KEY_TABLES] : undefined;
}
