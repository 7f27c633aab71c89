import { deepEqual, equal, rejects } from "node:assert/strict";
import { BUILT_IN_GRANTS } from "../../policies/access_builtin.ts";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { Site } from "../config/schema.ts";
import type { AuditEvent, Json } from "../core/control_api.ts";
import { openStore } from "../store/kv_store.ts";
import type { CommandArgs } from "./contract.ts";
import { createSiteDecommission, type SiteDecommissionNeighbours } from "./site_decommission_parts.ts";

const HASH = "ab".repeat(32);
const LISTS: Readonly<Record<string, Json>> = {
  "cert list": { certificates: ["CP001", "CP002", "CP001"].map((stationId) => ({ stationId })) },
  "grant list": [{ id: "bay" }, ...BUILT_IN_GRANTS.map(({ id }) => ({ id }))],
  "access list": [{ id: "way-1" }, { id: "way-2" }],
  "token list": [{ id: "token-1" }],
  "firmware campaign list": { campaigns: [] },
  "secret list": { secrets: [] },
  "incident list": { incidents: [] },
  "commissioning list": [],
};

Deno.test("own decommissioning: the last approval ends certificates, grants, tokens and ways, of every kind each once", async () => {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  const audited: AuditEvent[] = [], ended: string[] = [], asked: number[] = [];
  const neighbours = {
    context: {
      ...{ store, clock: time, site: Site.parse({ version: 1, site: { id: "garage" } }) },
      audit: { record: (event: AuditEvent) => Promise.resolve({ sequence: audited.push(event) }) },
      alarms: { raise: () => Promise.resolve(), clear: () => Promise.resolve() },
    },
    audit: {
      head: { seq: 9, hash: HASH },
      reader: (after: number) => (asked.push(after), { next: () => Promise.resolve([{ seq: 9, hash: HASH }]) }),
    },
    ...{ stations: () => [], whyNotNow: () => undefined, leaving: () => [] },
    outage: { waiting: () => Promise.resolve({ messages: 0, refused: 0 }) },
    pki: { revokeStation: (id: string) => Promise.resolve((ended.push(`cert ${id}`), [`serial of ${id}`])) },
    run: (command: string, { id }: CommandArgs) => {
      if (id !== undefined) ended.push(`${command} ${String(id)}`);
      return Promise.resolve({ text: "", data: LISTS[command] ?? null });
    },
  };
  const { commands } = createSiteDecommission(neighbours as unknown as SiteDecommissionNeighbours);
  const run = (name: string, args: CommandArgs = {}, who = "eva") =>
    commands![`gateway decommission ${name}`]!(args, who);
  try {
    await run("start", { site: "garage", reason: "closed" });
    for (const line of ["ca", "journal"]) await run("told", { line, note: "done" });
    await rejects(run("exported", { head: `8:${HASH}`, "no-backup": "no" }), { code: "DECOMMISSION_REFUSED" });
    await run("exported", { head: `9:${HASH}`, "no-backup": "no" });
    deepEqual([asked, ended], [[7, 8], []]);
    const { data } = await run("approve", { site: "garage" }, "olga");
    deepEqual(ended, [
      ...[
        "cert CP001",
        "cert CP002",
        "access end way-1",
        "access end way-2",
        "grant remove bay",
        "token revoke token-1",
      ],
    ]);
    const { next, ended: said } = data as unknown as { next: string; ended: object };
    deepEqual(said, { certificates: ["serial of CP001", "serial of CP002"], ways: 2, grants: 1, tokens: 1 });
    equal(next, "erase");
  } finally {
    await store.close();
  }
});
