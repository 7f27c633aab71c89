import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { makeTestCertificate } from "../../../tests/support/test_ca.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { StorageError } from "../../core/errors.ts";
import type { LoginEnd } from "../../core/device_link_api.ts";
import { DEVICE_LINK_LIMITS } from "./limits.ts";
import { DEVICE_SITE, DeviceRig } from "./testing/device_rig.ts";

/** One login of a session, ended so; gives what `begin` said. */
async function login(rig: DeviceRig, session: string, end: LoginEnd): Promise<string> {
  const turn = await rig.call("device.login.begin", { session });
  if (!turn.allowed) return turn.why;
  await rig.call("device.login.ended", { session, attempt: turn.attempt, end });
  return `${turn.account.name} ${turn.account.password}`;
}

Deno.test("device links: the account of the session's role, by the driver's name or the site's, without the line break", async () => {
  await using rig = await DeviceRig.open();
  equal(await login(rig, rig.session("a"), "in"), "operator right");
  equal(await login(rig, rig.session("b", { deviceRole: "manufacturer" }), "in"), "boss strong");
  equal(await login(rig, rig.session("c", { deviceRole: "installer" }), "in"), "no-account");
  equal(await login(rig, rig.session("d", { station: "CP003" }), "in"), "no-account");
});

Deno.test("device links: only the Worker that carries a session is told anything, and nobody after its end", async () => {
  await using rig = await DeviceRig.open();
  rig.session("a");
  await rejects(rig.call("device.login.begin", { session: "a" }, "ui_proxy~2"), { code: "ACCESS_REFUSED" });
  deepEqual(rig.feature.handlersFor!("ocpp-0"), {});
  rig.end("a");
  for (const method of ["device.login.begin", "device.pin"] as const) {
    await rejects(rig.call(method, { session: "a" }), { code: "ACCESS_REFUSED" });
  }
});

Deno.test("EV-11: two refused logins are the last until a person acts, whoever asks, in whichever role, over restarts", async () => {
  await using rig = await DeviceRig.open();
  rig.session("a");
  equal(await login(rig, "a", "refused"), "operator right");
  equal(await login(rig, "a", "refused"), "operator right");
  equal(await login(rig, "a", "refused"), "spent");
  equal(await login(rig, rig.session("b"), "in"), "spent");
  equal(await login(rig, rig.session("m", { deviceRole: "manufacturer" }), "in"), "spent");
  const again = await DeviceRig.open({ store: rig.store, folder: rig.folder });
  equal(await login(again, again.session("a"), "in"), "spent");
  match((await again.command("station login-retry", { station: "CP001" })).text, /2 failed logins at CP001 forgiven/);
  equal(await login(again, "a", "in"), "operator right");
  deepEqual(again.events.slice(-2), ["device.login.retried ok", "device.login.made device-login.in ok"]);
  deepEqual(rig.alarms, ["device.login.refused CP001", "device.login.refused CP001"]);
});

Deno.test("EV-11: a crash between a password and its answer costs a try, never gives one away", async () => {
  await using rig = await DeviceRig.open();
  rig.session("a");
  equal((await rig.call("device.login.begin", { session: "a" })).allowed, true);
  const after = await DeviceRig.open({ store: rig.store, folder: rig.folder });
  equal(await login(after, after.session("a"), "refused"), "operator right");
  equal(await login(after, "a", "in"), "spent");
});

const FREE: readonly LoginEnd[] = ["busy", "closed", "must-change", "strange", "unreachable", "in"];
for (const end of FREE) {
  Deno.test(`device links: a login that ended ${end} costs no try`, async () => {
    await using rig = await DeviceRig.open();
    rig.session("a");
    for (let count = 0; count < 5; count++) equal(await login(rig, "a", end), "operator right");
    equal(rig.audited.length, 5);
  });
}
for (const end of ["refused", "unknown"] as const) {
  Deno.test(`device links: a login that ended ${end} costs one`, async () => {
    await using rig = await DeviceRig.open();
    rig.session("a");
    for (let count = 0; count < DEVICE_LINK_LIMITS.refusedLogins; count++) {
      equal(await login(rig, "a", end), "operator right");
    }
    equal(await login(rig, "a", "in"), "spent");
    equal(rig.audited[0]!.outcome, "refused");
  });
}

Deno.test("device links: a right login forgives, another password is another matter", async () => {
  await using rig = await DeviceRig.open();
  rig.session("a");
  await login(rig, "a", "refused");
  await login(rig, "a", "in");
  await login(rig, "a", "refused");
  await login(rig, "a", "refused");
  equal(await login(rig, "a", "in"), "spent");
  rig.files.set("operator", "new one");
  equal(await login(rig, "a", "in"), "operator new one");
});

Deno.test("device links: the second of two logins at once waits, and goes on when the first was right", async () => {
  await using rig = await DeviceRig.open();
  for (const id of ["a", "b", "c"]) rig.session(id);
  const first = await rig.call("device.login.begin", { session: "a" });
  const second = await rig.call("device.login.begin", { session: "b" });
  equal(second.allowed, true, "two tries are there");
  const third = rig.call("device.login.begin", { session: "c" });
  if (!first.allowed) throw new Error("not allowed");
  await rig.call("device.login.ended", { session: "a", attempt: first.attempt, end: "in" });
  equal((await third).allowed, true);
});

Deno.test("device links: nobody waits longer than the others take, and a dead session holds nobody up", async () => {
  await using rig = await DeviceRig.open();
  for (const id of ["a", "b", "c", "d"]) rig.session(id);
  await rig.call("device.login.begin", { session: "a" });
  await rig.call("device.login.begin", { session: "b" });
  const before = rig.time.armed;
  const late = rig.call("device.login.begin", { session: "c" });
  await waitFor("the third to wait", () => rig.time.armed > before);
  rig.time.advance(DEVICE_LINK_LIMITS.turnMs);
  deepEqual(await late, { allowed: false, why: "waiting", since: rig.time.now() - DEVICE_LINK_LIMITS.turnMs });
  rig.end("a"); // what became of its try nobody knows
  rig.end("b");
  equal(await login(rig, "d", "in"), "spent");
});

Deno.test("device links: an end that was never begun, or by another session, changes nothing", async () => {
  await using rig = await DeviceRig.open();
  rig.session("a");
  rig.session("b");
  const turn = await rig.call("device.login.begin", { session: "a" });
  if (!turn.allowed) throw new Error("not allowed");
  await rig.call("device.login.ended", { session: "b", attempt: turn.attempt, end: "in" });
  await rig.call("device.login.ended", { session: "a", attempt: "other", end: "in" });
  deepEqual(rig.audited, []);
});

Deno.test("device lease: one person at a time; taking over ends the other's connections first and is audited", async () => {
  await using rig = await DeviceRig.open();
  const at = { station: "CP002" };
  rig.session("a", { ...at, person: "anna" });
  rig.session("b", { ...at, person: "ben", worker: "ui_proxy" });
  deepEqual(await rig.call("device.lease.take", { session: "a", takeOver: false }), { held: true });
  deepEqual(await rig.call("device.lease.take", { session: "a", takeOver: false }), { held: true });
  const since = rig.time.now();
  rig.time.advance(5_000);
  deepEqual(await rig.call("device.lease.take", { session: "b", takeOver: false }), {
    held: false,
    person: "anna",
    since,
  });
  deepEqual(await rig.call("device.lease.take", { session: "b", takeOver: true }), { held: true });
  deepEqual(rig.called, ['ui_proxy device.lease.lost {"session":"a","by":"ben"}']);
  deepEqual(rig.audited.at(-1)!.detail, { session: "b", from: "anna" });
  equal((await rig.call("device.lease.take", { session: "a", takeOver: false })).held, false);
  rig.end("b");
  deepEqual(await rig.call("device.lease.take", { session: "a", takeOver: false }), { held: true });
  await rig.call("device.lease.leave", { session: "a" });
  rig.session("c", at);
  deepEqual(await rig.call("device.lease.take", { session: "c", takeOver: false }), { held: true });
});

Deno.test("device lease: control's restart forgets nobody who has a device, and one without a session holds nobody up", async () => {
  await using rig = await DeviceRig.open();
  const at = { station: "CP002" };
  await rig.call("device.lease.take", { session: rig.session("a", { ...at, person: "anna" }), takeOver: false });
  const since = rig.time.now();
  const again = await DeviceRig.open({ store: rig.store });
  again.session("a", { ...at, person: "anna" });
  again.session("b", { ...at, person: "ben" });
  deepEqual(await again.call("device.lease.take", { session: "b", takeOver: false }), {
    held: false,
    person: "anna",
    since,
  });
  deepEqual(await again.call("device.lease.take", { session: "a", takeOver: false }), { held: true });
  deepEqual(await again.call("device.lease.take", { session: "b", takeOver: true }), { held: true });
  deepEqual(again.called, ['ui_proxy device.lease.lost {"session":"a","by":"ben"}']);
  // kill -9 of the whole process: nobody's session came back, the lease of one stands in the store.
  const killed = await DeviceRig.open({ store: rig.store });
  deepEqual(await killed.call("device.lease.take", { session: killed.session("c", at), takeOver: false }), {
    held: true,
  });
});

Deno.test("device lease: what cannot be stored is not had, and who ended gives back what the disk still names", async () => {
  await using rig = await DeviceRig.open();
  const at = { station: "CP002" }, { store } = rig, commit = store.commit.bind(store);
  store.commit = () => Promise.reject(new StorageError("STORE_FULL", "the disk is full"));
  await rejects(rig.call("device.lease.take", { session: rig.session("a", at), takeOver: false }), {
    code: "STORE_FULL",
  });
  store.commit = commit;
  deepEqual(await rig.call("device.lease.take", { session: rig.session("b", at), takeOver: false }), { held: true });
  store.commit = () => Promise.reject(new StorageError("STORE_FULL", "the disk is full"));
  rig.end("b");
  store.commit = commit;
  deepEqual(await rig.call("device.lease.take", { session: "a", takeOver: false }), { held: true });
});

Deno.test("device lease: two who take at once: one has it", async () => {
  await using rig = await DeviceRig.open();
  for (const id of ["a", "b", "c"]) rig.session(id, { station: "CP002" });
  const answers = await Promise.all(
    ["a", "b", "c"].map((session) => rig.call("device.lease.take", { session, takeOver: false })),
  );
  deepEqual(answers.map(({ held }) => held), [true, false, false]);
});

const own = makeTestCertificate({ subject: [["CN", "station"]], purposes: null });
const other = makeTestCertificate({ subject: [["CN", "station"]], purposes: null });
const base64 = (der: Uint8Array) => Buffer.from(der).toString("base64");

Deno.test("BC-10: a certificate counts after a person typed its whole fingerprint, and another one is an alarm", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("a");
  deepEqual(await rig.call("device.pin", { session }), {});
  await rejects(rig.command("station pin approve", { station: "CP001", fingerprint: own.fingerprint }), {
    code: "DEVICE_PIN_INVALID",
  });
  await rig.call("device.pin.presented", { session, der: base64(own.der) });
  await rig.call("device.pin.presented", { session, der: base64(own.der) });
  deepEqual(rig.events, ["device.pin.presented device-pin.none refused"], "told once");
  const shown = await rig.command("station pin show", { station: "CP001" });
  match(shown.text, /Approved {2}none[\s\S]*X.509 v3[\s\S]*station pin approve CP001 [0-9a-f]{64}/);
  for (const typed of [own.fingerprint.slice(0, 63), other.fingerprint, ""]) {
    await rejects(rig.command("station pin approve", { station: "CP001", fingerprint: typed }), {
      code: "DEVICE_PIN_INVALID",
    });
  }
  const colons = own.fingerprint.toUpperCase().match(/../g)!.join(":");
  await rig.command("station pin approve", { station: "CP001", fingerprint: colons });
  deepEqual(await rig.call("device.pin", { session }), { der: base64(own.der) });
  const restarted = await DeviceRig.open({ store: rig.store, folder: rig.folder });
  deepEqual(await restarted.call("device.pin", { session: restarted.session("a") }), { der: base64(own.der) });
  await rig.call("device.pin.presented", { session, der: base64(other.der) });
  deepEqual(rig.alarms, [
    "device.pin.waiting CP001",
    "device.pin.waiting CP001",
    "-device.pin.changed CP001",
    "-device.pin.waiting CP001",
    "device.pin.changed CP001",
  ]);
  deepEqual(await rig.call("device.pin", { session }), { der: base64(own.der) }, "the old one stays");
});

Deno.test("BC-10: a fingerprint is taken in the groups in which the gateway shows it", async () => {
  await using rig = await DeviceRig.open();
  await rig.call("device.pin.presented", { session: rig.session("a"), der: base64(own.der) });
  const { text } = await rig.command("station pin show", { station: "CP001" });
  const [, groups] = /Presented SHA-256 ((?:[0-9a-f]{8} ?){8})/.exec(text)!;
  await rig.command("station pin approve", { station: "CP001", fingerprint: groups! });
  match((await rig.command("station pin show", { station: "CP001" })).text, /Presented nothing else/);
});

Deno.test("BC-10: the site's pinFile counts, an approval goes before it, a changed file before that", async () => {
  const site = structuredClone(DEVICE_SITE) as typeof DEVICE_SITE & { stations: [{ ui: Record<string, unknown> }] };
  site.stations[0].ui["pinFile"] = "pin";
  await using rig = await DeviceRig.open({ site });
  const session = rig.session("a");
  rig.files.set("pin", own.certPem);
  deepEqual(await rig.call("device.pin", { session }), { der: base64(own.der) });
  match((await rig.command("station pin show", { station: "CP001" })).text, /pinFile/);
  await rig.call("device.pin.presented", { session, der: base64(other.der) });
  await rig.command("station pin approve", { station: "CP001", fingerprint: other.fingerprint });
  deepEqual(await rig.call("device.pin", { session }), { der: base64(other.der) });
  match((await rig.command("station pin show", { station: "CP001" })).text, /; mia, 2026-01-01/);
  const third = makeTestCertificate({ subject: [["CN", "station"]], purposes: null });
  rig.files.set("pin", third.certPem);
  deepEqual(await rig.call("device.pin", { session }), { der: base64(third.der) });
  rig.files.set("pin", own.certPem + other.certPem);
  await rejects(rig.call("device.pin", { session }), { code: "DEVICE_PIN_INVALID" });
});

Deno.test("device pins: what is too long or no certificate of version 3 is not approved", async () => {
  await using rig = await DeviceRig.open();
  const session = rig.session("a");
  const bytes = (length: number) => base64(new Uint8Array(length));
  await rejects(rig.call("device.pin.presented", { session, der: bytes(DEVICE_LINK_LIMITS.certificateBytes + 1) }), {
    code: "DEVICE_PIN_INVALID",
  });
  await rejects(rig.call("device.pin.presented", { session, der: "" }), { code: "DEVICE_PIN_INVALID" });
  await rig.call("device.pin.presented", { session, der: bytes(DEVICE_LINK_LIMITS.certificateBytes) });
  const { data } = await rig.command("station pin show", { station: "CP001" });
  const { fingerprint } = (data as { presented: { fingerprint: string } }).presented;
  await rejects(rig.command("station pin approve", { station: "CP001", fingerprint }), {
    message: /not of X.509 version 3/,
  });
});

Deno.test("device commands: a station without pages, or none", async () => {
  await using rig = await DeviceRig.open();
  for (const command of ["station pin show", "station pin approve", "station login-retry"]) {
    await rejects(rig.command(command, { station: "CP003", fingerprint: "x" }), { code: "UI_NO_PAGES" });
    await rejects(rig.command(command, { station: "CP00", fingerprint: "x" }), { code: "STATION_UNKNOWN" });
  }
  match((await rig.command("station login-retry", { station: "CP001" })).text, /had failed; nothing to do/);
});

Deno.test("invariant 13: without a vault no image is verified, and the verdict is audited", async () => {
  await using rig = await DeviceRig.open();
  const asked = { session: rig.session("a"), sha256: "ab", bytes: 1 };
  deepEqual(await rig.call("device.image.verdict", asked), {
    verified: false,
    why: "no vault of verified firmware is configured",
  });
  deepEqual(rig.events, ["device.image.judged device-image.unverified refused"]);
  await using vault = await DeviceRig.open({ verdict: { verified: true } });
  deepEqual(await vault.call("device.image.verdict", { ...asked, session: vault.session("a") }), { verified: true });
});
