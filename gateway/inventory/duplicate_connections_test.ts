import { deepEqual, equal, ok } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { basic, inventoryRig } from "./testing/inventory_rig.ts";

const CP003 = (fingerprint: string) => ({
  stationId: "CP003",
  basic: undefined as never,
  certificate: { commonName: "CP003", fingerprint, serial: fingerprint },
  offeredProtocols: ["ocpp2.0.1"],
});
const closed = (calls: readonly { method: string; args: unknown }[]) =>
  calls.filter(({ method }) => method === "sessions.close").map(({ args }) =>
    (args as { sessions: string[] }).sessions
  );
const ruleOf = (admission: { rule: string }) => admission.rule;

Deno.test("O-25: the newest connection with the same credential replaces a dead one, once it is open and not before", async () => {
  const { connect, admit, entered, calls, feature, store } = await inventoryRig();
  const first = await connect();
  const second = await admit();
  ok(first.admit && second.admit);
  deepEqual(closed(calls), []);
  equal(feature.parts.live.ofStation("CP001")?.session, first.session);
  await entered(second.session);
  deepEqual(closed(calls), [[first.session]]);
  await feature.handlers!["stations.left"]!({ session: first.session, why: "late end of the old one" });
  equal(feature.parts.live.ofStation("CP001")?.session, second.session);
  await store.close();
});

Deno.test("O-25: a newest connection that never opens leaves the older one in its place", async () => {
  const { connect, admit, calls, feature, store } = await inventoryRig();
  const first = await connect();
  const second = await admit();
  ok(first.admit && second.admit);
  await feature.handlers!["stations.left"]!({ session: second.session, why: "ocpp.upstream" });
  deepEqual(closed(calls), []);
  equal(feature.parts.live.ofStation("CP001")?.session, first.session);
  await store.close();
});

Deno.test("O-25: an older connection that answers stays, the newer one is refused with alarm and audit", async () => {
  const { connect, calls, answers, audited, raised, feature, store } = await inventoryRig();
  const first = await connect();
  ok(first.admit);
  answers["sessions.probe"] = () => ({ alive: true });
  deepEqual(await connect({ source: "10.0.0.66" }), {
    admit: false,
    rule: "admission.duplicate",
    status: 503,
    retryAfterSeconds: 30,
  });
  deepEqual(closed(calls), []);
  equal(feature.parts.live.ofStation("CP001")?.session, first.session);
  deepEqual(raised.map(({ kind, subject }) => [kind, subject]), [["station.connection.duplicate", "CP001"]]);
  deepEqual(audited.filter(({ outcome }) => outcome === "refused").map(({ rule, source }) => [rule, source]), [
    ["admission.duplicate", "10.0.0.66"],
  ]);
  await store.close();
});

Deno.test("O-25: a client without the credential does not even cause a ping", async () => {
  const { connect, calls, store } = await inventoryRig();
  await connect();
  equal((await connect({ basic: basic("CP001", "wrong") })).admit, false);
  deepEqual(calls, []);
  await store.close();
});

Deno.test("O-25: another certificate of the same station is refused once, and the dead connection makes room", async () => {
  const { connect, calls, feature, store } = await inventoryRig();
  const first = await connect(CP003("aa"));
  ok(first.admit);
  equal(ruleOf(await connect(CP003("bb"))), "admission.duplicate-credential");
  deepEqual(closed(calls), [[first.session]]);
  await feature.handlers!["stations.left"]!({ session: first.session, why: "replaced" });
  ok((await connect(CP003("bb"))).admit);
  await store.close();
});

Deno.test("O-25: a hundred flaps are one alarm, and only the first ones are audited", async () => {
  const { connect, answers, audited, raised, time, calls, store } = await inventoryRig();
  await connect();
  answers["sessions.probe"] = () => ({ alive: true });
  const rules: string[] = [];
  for (let i = 0; i < 100; i++) rules.push(ruleOf(await connect()));
  equal(rules.filter((rule) => rule === "admission.duplicate").length, INVENTORY_LIMITS.duplicates);
  equal(rules.filter((rule) => rule === "admission.flapping").length, 100 - INVENTORY_LIMITS.duplicates);
  equal(raised.length, 1);
  equal(audited.filter(({ rule }) => rule === "admission.duplicate").length, INVENTORY_LIMITS.duplicates);
  equal(audited.filter(({ rule }) => rule === "admission.flapping").length, 1);
  equal(calls.filter(({ method }) => method === "sessions.probe").length, INVENTORY_LIMITS.duplicates);
  time.advance(INVENTORY_LIMITS.failureWindowSeconds * 1_000);
  equal(ruleOf(await connect()), "admission.duplicate");
  await store.close();
});

Deno.test("O-25: a station on a bad line takes its own dead connection's place as often as it must", async () => {
  const { connect, raised, store } = await inventoryRig();
  for (let i = 0; i <= 3 * INVENTORY_LIMITS.duplicates; i++) equal((await connect()).admit, true, `connection ${i}`);
  deepEqual(raised, []);
  await store.close();
});

Deno.test("O-25: who connects again and again from elsewhere does not keep the station from its own dead connection's place", async () => {
  const { connect, answers, store } = await inventoryRig();
  await connect();
  answers["sessions.probe"] = () => ({ alive: true });
  const elsewhere = { source: "10.0.0.66" };
  for (let i = 0; i < INVENTORY_LIMITS.duplicates; i++) equal(ruleOf(await connect(elsewhere)), "admission.duplicate");
  equal(ruleOf(await connect(elsewhere)), "admission.flapping");
  answers["sessions.probe"] = () => ({ alive: false });
  equal(ruleOf(await connect(elsewhere)), "admission.flapping");
  ok((await connect()).admit);
  await store.close();
});

Deno.test("O-25: attempts at the same time ask the older connection once", async () => {
  const { connect, answers, calls, store } = await inventoryRig();
  await connect();
  const { promise, resolve } = Promise.withResolvers<{ alive: boolean }>();
  answers["sessions.probe"] = () => promise;
  const both = Promise.all([connect(), connect()]);
  let looks = 0; // the second attempt joins the first one's question, which no call shows
  await waitFor("both attempts to ask", () => calls.some(({ method }) => method === "sessions.probe") && ++looks > 20);
  resolve({ alive: true });
  deepEqual((await both).map(ruleOf), ["admission.duplicate", "admission.duplicate"]);
  equal(calls.filter(({ method }) => method === "sessions.probe").length, 1);
  await store.close();
});

Deno.test("O-25: a connection whose Worker is gone is dead, and one learned from a Worker is asked like any other", async () => {
  const { connect, answers, feature, calls, store } = await inventoryRig();
  answers["stations.live"] =
    () => [{ session: "s", stationId: "CP001", source: "10.0.0.1", securityProfile: 2, since: 0 }];
  await feature.workerJoined!("ocpp-0");
  answers["sessions.probe"] = () => Promise.reject(new Error("gone"));
  ok((await connect()).admit);
  deepEqual(closed(calls), [["s"]]);
  await store.close();
});

Deno.test("inventory: a connection that opens after its credential was renewed is closed again", async () => {
  const { feature, admit, command, entered, calls, store } = await inventoryRig();
  const secret = (await command("station credential", { station: "CP004" })).data as { password: string };
  const admission = await admit({ stationId: "CP004", basic: basic("CP004", secret.password) });
  ok(admission.admit);
  await command("station credential", { station: "CP004" });
  await entered(admission.session);
  deepEqual(closed(calls), [[admission.session]]);
  equal(feature.parts.live.ofStation("CP004"), undefined);
  await store.close();
});
