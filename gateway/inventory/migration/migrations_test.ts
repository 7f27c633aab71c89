import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { Site } from "../../config/schema.ts";
import type { ControlFeature } from "../../control/contract.ts";
import type { Admission } from "../../core/control_api.ts";
import { basic, type InventoryRig, inventoryRig, PASSWORD } from "../testing/inventory_rig.ts";
import { MigrationBook } from "./book.ts";
import { createMigrationFeature, openMigration } from "./feature.ts";
import { MIGRATION_LIMITS } from "./limits.ts";

interface Rig extends InventoryRig {
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
async function rig(): Promise<Rig> {
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
  const made: Rig = {
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

const booted = (made: Rig, stationId = "CP001") =>
  made.migration.handlers!["transactions.changed"]!({ stationId, open: [], booted: true });
const plan = (made: Rig, args: Record<string, string> = {}) =>
  made.run("plan", { from: "main", to: "next", "wave-size": "10", ...args });
const events = (made: Rig) => made.audited.map(({ event }) => event).filter((event) => event.startsWith("migration."));
const judge = (made: Rig, { session }: { session: string }, verdict: "accepted" | "refused") =>
  made.migration.handlersFor!("ocpp-0")["migration.judged"]!({ session, verdict, why: "its boot" });

/** The Worker ended the session; the station comes back. */
async function comesBack(made: Rig, { session }: { session: string }) {
  await made.feature.handlers!["stations.left"]!({ session, why: "moved" });
  return await made.station();
}

Deno.test("migration: an idle station is released, comes back to the new CSMS with what is shown there, and is accepted", async () => {
  const made = await rig();
  const before = await made.station();
  equal(before.upstream.csms, "main");
  await booted(made);
  await plan(made, { stations: "CP001" });
  equal(made.where(), "from from");
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  const release = made.calls.find(({ method }) => method === "sessions.release")!;
  deepEqual([release.worker, (release.args as { sessions: string[] }).sessions], ["ocpp-0", [before.session]]);
  const after = await comesBack(made, before);
  deepEqual([after.upstream.csms, after.isNewCsms, atob(after.upstream.basic!.password)], [
    "next",
    true,
    "secret-at-next",
  ]);
  await judge(made, after, "accepted");
  equal(made.where(), "to to accepted");
  equal((await made.station()).isNewCsms, undefined);
  deepEqual(events(made), [
    "migration.plan.made",
    "migration.wave.started",
    "migration.station.moved",
    "migration.station.accepted",
  ]);
  await made.store.close();
});

Deno.test("migration: at the new CSMS a station shows what its entry has for it, not what it shows at home", async () => {
  const made = await rig();
  const home = await made.station("CP004");
  equal(atob(home.upstream.basic!.password), "upstream-secret-of-cp004");
  await booted(made, "CP004");
  await made.feature.handlers!["stations.left"]!({ session: home.session, why: "closed-by-station" });
  await plan(made, { stations: "CP004" });
  await made.run("wave");
  await waitFor("the move", () => made.where("CP004") === "to to");
  equal(atob((await made.station("CP004")).upstream.basic!.password), "my-secret-at-next");
  await made.store.close();
});

Deno.test("migration: a station with a running transaction waits for its end, over a restart of control", async () => {
  const made = await rig();
  await made.station();
  await booted(made);
  await made.migration.handlers!["transactions.changed"]!({ stationId: "CP001", open: ["connector 1"] });
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  match((await made.run("status")).text, /waiting.*main.*a transaction runs \(connector 1\)/);
  const { migrations, parts } = await openMigration(made.context, made.feature.parts.stations, made.feature.parts.live);
  await migrations.sweep();
  deepEqual([parts.book.row("CP001")!.at, parts.transactions.of("CP001")], ["from", ["connector 1"]]);
  await createMigrationFeature({ migrations, parts }).handlers!["transactions.changed"]!({
    stationId: "CP001",
    open: [],
  });
  equal(parts.book.row("CP001")!.at, "to");
  equal((await MigrationBook.open(made.store)).row("CP001")!.at, "to");
  await made.store.close();
});

Deno.test("migration: a station that was never watched moves when it booted, or was watched for long enough", async () => {
  const made = await rig();
  await made.station();
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  match((await made.run("status")).text, /has not been watched for long enough/);
  made.time.advance(MIGRATION_LIMITS.knownMs - 1);
  await made.feature.migration.migrations.sweep();
  equal(made.where(), "from to");
  made.time.advance(1);
  await waitFor("the move", async () => {
    await made.feature.migration.migrations.sweep();
    return made.where() === "to to";
  });
  await made.store.close();
});

Deno.test("migration: messages of an outage that wait, and a Worker that says something runs, hold a station", async () => {
  const made = await rig();
  await made.station();
  await booted(made);
  made.waiting = true;
  made.releases = false;
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await waitFor("the reason", async () => /messages of an outage wait/.test((await made.run("status")).text));
  made.waiting = false;
  await made.feature.migration.migrations.sweep();
  match((await made.run("status")).text, /something of it runs right now/);
  equal(made.where(), "from to");
  made.releases = true;
  await made.feature.migration.migrations.sweep();
  equal(made.where(), "to to");
  await made.store.close();
});

Deno.test("migration: a CSMS that gives no connection three times gets no station: it goes back, with an alarm", async () => {
  const made = await rig();
  await booted(made);
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  for (let i = 1; i <= MIGRATION_LIMITS.failures; i++) {
    equal(made.where(), "to to");
    const attempt = await made.admit();
    ok(attempt.admit);
    await made.feature.handlers!["stations.left"]!({ session: attempt.session, why: "ocpp.upstream: it answered 404" });
    await waitFor(
      "it to be counted",
      () => made.feature.migration.parts.book.row("CP001")!.failures === i || made.where() !== "to to",
    );
  }
  await waitFor("the way back", () => made.where() === "from from failed");
  equal((await made.station()).upstream.csms, "main");
  equal(made.raised.at(-1)!.kind, "migration.station.failed");
  await rejects(made.run("wave"), /All 1 waves were started/);
  await made.store.close();
});

Deno.test("migration: a refused boot sends a station back when nothing runs", async () => {
  const made = await rig();
  await booted(made);
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  const there = await made.station();
  await judge(made, there, "refused");
  equal(made.where(), "from from failed");
  await judge(made, there, "accepted");
  equal(made.where(), "from from failed", "too late");
  await made.store.close();
});

Deno.test("migration: the next wave waits for the one before, unless somebody insists", async () => {
  const made = await rig();
  await booted(made);
  await plan(made, { stations: "CP001,CP004", "wave-size": "1" });
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  await rejects(made.run("wave"), /1 stations of the waves before are not accepted by next \(CP001 moved\)/);
  await made.run("wave", { "despite-faults": true });
  equal(made.where("CP004"), "from to");
  const started = made.audited.filter(({ event }) => event === "migration.wave.started");
  deepEqual(started.map(({ who, detail }) => [who, detail!["despiteFaults"]]), [["eva", false], ["eva", true]]);
  await made.store.close();
});

Deno.test("migration: one command back, and a station that charges at the new CSMS ends there first", async () => {
  const made = await rig();
  await booted(made);
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  const there = await made.station();
  await judge(made, there, "accepted");
  await made.migration.handlers!["transactions.changed"]!({ stationId: "CP001", open: ["connector 1"] });
  await made.run("back");
  await made.feature.migration.migrations.sweep();
  equal(made.where(), "to from accepted");
  await rejects(made.run("wave"), /on its way back/);
  await made.migration.handlers!["transactions.changed"]!({ stationId: "CP001", open: [] });
  equal(made.where(), "from from");
  equal((await comesBack(made, there)).upstream.csms, "main");
  match((await made.run("finish")).text, /the migration is over/);
  equal(made.feature.migration.migrations.plan, undefined);
  await made.store.close();
});

Deno.test("migration: a session that was admitted to the old place while its station moved is released again", async () => {
  const made = await rig();
  await booted(made);
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  made.feature.parts.live.add({
    session: "stray",
    stationId: "CP001",
    worker: "ocpp-0",
    source: "10.0.0.1",
    securityProfile: 2,
    csms: "main",
    since: 0,
  });
  await made.feature.migration.migrations.sweep();
  const asked = made.calls.filter(({ method }) => method === "sessions.release").at(-1)!;
  deepEqual((asked.args as { sessions: string[] }).sessions, ["stray"]);
  equal(made.where(), "to to");
  await made.store.close();
});

Deno.test("migration: a shadow is told to live sessions and given to new ones, compared, and counted durably", async () => {
  const made = await rig();
  const live = await made.station();
  await plan(made, { stations: "CP001" });
  await made.run("shadow");
  const set = made.calls.find(({ method }) => method === "mirrors.set")!.args as {
    session: string;
    mirrors: { mode: string }[];
  };
  deepEqual([set.session, set.mirrors.map(({ mode }) => mode)], [live.session, ["shadow"]]);
  deepEqual((await made.station()).mirrors!.map(({ mode, route }) => [mode, route.csms]), [["shadow", "next"]]);
  const sample = { action: "Authorize", field: "idTagInfo.status", primary: "Accepted", shadow: "Invalid" };
  const compared = made.migration.handlers!["shadow.compared"]!;
  const counts = { stationId: "CP001", csms: "next", same: 2, different: 1, missing: 0, samples: [sample] };
  await compared(counts);
  await compared(counts);
  await compared({ ...counts, csms: "main" });
  await compared({ ...counts, stationId: "CP999" });
  const { text, data } = await made.run("status");
  match(text, /CP001 Authorize idTagInfo\.status: main says Accepted, next says Invalid/);
  const [row] = (data as { stations: { same: number; different: number }[] }).stations;
  deepEqual([row!.same, row!.different], [4, 2]);
  equal((await MigrationBook.open(made.store)).comparison("CP001").samples.length, 2);
  for (let i = 0; i <= MIGRATION_LIMITS.samples; i++) await compared(counts);
  await made.run("status");
  equal(made.feature.migration.parts.book.comparison("CP001").samples.length, MIGRATION_LIMITS.samples);
  await made.run("shadow", { stop: true });
  equal((await made.station()).mirrors, undefined);
  await made.store.close();
});

Deno.test("migration: a site.yaml that names the new CSMS ends it, not before the reload is sure; one that drops a CSMS in use is refused", async () => {
  const made = await rig();
  await booted(made);
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  await judge(made, await made.station(), "accepted");
  match((await made.run("finish")).text, /write csms: next for CP001/);
  const { site } = made.context;
  const without = { ...site, ocpp: { ...site.ocpp!, csms: site.ocpp!.csms.filter(({ id }) => id !== "next") } };
  await rejects(made.migration.reconfigure!(without), /no primary "next"/);
  const moved = site.stations.map((one) => one.id === "CP001" ? { ...one, ocpp: { ...one.ocpp!, csms: "next" } } : one);
  await made.feature.reconfigure!({ ...site, stations: moved });
  const { migrations } = made.feature.migration;
  await migrations.sweep();
  ok(migrations.plan, "the reload might still be taken back");
  await migrations.sweep();
  equal(migrations.plan, undefined);
  equal((await made.station()).upstream.csms, "next");
  await made.store.close();
});

Deno.test("migration: an adopted station gets its new CSMS with the end", async () => {
  const made = await rig();
  const { stations } = made.feature.parts;
  await stations.adopt({ ...stations.get("CP001")!, id: "CP900" });
  await booted(made, "CP900");
  await plan(made, { stations: "CP900" });
  await made.run("wave");
  await waitFor("the move", () => made.where("CP900") === "to to");
  made.feature.parts.live.add({
    session: "s",
    stationId: "CP900",
    worker: "ocpp-0",
    source: "x",
    securityProfile: 2,
    since: 0,
  });
  await judge(made, { session: "s" }, "accepted");
  match((await made.run("finish")).text, /All stations belong to next/);
  equal(stations.asWritten("CP900")!.ocpp!.csms, "next");
  await made.store.close();
});

Deno.test("migration: what cannot be planned says why", async () => {
  const made = await rig();
  await rejects(made.run("wave"), /No migration is planned/);
  match((await made.run("status")).text, /No migration is planned/);
  await rejects(plan(made, { to: "nowhere" }), /No primary CSMS "nowhere" is configured/);
  await rejects(plan(made, { to: "main" }), /cannot be moved to itself/);
  await rejects(plan(made, { stations: "CP001,CP999" }), /"CP999" is not at "main"/);
  await rejects(plan(made, { "wave-size": "0" }), /"0" is no size of a wave/);
  const many = (count: number) => Array.from({ length: count }, (_, at) => `X${at}`).join();
  await rejects(plan(made, { stations: many(MIGRATION_LIMITS.stations) }), /"X0" is not at "main"/);
  await rejects(plan(made, { stations: many(MIGRATION_LIMITS.stations + 1) }), /5001 stations are more than 5000/);
  await plan(made);
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await rejects(plan(made), /A migration is under way/);
  await rejects(made.run("finish"), /1 stations are not accepted by next/);
  await made.store.close();
});

Deno.test("migration: another Worker's word about a session is no word", async () => {
  const made = await rig();
  await booted(made);
  await plan(made, { stations: "CP001" });
  await made.run("wave");
  await waitFor("the move", () => made.where() === "to to");
  const { session } = await made.station();
  await made.migration.handlersFor!("ocpp-9")["migration.judged"]!({ session, verdict: "accepted", why: "" });
  equal(made.where(), "to to");
  await made.store.close();
});

Deno.test("migration: after a restart of control a Worker tells what runs", async () => {
  const made = await rig();
  made.answers["transactions.live"] = () => [{ stationId: "CP001", open: ["connector 1"] }];
  await made.migration.workerJoined!("ocpp-0");
  await made.migration.workerJoined!("courier");
  deepEqual(made.feature.migration.parts.transactions.of("CP001"), ["connector 1"]);
  await made.store.close();
});
