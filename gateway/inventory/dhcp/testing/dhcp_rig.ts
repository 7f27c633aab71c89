import type { CommandResult, ControlContext, ControlFeature } from "../../../control/contract.ts";
import type { DhcpFact, Lease } from "../../../core/dhcp_api.ts";
import type { RpcHandlers } from "../../../core/rpc.ts";
import type { ControlApi } from "../../../core/control_api.ts";
import { createPkiRig, type PkiRig } from "../../../../tests/support/pki_rig.ts";
import { Stations } from "../../stations.ts";
import { createDhcpFeature } from "../feature.ts";

/** A site with one DHCP zone and two stations, the second one without an address. */
export const DHCP_SITE = `
version: 1
site: { id: garage-12 }
hal: {}
network: { zones: [{ id: ot, role: ot, interface: eth1, address: 10.20.0.1/24 }] }
stations:
  - { id: CP001, vendor: bender, mac: "02:00:00:00:00:11", address: 10.20.0.11 }
  - { id: CP002, mac: "02:00:00:00:00:12" }
dhcp:
  zone: ot
  pool: 10.20.0.100-10.20.0.199
  unknown: quarantine
  quarantinePool: 10.20.0.240-10.20.0.249
  reservations: [{ circuitId: "0a0B", address: 10.20.0.20, hostname: meter-1 }]
`;

/** The DHCP feature of control with a Worker that notes what it is told. */
export interface DhcpRig extends AsyncDisposable {
  readonly pki: PkiRig;
  readonly feature: ControlFeature;
  readonly stations: Stations;
  /** What the Worker was told: method and arguments. */
  readonly told: { readonly method: string; readonly args: unknown }[];
  worker(name?: string): RpcHandlers<ControlApi>;
  command(name: string, args?: Record<string, string | boolean>): Promise<CommandResult>;
  facts(...facts: readonly DhcpFact[]): Promise<void>;
}

/** Opens the feature on a store in memory. */
export async function createDhcpRig(yaml = DHCP_SITE): Promise<DhcpRig> {
  const pki = await createPkiRig(yaml);
  const told: { readonly method: string; readonly args: unknown }[] = [];
  const workers = {
    names: () => ["dhcp"],
    of: (conduit: string) => conduit === "dhcp" ? ["dhcp"] : [],
    get: () => ({
      call: (method: string, args: unknown) => {
        told.push({ method, args });
        return Promise.resolve(
          method === "dhcp.state" ? { worker: "dhcp", zones: [{ zone: "ot", mode: "server" }] } : undefined,
        );
      },
    }),
  };
  const context = Object.create(pki.context, { workers: { value: workers } }) as ControlContext;
  const stations = await Stations.open(pki.store, context.site);
  const feature = await createDhcpFeature(context, stations);
  const worker = (name = "dhcp") => ({ ...feature.handlers, ...feature.handlersFor!(name) });
  return {
    ...{ pki, feature, stations, told, worker },
    command: (name, args = {}) => feature.commands![name]!(args, "anna"),
    facts: async (...facts) => await worker()["dhcp.facts"]!({ facts }),
    [Symbol.asyncDispose]: async () => {
      await feature.stop!();
      await pki[Symbol.asyncDispose]();
    },
  };
}

/** A lease of the zone. */
export function leaseOf(last: number, more: Partial<Lease> = {}): Lease {
  return {
    ...{ zone: "ot", address: 0x0a140000 + last, mac: `02:00:00:00:00:${last.toString(16).padStart(2, "0")}` },
    ...{ state: "bound", kind: "pool", since: 0, renewedAt: Date.UTC(2026, 0, 1) },
    ...{ expiresAt: Date.UTC(2026, 0, 1) + 3_600_000, ...more },
  };
}
