import type { KeptLease } from "../../core/modbus_api.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { MODBUS_CONTROL_LIMITS } from "./limits.ts";

/**
 * Who commanded which point last, kept beyond the end of the process. Written only when a point gets another commander:
 * a manager that renews its limit every few seconds costs no write.
 */
export class KeptLeases {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Resolves when they are stored. */
  async keep(leases: readonly KeptLease[]): Promise<void> {
    const kept = leases.slice(0, MODBUS_CONTROL_LIMITS.keptLeases);
    await this.#store.commit(
      kept.map((lease) => ({ set: [...KEYS.modbusLease, lease.unit, lease.point], value: lease })),
    );
  }

  /** All of units that are still there; those of others are forgotten. */
  async all(isThere: (unit: number) => boolean): Promise<readonly KeptLease[]> {
    const kept: KeptLease[] = [], gone: { readonly delete: readonly (string | number)[] }[] = [];
    const { keptLeases } = MODBUS_CONTROL_LIMITS;
    for await (const { key, value } of this.#store.list<KeptLease>(KEYS.modbusLease, { limit: keptLeases })) {
      if (isThere(value.unit)) kept.push(value);
      else gone.push({ delete: key });
    }
    if (gone.length > 0) await this.#store.commit(gone);
    return kept;
  }
}
