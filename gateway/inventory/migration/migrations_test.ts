import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { HeldStore } from "../../../tests/support/held_store.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { MigrationBook } from "./book.ts";
import { createMigrationFeature, openMigration } from "./feature.ts";
import { MIGRATION_LIMITS } from "./limits.ts";
import { booted, comesBack, events, judge, migrationRig, plan } from "./testing/migration_rig.ts";
import { TransactionBook } from "./transaction_book.ts";

Deno.test("migration: an idle station is released, comes back to the new CSMS with what is shown there, and is accepted", async () => {
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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
  const made = await migrationRig();
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

Deno.test("migration: another Worker's word about a session is no word", async () => {
  const made = await migrationRig();
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
  const made = await migrationRig();
  made.answers["transactions.live"] = () => [{ stationId: "CP001", open: ["connector 1"] }];
  await made.migration.workerJoined!("ocpp-0");
  await made.migration.workerJoined!("courier");
  deepEqual(made.feature.migration.parts.transactions.of("CP001"), ["connector 1"]);
  await made.store.close();
});

Deno.test("migration: a person who wants it back while stations are being released is heard", async () => {
  const made = await migrationRig();
  await made.station();
  await booted(made);
  await plan(made, { stations: "CP001" });
  const asked = Promise.withResolvers<void>(), answer = Promise.withResolvers<void>();
  made.answers["sessions.release"] = async ({ sessions }: { sessions: string[] }) => {
    asked.resolve();
    await answer.promise;
    return { released: sessions };
  };
  await made.run("wave");
  await asked.promise;
  await made.run("back");
  answer.resolve();
  await made.feature.migration.migrations.sweep();
  equal(made.where(), "from from");
  equal((await MigrationBook.open(made.store)).row("CP001")!.wanted, "from");
  ok(!events(made).includes("migration.station.moved"));
  await made.store.close();
});

Deno.test("migration: what becomes of one station at one moment is all kept, and two who start a wave start one", async () => {
  const made = await migrationRig();
  await plan(made, { "wave-size": "1" });
  const { book } = made.feature.migration.parts;
  await Promise.all([
    ...Array.from({ length: 5 }, () => book.changeRow("CP001", (row) => ({ ...row, failures: row.failures + 1 }))),
    book.changeRow("CP001", (row) => ({ ...row, fault: "x" })),
    ...[1, 2].map((more) => book.changeComparison("CP001", (sum) => ({ ...sum, same: sum.same + more }))),
  ]);
  const row = book.row("CP001")!;
  deepEqual([row.failures, row.fault, book.comparison("CP001").same], [5, "x", 3]);
  const ends = await Promise.allSettled([made.run("wave"), made.run("wave")]);
  deepEqual(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  equal(book.plan!.started, 1);
  await made.store.close();
});

Deno.test("migration: a transaction that the disk did not take is stored with the next word about it", async () => {
  const made = await migrationRig(), store = new HeldStore(made.store);
  const book = await TransactionBook.open(store, made.time);
  store.fault = new Error("the disk is full");
  await rejects(book.learn("CP001", ["connector 1"], true));
  store.fault = undefined;
  await book.learn("CP001", ["connector 1"], true);
  deepEqual((await TransactionBook.open(store, made.time)).of("CP001"), ["connector 1"]);
  store.fault = new Error("the disk is full");
  await rejects(book.watch("CP002"));
  store.fault = undefined;
  await book.watch("CP002");
  made.time.advance(MIGRATION_LIMITS.knownMs);
  const again = await TransactionBook.open(store, made.time);
  made.time.advance(MIGRATION_LIMITS.confirmMs);
  equal(again.whyStays("CP002"), undefined);
  await made.store.close();
});

Deno.test("migration: after a kill a station moves when a Worker told of its transactions, or when its meter values would have; a boot is no proof", async () => {
  const made = await migrationRig();
  const before = await TransactionBook.open(made.store, made.time);
  for (const id of ["CP001", "CP002", "CP003"]) await before.learn(id, [], true);
  const book = await TransactionBook.open(made.store, made.time);
  const busy = () => ["CP001", "CP002", "CP003"].map((id) => book.whyStays(id)?.split(" ").slice(0, 3).join(" "));
  deepEqual(busy(), Array(3).fill("the gateway has"));
  equal(book.whyBusy("CP001"), undefined, "an update need not wait: the station itself puts it off");
  await book.learn("CP001", [], true); // it boots with every connection, also while it charges
  await book.learn("CP002", ["connector 1"], false); // what began right before the kill
  await book.learn("CP003", [], false); // what ended since
  made.time.advance(MIGRATION_LIMITS.confirmMs - 1);
  deepEqual(busy(), ["the gateway has", "a transaction runs", undefined]);
  made.time.advance(1);
  deepEqual(busy(), [undefined, "a transaction runs", undefined]);
  await made.store.close();
});
