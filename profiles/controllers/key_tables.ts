import { BENDER_KEYS } from "./bender_keys.ts";

/** Settings of controllers by the vendor that the inventory names; the same controller is sold under several names. */
export const KEY_TABLES = { bender: BENDER_KEYS, ebee: BENDER_KEYS, mennekes: BENDER_KEYS } as const;
