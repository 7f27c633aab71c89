import type { GatewayError } from "../core/errors.ts";
import { StorageError } from "../core/errors.ts";
import { KEYS } from "./keys.ts";
import type { Store } from "./store.ts";

/**
 * One change of the stored form. `run` may be cut off by a power failure at any point and is then run again from the
 * start, so it must leave alone what it already changed. Numbers count from 2; form 1 is the first one released.
 */
export interface Migration {
  readonly number: number;
  readonly name: string;
  run(store: Store): Promise<void>;
}

/** Every migration, oldest first. Never edit or remove one that was released. */
export const MIGRATIONS: readonly Migration[] = [];

const FIRST_FORM = 1;

/** The form this gateway writes. */
export function currentForm(migrations: readonly Migration[] = MIGRATIONS): number {
  return migrations.at(-1)?.number ?? FIRST_FORM;
}

/**
 * Brings a store to the current form; each step is recorded before the next begins. A blank store just gets the number.
 * @returns the names of the migrations that ran
 * @throws StorageError STORE_NEWER when a newer gateway wrote the store; nothing is changed then
 */
export async function migrate(store: Store, migrations: readonly Migration[] = MIGRATIONS): Promise<string[]> {
  assertOrder(migrations);
  const current = currentForm(migrations);
  const found = (await store.get<number>(KEYS.schema))?.value;
  const form = found ?? (await isBlank(store) ? current : FIRST_FORM);
  if (form > current) throw newerError(form, current);
  const ran: string[] = [];
  for (const migration of migrations.filter((item) => item.number > form)) {
    await migration.run(store);
    await store.commit([{ set: KEYS.schema, value: migration.number }]);
    ran.push(migration.name);
  }
  if (found === undefined && ran.length === 0) await store.commit([{ set: KEYS.schema, value: current }]);
  return ran;
}

async function isBlank(store: Store): Promise<boolean> {
  for await (const _entry of store.list([], { limit: 1 })) return false;
  return true;
}

function assertOrder(migrations: readonly Migration[]): void {
  for (const [index, migration] of migrations.entries()) {
    if (migration.number === FIRST_FORM + 1 + index) continue;
    throw new Error(`Migration "${migration.name}" has number ${migration.number}, wanted ${FIRST_FORM + 1 + index}`);
  }
}

function newerError(form: number, current: number): GatewayError {
  return new StorageError(
    "STORE_NEWER",
    `The store has form ${form}, this gateway knows forms up to ${current}: a newer gateway wrote it`,
    { hint: "Start the newer gateway again, or restore a backup made by this version into a blank data folder" },
  );
}
