import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { StorageError } from "../core/errors.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { ControlContext } from "../control/contract.ts";
import { createInventoryFeature } from "./feature.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { basicOf } from "./mirror_routes.ts";
import { ATTEMPT, basic, inventoryRig, PASSWORD } from "./testing/inventory_rig.ts";

Deno.test("inventory: admits a station with its password and records it before the answer", async () => {
  const { admit, audited, store } = await inventoryRig();
  const admission = await admit();
  ok(admission.admit);
  deepEqual([admission.stationId, admission.securityProfile, admission.upstream.csms], ["CP001", 2, "main"]);
  deepEqual(admission.upstream.caPem, ["CA"]);
  equal(Buffer.from(admission.upstream.basic!.password, "base64").toString(), PASSWORD);
  deepEqual(audited.map(({ event, rule }) => [event, rule]), [
    ["station.session.admitted", "admission.profile-2"],
    ["station.profile.proven", undefined],
  ]);
  await store.close();
});

Deno.test("inventory: a hex password proves itself as its text and as its bytes, nothing else does (Q7)", async () => {
  const { admit, store } = await inventoryRig({ cp001: `${PASSWORD}\n` });
  equal((await admit({ basic: basic("CP001", Buffer.from(PASSWORD, "hex")) })).admit, true);
  equal((await admit({ basic: basic("CP001", PASSWORD) })).admit, true);
  equal((await admit({ basic: basic("CP001", `${PASSWORD}\n`) })).admit, false);
  equal((await admit({ basic: basic("CP001", PASSWORD.slice(0, -1)) })).admit, false);
  await store.close();
});

Deno.test("inventory: a password of any bytes proves itself (O-05, Q8)", async () => {
  const secret = Uint8Array.from([0, 255, 58, 10, 13, 1, 2, 3, 4, 5, 6, 7, 8, 9, 200, 201, 202, 58]);
  const rig = await inventoryRig();
  rig.context.files.bytes = () => secret;
  equal((await rig.admit({ basic: basic("CP001", secret) })).admit, true);
  await rig.store.close();
});

const KEY = [200, 237, 18, 58, 92, 255, 166, 203, 240, 21, 58, 95, 132, 169, 206, 243, 24, 61];
const TEXT = [...new TextEncoder().encode("0123456789-Bücherei")];
for (
  const { name, file, secret } of [
    { name: "a text with the line break of an editor", file: [...TEXT, 13, 10], secret: TEXT },
    { name: "20 random bytes that end as a line does", file: [...KEY, 13, 10], secret: [...KEY, 13, 10] },
    { name: "20 random bytes and a line break behind them", file: [...KEY, 7, 10, 10], secret: [...KEY, 7, 10] },
    { name: "16 random bytes that end as a line does", file: [...KEY.slice(3), 10], secret: [...KEY.slice(3), 10] },
  ]
) {
  Deno.test(`inventory: a password file of ${name} proves exactly these bytes, and so it is at the CSMS (O-05)`, async () => {
    const content = Uint8Array.from(file), password = Uint8Array.from(secret);
    const rig = await inventoryRig();
    rig.context.files.bytes = () => content;
    equal((await rig.admit({ basic: basic("CP001", password) })).admit, true);
    equal((await rig.admit({ basic: basic("CP001", password.slice(0, -1)) })).admit, false);
    equal(basicOf("CP001", content).password, Buffer.from(password).toString("base64"));
    await rig.store.close();
  });
}

Deno.test("inventory: a decommissioned station is refused like an unknown one, and nobody is asked to adopt it", async () => {
  const { admit, audited, feature, store } = await inventoryRig();
  await feature.parts.stations.erased.add("CP001", 1);
  const admission = await admit();
  deepEqual(admission, { admit: false, rule: "admission.decommissioned", status: 404 });
  deepEqual(audited.map(({ event, rule }) => [event, rule]), [["station.session.refused", "admission.decommissioned"]]);
  deepEqual([feature.parts.stations.get("CP001"), feature.parts.inbox.get("CP001")], [undefined, undefined]);
  equal(feature.parts.stations.all().some(({ id }) => id === "CP001"), false);
  await feature.parts.stations.erased.readmit("CP001", 2);
  equal((await admit()).admit, true);
  await store.close();
});

const REFUSED: readonly {
  name: string;
  attempt: Parameters<Awaited<ReturnType<typeof inventoryRig>>["admit"]>[0];
  rule: string;
  status: number;
}[] = [
  { name: "a wrong password", attempt: { basic: basic("CP001", "wrong") }, rule: "admission.credential", status: 401 },
  { name: "another user", attempt: { basic: basic("CP004", PASSWORD) }, rule: "admission.user-mismatch", status: 401 },
  { name: "an unknown station", attempt: { stationId: "CP999" }, rule: "admission.unknown-station", status: 404 },
  { name: "another case of the id", attempt: { stationId: "cp001" }, rule: "admission.unknown-station", status: 404 },
  { name: "plain text for profile 2", attempt: { tls: false }, rule: "admission.profile", status: 401 },
  { name: "an unknown version", attempt: { offeredProtocols: ["ocpp2.1"] }, rule: "admission.protocol", status: 403 },
  {
    name: "the certificate of another station",
    attempt: { stationId: "CP003", certificate: { commonName: "CP001", fingerprint: "f", serial: "1" } },
    rule: "admission.cn-mismatch",
    status: 401,
  },
];
for (const { name, attempt, rule, status } of REFUSED) {
  Deno.test(`inventory: refuses ${name} and audits the rule`, async () => {
    const { admit, audited, store } = await inventoryRig();
    deepEqual(await admit(attempt), { admit: false, rule, status });
    deepEqual(audited.map((event) => [event.event, event.rule, event.outcome]), [[
      "station.session.refused",
      rule,
      "refused",
    ]]);
    equal(JSON.stringify(audited).includes(PASSWORD), false);
    await store.close();
  });
}

Deno.test("invariant 9: failed attempts are limited per source, and a proven station at another address is not locked out", async () => {
  const { admit, audited, raised, time, store } = await inventoryRig();
  ok((await admit()).admit);
  const guess = { source: "10.0.0.66", basic: basic("CP001", "guess") };
  for (let i = 0; i < INVENTORY_LIMITS.failuresPerSource; i++) {
    equal((await admit(guess) as { status: number }).status, 401);
  }
  const recorded = audited.length;
  const limited = await admit({ ...guess, basic: basic("CP001", PASSWORD) });
  deepEqual([limited.admit, (limited as { status: number }).status], [false, 429]);
  for (let i = 0; i < 20; i++) await admit(guess);
  const told = audited.slice(recorded).map(({ event, rule }) => `${event} ${rule}`);
  deepEqual(told, ["station.session.refused admission.source-limited"], "one record: a flood must not fill the chain");
  equal(raised[0]?.kind, "station.attempts.limited");
  ok((await admit()).admit, "the station itself still gets in");
  time.advance(INVENTORY_LIMITS.failureWindowSeconds * 1_000);
  equal((await admit(guess) as { status: number }).status, 401);
  await store.close();
});

Deno.test("invariant 9: guesses that come together pass no limit together, and the alarm clears when it is over", async () => {
  const { admit, cleared, time, store } = await inventoryRig();
  const guesses = Array.from({ length: 40 }, () => admit({ source: "10.0.0.66", basic: basic("CP001", "guess") }));
  const statuses = (await Promise.all(guesses)).map((answer) => answer.admit ? 101 : answer.status);
  equal(statuses.filter((status) => status === 401).length, INVENTORY_LIMITS.failuresPerSource);
  equal(statuses.filter((status) => status === 429).length, 40 - INVENTORY_LIMITS.failuresPerSource);
  time.advance(INVENTORY_LIMITS.failureWindowSeconds * 1_000);
  await waitFor("the alarm to clear", () => cleared.includes("station.attempts.limited 10.0.0.66"));
  await store.close();
});

Deno.test("invariant 9: failed attempts are limited per identity over many sources", async () => {
  const { admit, store } = await inventoryRig();
  const from = (i: number) => admit({ source: `10.0.1.${i}`, basic: basic("CP001", "guess") });
  for (let i = 0; i < INVENTORY_LIMITS.failuresPerIdentity; i++) {
    equal((await from(i) as { status: number }).status, 401);
  }
  equal((await from(250) as { rule: string }).rule, "admission.identity-limited");
  await store.close();
});

Deno.test("invariant 9: who guesses on while the gateway restarts keeps no station out, known by where it stood or stands", async () => {
  const rig = await inventoryRig();
  const home = "10.0.0.77"; // site.yaml says 10.0.0.1
  const flood = async () => {
    for (let i = 0; i < INVENTORY_LIMITS.failuresPerIdentity; i++) {
      await rig.admit({ source: `10.0.1.${i}`, basic: basic("CP001", "guess") });
    }
  };
  await flood();
  equal(
    (await rig.admit({ source: home }) as { rule?: string }).rule,
    "admission.identity-limited",
    "never seen there",
  );
  rig.time.advance(INVENTORY_LIMITS.failureWindowSeconds * 1_000);
  ok((await rig.admit({ source: home })).admit);
  await rig.feature.handlers!["stations.seen"]!({ stationId: "CP001", facts: { address: home } });
  await rig.feature.stop!();
  const again = await createInventoryFeature(rig.context as ControlContext, rig.pki);
  rig.admit = async (attempt) => await again.handlersFor!("ocpp-0")["stations.admit"]!({ ...ATTEMPT, ...attempt });
  await flood();
  ok((await rig.admit({ source: home })).admit, "it proved itself there before the restart");
  equal((await rig.admit({ source: "10.0.0.2" }) as { rule?: string }).rule, "admission.identity-limited");
  const attempt = { source: home, basic: basic("CP001", "guess") };
  for (let i = 0; i < INVENTORY_LIMITS.failuresPerIdentity; i++) await rig.admit(attempt);
  equal(
    (await rig.admit(attempt) as { rule?: string }).rule,
    "admission.identity-limited",
    "there it has a limit, too",
  );
  await again.stop!();
  await rig.store.close();
});

Deno.test("audit: the end of a session is recorded by its Worker, or by control when that Worker died", async () => {
  const { feature, admit, audited, store } = await inventoryRig();
  const first = await admit();
  ok(first.admit);
  audited.splice(0);
  await feature.handlers!["stations.left"]!({ session: first.session, why: "station" });
  deepEqual(audited, []);
  const second = await admit();
  ok(second.admit);
  audited.splice(0);
  await feature.workerLeft!("ocpp-0");
  deepEqual(audited.map(({ event, who, outcome, detail }) => ({ event, who, outcome, detail })), [{
    event: "station.session.lost",
    who: "CP001",
    outcome: "failed",
    detail: { session: second.session, worker: "ocpp-0" },
  }]);
  await store.close();
});

Deno.test("inventory: after control's restart live sessions are learned from the Workers", async () => {
  const { feature, answers, store } = await inventoryRig();
  answers["stations.live"] =
    () => [{ session: "s", stationId: "CP001", source: "10.0.0.1", securityProfile: 2, since: 0 }];
  await feature.workerJoined!("ocpp-0");
  equal(feature.parts.live.ofStation("CP001")?.worker, "ocpp-0");
  await feature.workerLeft!("ocpp-0");
  equal(feature.parts.live.ofStation("CP001"), undefined);
  await store.close();
});

Deno.test("inventory: an unknown station waits in the inbox until it is adopted, then its new password admits it", async () => {
  const { admit, command, audited, store } = await inventoryRig();
  await admit({ stationId: "NEW1", basic: basic("NEW1", "factory") });
  match((await command("stations", { inbox: true })).text, /NEW1 .*10\.0\.0\.1 .*TLS .*basic .*ocpp1\.6/);
  const { data } = await command("station adopt", { station: "NEW1", profile: "2" });
  const { password } = data as { password: string };
  match(password, /^[0-9a-f]{40}$/);
  equal((await admit({ stationId: "NEW1", basic: basic("NEW1", password) })).admit, true);
  equal((await admit({ stationId: "NEW1", basic: basic("NEW1", "factory") })).admit, false);
  match((await command("stations", { inbox: true })).text, /No unknown station/);
  equal(JSON.stringify(audited).includes(password), false);
  await rejects(command("station adopt", { station: "NEW1" }), { code: "STATION_EXISTS" });
  await store.close();
});

Deno.test("inventory: a station is not adopted with a version, profile or CSMS that does not exist", async () => {
  const { command, store } = await inventoryRig();
  await rejects(command("station adopt", { station: "N", protocols: "ocpp9" }), { code: "STATION_INVALID" });
  await rejects(command("station adopt", { station: "N", profile: "7", protocols: "ocpp1.6" }), {
    code: "STATION_INVALID",
  });
  await rejects(command("station adopt", { station: "N", csms: "x", protocols: "ocpp1.6" }), {
    code: "STATION_INVALID",
  });
  await store.close();
});

Deno.test("inventory: a renewed credential ends the live session and kills the old password", async () => {
  const { admit, connect, command, calls, feature, store } = await inventoryRig();
  const first = (await command("station credential", { station: "CP004" })).data as { password: string };
  const before = await connect({ stationId: "CP004", basic: basic("CP004", first.password) });
  ok(before.admit);
  const second = (await command("station credential", { station: "CP004" })).data as { password: string };
  notEqual(first.password, second.password);
  equal(calls.at(-1)?.method, "sessions.close");
  await feature.handlers!["stations.left"]!({ session: before.session, why: "replaced" });
  equal((await admit({ stationId: "CP004", basic: basic("CP004", first.password) })).admit, false);
  const admission = await admit({ stationId: "CP004", basic: basic("CP004", second.password) });
  ok(admission.admit);
  equal(Buffer.from(admission.upstream.basic!.password, "base64").toString(), "upstream-secret-of-cp004");
  await rejects(command("station credential", { station: "CP001" }), { code: "STATION_INVALID" });
  await rejects(command("station credential", { station: "CP003" }), { hint: /cert issue --station CP003/ });
  await rejects(command("station credential", { station: "NOPE" }), { code: "STATION_UNKNOWN" });
  await store.close();
});

Deno.test("inventory: the inbox holds up to its limit and forgets the one not seen for longest", async () => {
  const { admit, feature, store } = await inventoryRig();
  for (let i = 0; i <= INVENTORY_LIMITS.inboxEntries; i++) {
    await admit({ stationId: `U${i}`, source: `10.1.${i >> 8}.${i & 255}` });
  }
  const ids = feature.parts.inbox.all().map(({ stationId }) => stationId);
  equal(ids.length, INVENTORY_LIMITS.inboxEntries);
  equal(ids.includes("U0"), false);
  equal(ids[0], `U${INVENTORY_LIMITS.inboxEntries}`);
  await store.close();
});

Deno.test("inventory: facts of a station are kept up to their limit, and a firmware change is audited once", async () => {
  const { feature, audited, store } = await inventoryRig();
  const seen = (facts: Record<string, string>) => feature.handlers!["stations.seen"]!({ stationId: "CP001", facts });
  await seen({ firmwareVersion: "5.32.1" });
  await seen({ firmwareVersion: "5.32.1" });
  deepEqual(audited.map(({ event }) => event), ["station.firmware.changed"]);
  await seen(
    Object.fromEntries(Array.from({ length: INVENTORY_LIMITS.factsPerStation + 5 }, (_, i) => [`f${i}`, "x"])),
  );
  equal(Object.keys(feature.parts.facts.of("CP001")).length, INVENTORY_LIMITS.factsPerStation);
  await store.close();
});

Deno.test("inventory: a version that the station tells itself takes the place of what a driver or a person said", async () => {
  const { feature, store } = await inventoryRig(), { facts } = feature.parts;
  const seen = (learned: Record<string, string>) =>
    feature.handlers!["stations.seen"]!({ stationId: "CP001", facts: learned });
  await facts.learn("CP001", { firmwareVersion: "5.33.11", versionBy: "person:tim" });
  await seen({ model: "CC613" });
  equal(facts.of("CP001")["versionBy"], "person:tim", "it told no version");
  await seen({ firmwareVersion: "5.33.11" });
  deepEqual(facts.of("CP001"), { firmwareVersion: "5.33.11", versionBy: "", model: "CC613" });
  await store.close();
});

Deno.test("inventory: `why` names the refusal and its fix", async () => {
  const { admit, command, answers, store } = await inventoryRig();
  answers["handshake.last"] = () => ({});
  answers["upstream.probe"] = () => [{ step: "TLS", ok: true, detail: "verified" }];
  await admit({ basic: basic("CP001", "wrong") });
  const { text, ok: fine } = await command("why", { station: "CP001" });
  equal(fine, false);
  match(text, /CP001 cannot charge because of login: refused .* by admission\.credential/);
  match(text, /Fix: .*station credential CP001/);
  await store.close();
});

Deno.test("inventory: on a full disk new connections are refused only where the admin chose stop-accepting", async () => {
  const { admit, audited, context, store } = await inventoryRig();
  (context.disk as { level: string }).level = "full";
  equal((await admit()).admit, true);
  context.site.audit.diskFull = "stop-accepting";
  deepEqual(await admit(), { admit: false, rule: "admission.disk-full", status: 503, retryAfterSeconds: 60 });
  deepEqual(audited.map(({ rule, outcome }) => `${rule} ${outcome}`).slice(-1), ["admission.disk-full refused"]);
  context.audit.record = () => Promise.reject(new StorageError("STORE_FULL", "the disk is full"));
  const certificate = { commonName: "CP003", fingerprint: "f", serial: "1" };
  const other = await admit({ stationId: "CP003", certificate, offeredProtocols: ["ocpp2.0.1"] });
  equal(
    (other as { rule: string }).rule,
    "admission.disk-full",
    "a record that the disk does not take changes nothing",
  );
  await store.close();
});

Deno.test("inventory: another serial, vendor or model at the boot is recorded with what it was; the first word is not", async () => {
  const { feature, audited, store, command } = await inventoryRig();
  const seen = (facts: Record<string, string>) => feature.handlers!["stations.seen"]!({ stationId: "CP001", facts });
  await seen({ vendor: "Bender", model: "CC613", serial: "1" });
  await seen({ vendor: "Bender", serial: "1" });
  equal(audited.length, 0);
  await seen({ vendor: "Bender", model: "CC612", serial: "2" });
  await seen({ vendor: "Bender", model: "CC612", serial: "2" });
  deepEqual(audited.map(({ event, who, outcome, detail }) => [event, who, outcome, detail]), [
    ["station.identity.changed", "CP001", "failed", {
      changes: "model: CC613 became CC612, serial: 1 became 2",
    }],
  ]);
  await feature.parts.facts.forget("CP001"); // as `station replace` does
  await seen({ serial: "3" });
  equal(audited.length, 1);
  ok((await command("stations")).text.includes("CP001"));
  await store.close();
});
