import type { Lease } from "../../core/dhcp_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import type { Mutation, Store } from "../../store/store.ts";
import { DHCP_BOOK_LIMITS } from "./limits.ts";

/** The leases of the site on disk. One Worker writes: the newest that opened the book. */
export class LeaseBook {
  readonly #store: Store;
  #writer: string | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** This Worker writes from now on. */
  open(worker: string): void {
    this.#writer = worker;
  }

  /** One page of all leases in the order of their keys. */
  async page(
    after: { readonly zone: string; readonly address: number } | undefined,
  ): Promise<{ readonly leases: readonly Lease[]; readonly more: boolean }> {
    const leases: Lease[] = [];
    const behind = after === undefined ? {} : { after: [...KEYS.dhcpLease, after.zone, after.address] };
    const limit = DHCP_BOOK_LIMITS.pageLeases;
    for await (const { value } of this.#store.list<Lease>(KEYS.dhcpLease, { limit: limit + 1, ...behind })) {
      leases.push(value);
    }
    return { leases: leases.slice(0, limit), more: leases.length > limit };
  }

  /**
   * On the disk when it resolves.
   * @throws GatewayError DHCP_SUPERSEDED when another Worker writes, RPC_OVERLOAD with too many leases, StorageError
   */
  async commit(worker: string, leases: readonly Lease[]): Promise<void> {
    this.#writer ??= worker; // After a restart of control the one that serves goes on.
    if (worker !== this.#writer) {
      throw new GatewayError("DHCP_SUPERSEDED", `Worker "${worker}" may store no lease: "${this.#writer}" serves now`);
    }
    if (leases.length > DHCP_BOOK_LIMITS.commitLeases) {
      throw new GatewayError(
        "RPC_OVERLOAD",
        `${leases.length} leases in one commit: at most ${DHCP_BOOK_LIMITS.commitLeases}`,
      );
    }
    await this.#store.commit(leases.map((lease): Mutation => ({ set: keyOf(lease), value: lease })));
  }

  /** All leases of a zone, by address. */
  async ofZone(zone: string): Promise<readonly Lease[]> {
    const leases: Lease[] = [];
    for await (const { value } of this.#store.list<Lease>([...KEYS.dhcpLease, zone], { limit: 65_536 })) {
      leases.push(value);
    }
    return leases;
  }

  async remove(zone: string, address: number): Promise<void> {
    await this.#store.commit([{ delete: [...KEYS.dhcpLease, zone, address] }]);
  }
}

const keyOf = ({ zone, address }: Lease) => [...KEYS.dhcpLease, zone, address];
