import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { Site } from "../../config/schema.ts";
import { MigrationBook } from "./book.ts";
import { MIGRATION_LIMITS } from "./limits.ts";
import { booted, judge, migrationRig, plan } from "./testing/migration_rig.ts";

Deno.test("migration: a shadow is told to live sessions and given to new ones, compared, and counted durably", async () => {
  const made = await migrationRig();
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
  const made = await migrationRig();
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

Deno.test("migration: a reload tells live sessions their mirrors, without any migration", async () => {
  const made = await migrationRig();
  const { session } = await made.station();
  const ems = { id: "ems", url: "wss://ems.example", mode: "read-only" };
  const { site } = made.context;
  const next = Site.parse({
    version: 1,
    site: site.site,
    ocpp: { ...site.ocpp, csms: [...site.ocpp!.csms, ems] },
    stations: site.stations,
  });
  Object.assign(made.context, { site: next });
  await made.migration.reconfigure!(next);
  const set = made.calls.find(({ method }) => method === "mirrors.set")!.args as {
    session: string;
    mirrors: unknown[];
  };
  deepEqual([set.session, set.mirrors.length], [session, 1]);
  await made.store.close();
});

Deno.test("migration: an adopted station gets its new CSMS with the end", async () => {
  const made = await migrationRig();
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
  const made = await migrationRig();
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
