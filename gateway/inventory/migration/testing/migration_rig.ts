import { ok } from "node:assert/strict";
import { Site } from "../../../config/schema.ts";
import type { ControlFeature } from "../../../control/contract.ts";
import type { Admission } from "../../../core/control_api.ts";
import { basic, type InventoryRig, inventoryRig, PASSWORD } from "../../testing/inventory_rig.ts";
import { createMigrationFeature } from "../feature.ts";

/** The inventory's rig with a migration in it. */
export interface MigrationRig extends InventoryRig {
  readonly migration: ControlFeature;
  readonly run: (command: string, args?: Record<string, string | boolean>) => Promise<{ text: string; data: unknown }>;
  /** Connects CP001 as its Worker would. */
  readonly station: (id?: string) => Promise<Admission & { admit: true }>;
  /** State and place of a station. */
  readonly where: (id?: string) => string;
  /** Sessions that the Worker says it released. */
  releases: boolean;
  waiting: boolean;
}

/** Two stations at `main`, a second CSMS `next`, and a Worker that releases every session it is asked about. */
export async function migrationRig(): Promise<MigrationRig> {
  const base = await inventoryRig({ cp004: PASSWORD, next: "secret-at-next", mine: "my-secret-at-next" });
  const { context, feature } = base;
  const { ocpp, stations } = context.site;
  const csms = [...ocpp!.csms, { id: "next", url: "wss://next.example/ocpp", passwordFile: "next" }];
  const site = Site.parse({
    version: 1,
    site: { id: "lab" },
    ocpp: { ...ocpp, csms },
    stations: stations.map((station) =>
      station.id === "CP004"
        ? {
          ...station,
          ocpp: { ...station.ocpp, passwordFile: "cp004", upstreams: [{ csms: "next", passwordFile: "mine" }] },
        }
        : station
    ),
  });
  Object.assign(context, { site });
  await feature.reconfigure!(site);
  const { migration: open } = feature;
  const state = { releases: true, waiting: false };
  base.answers["sessions.release"] = ({ sessions }: { sessions: string[] }) => ({
    released: state.releases ? sessions : [],
  });
  base.answers["mirrors.set"] = () => {};
  const migration = createMigrationFeature(open, () => state.waiting);
  const made: MigrationRig = {
    ...base,
    migration,
    get releases() {
      return state.releases;
    },
    set releases(value) {
      state.releases = value;
    },
    get waiting() {
      return state.waiting;
    },
    set waiting(value) {
      state.waiting = value;
    },
    run: async (command, args = {}) => await migration.commands![`csms migrate ${command}`]!(args, "eva"),
    station: async (id = "CP001") => {
      const admission = await base.connect({ stationId: id, basic: basic(id, PASSWORD) });
      ok(admission.admit, JSON.stringify(admission));
      return admission;
    },
    where: (id = "CP001") => {
      const row = open.parts.book.row(id)!;
      return `${row.at} ${row.wanted}${row.acceptedAt === undefined ? "" : " accepted"}${row.fault ? " failed" : ""}`;
    },
  };
  return made;
}

/** The station says that it has just booted. */
export const booted = (made: MigrationRig, stationId = "CP001") =>
  made.migration.handlers!["transactions.changed"]!({ stationId, open: [], booted: true });
/** Plans to move from main to next. */
export const plan = (made: MigrationRig, args: Record<string, string> = {}) =>
  made.run("plan", { from: "main", to: "next", "wave-size": "10", ...args });
/** Names of the audit records of the migration. */
export const events = (made: MigrationRig) =>
  made.audited.map(({ event }) => event).filter((event) => event.startsWith("migration."));
/** What the new CSMS made of a session. */
export const judge = (made: MigrationRig, { session }: { session: string }, verdict: "accepted" | "refused") =>
  made.migration.handlersFor!("ocpp-0")["migration.judged"]!({ session, verdict, why: "its boot" });

/** The Worker ended the session; the station comes back. */
export async function comesBack(made: MigrationRig, { session }: { session: string }) {
  await made.feature.handlers!["stations.left"]!({ session, why: "moved" });
  return await made.station();
}
