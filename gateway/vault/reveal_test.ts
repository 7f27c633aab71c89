import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { IdentityError } from "../core/errors.ts";
import type { RevealAsker, RevealWish } from "./reveal.ts";
import { SecretRig, type SecretRigOptions, STATIONS } from "./testing/secret_rig.ts";

const MINUTE = 60_000, REASON = "maker on site, ticket 4711";
const FILES = { CP001: "old-of-CP001", CP002: "old-of-pair", "CP002-S": "old-of-pair" };

/** A rig whose vault has changed every operator's password once, and a gate that approves. */
async function settled(options: SecretRigOptions = {}): Promise<SecretRig & { asked: [RevealAsker, RevealWish][] }> {
  const rig = Object.assign(await SecretRig.up({ files: FILES, ...options }), {
    asked: [] as [RevealAsker, RevealWish][],
  });
  for (const { id } of rig.stations as { id: string }[]) {
    rig.devices.of(id).passwords.set("operator", FILES[id as "CP001"] ?? "unknown");
  }
  let requests = 0;
  rig.gate = {
    ask: (asker, wish) => {
      rig.asked.push([asker, wish]);
      return Promise.resolve({ isApproved: true, request: `R${++requests}`, approvedBy: "olga" });
    },
  };
  await rig.run("rotate", { unit: "all", slot: "operator" });
  await rig.pass(0);
  return rig;
}

const reveal = (rig: SecretRig, unit = "CP001", who = "eva") =>
  rig.run("reveal", { unit, slot: "operator", reason: REASON }, who);
const has = (rig: SecretRig, id: string) => rig.devices.of(id).passwords.get("operator")!;

Deno.test("BC-06: a secret is shown with approval and reason, recorded, and changed after the site's minutes", async () => {
  await using rig = await settled();
  const before = has(rig, "CP001"), { text } = await reveal(rig);
  match(text, new RegExp(`CP001 has  ${before}\nIt is changed at 2026-01-01T01:00:00.000Z`));
  deepEqual(rig.asked[0]![1], { station: "CP001", deviceRole: "operator", reason: REASON });
  const [event] = rig.events("secret.value.revealed");
  deepEqual([event!.who, event!.target, event!.detail], [
    "eva",
    "CP001",
    { slot: "operator", reason: REASON, request: "R1", approvedBy: "olga" },
  ]);
  await rig.pass(59 * MINUTE);
  equal(has(rig, "CP001"), before);
  await rig.pass(2 * MINUTE);
  ok(has(rig, "CP001") !== before, "changed by itself");
  equal(rig.events("secret.rotation.started").at(-1)!.detail!["reason"], "revealed");
  await rig.pass(5 * 60 * MINUTE);
  equal(rig.events("secret.rotation.started").length, 3, "and not again and again");
  ok(!rig.recorded.includes(before));
});

Deno.test("vault: a secret is not shown before somebody has approved", async () => {
  await using rig = await settled();
  rig.gate = { ask: () => Promise.resolve({ isApproved: false, request: "R9" }) };
  const { text, data } = await reveal(rig);
  match(text, /^Request R9 is made\. When somebody else has approved it, run this again/);
  ok(!text.includes(has(rig, "CP001")) && !JSON.stringify(data).includes(has(rig, "CP001")));
  equal(rig.events("secret.value.revealed").length, 0);
  rig.gate = { ask: () => Promise.reject(new IdentityError("STEP_UP_NEEDED", "a second factor")) };
  await rejects(reveal(rig), { code: "STEP_UP_NEEDED" });
});

Deno.test("vault: an approval shows a secret once, also when it is used twice at the same time", async () => {
  await using rig = await settled();
  rig.gate = { ask: () => Promise.resolve({ isApproved: true, request: "R1" }) };
  const both = await Promise.allSettled([reveal(rig), reveal(rig)]);
  deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await rejects(reveal(rig), { code: "SECRET_REFUSED", message: /each shows it once/ });
  equal(rig.events("secret.value.revealed").length, 1);
});

Deno.test("vault: a reveal needs a reason, and a secret that the vault has", async () => {
  await using rig = await settled();
  const ask = (args: Record<string, string>) => rig.run("reveal", { unit: "CP001", slot: "operator", ...args });
  for (const reason of ["", "no", " ".repeat(9), "x".repeat(201)]) {
    await rejects(ask({ reason }), { code: "SECRET_REFUSED", message: /A reason of 3 to 200/ });
  }
  await ask({ reason: "x".repeat(200) });
  await rejects(ask({ slot: "puk", reason: REASON }), { code: "SECRET_REFUSED", message: /has no puk of CP001/ });
  await rejects(ask({ slot: "root", reason: REASON }), { code: "SECRET_UNKNOWN", message: /"root" is no secret/ });
  await rejects(ask({ unit: "CP999", reason: REASON }), {
    code: "SECRET_UNKNOWN",
    message: /no station or unit "CP999"/,
  });
});

Deno.test("BC-03: of a pair one secret is shown for both; one of its stations names the unit as well", async () => {
  await using rig = await settled();
  const { text } = await reveal(rig, "CP002-S");
  match(text, new RegExp(`CP002 has  ${has(rig, "CP002")}\nCP002-S has  ${has(rig, "CP002")}\n`));
  equal(has(rig, "CP002"), has(rig, "CP002-S"));
});

Deno.test("BC-04: where only people can set it, a reveal shows the next one with the steps, and a confirmation goes on", async () => {
  await using rig = await settled();
  const device = rig.devices.of("CP001"), before = has(rig, "CP001");
  device.canSet = [];
  await rig.run("rotate", { unit: "CP001", slot: "operator" });
  await rig.pass(0);
  equal(rig.alarms.get("secret.person.wanted CP001 operator"), "CP001");
  const { data, text } = await reveal(rig);
  const { secrets, changedAt } = data as { secrets: { what: string; text: string }[]; changedAt?: number };
  deepEqual(secrets.map(({ what }) => what), ["now", "next"]);
  equal(secrets[0]!.text, before);
  equal(changedAt, undefined, "it is being changed");
  match(text, /Open SYSTEM > Password/);
  device.passwords.set("operator", "mistyped");
  await rig.run("confirm", { station: "CP001", slot: "operator" });
  await rig.pass(0);
  equal(device.worst, 2, "a login finds the mistake, and is made twice at most");
  equal(rig.alarms.get("secret.held CP001 operator"), "CP001");
  device.passwords.set("operator", secrets[1]!.text);
  await rig.run("retry", { station: "CP001", slot: "operator" });
  await rig.pass(0);
  deepEqual(await rig.feature.vault.passwordOf("CP001", "operator"), { state: "known", password: secrets[1]!.text });
  equal(rig.alarms.size, 0);
  await rejects(rig.run("confirm", { station: "CP001", slot: "operator" }), { code: "SECRET_REFUSED" });
});

Deno.test("BC-03: the half that has no network is set by a person, whose word stands for it; one who could not ends it", async () => {
  const half = {
    id: "CP002-S",
    vendor: "bender",
    unit: "bay-2",
    part: "secondary",
    access: "usb-only",
    reachedThrough: "CP002",
  };
  await using rig = await settled({
    stations: [STATIONS[0]!, STATIONS[1]!, half],
    files: { CP001: "old-of-CP001", CP002: "old-of-pair" },
  });
  const before = has(rig, "CP002");
  equal(before, "old-of-pair", "nothing is changed before the person has done their part");
  const { data } = await rig.run("reveal", { unit: "bay-2", slot: "operator", reason: REASON });
  const next =
    (data as { secrets: { what: string; text: string }[] }).secrets.find(({ what }) => what === "next")!.text;
  await rig.run("confirm", { station: "CP002-S", slot: "operator" });
  await rig.pass(0);
  equal(has(rig, "CP002"), next);
  deepEqual(await rig.feature.vault.passwordOf("CP002-S", "operator"), { state: "known", password: next });
  await rig.run("rotate", { unit: "bay-2", slot: "operator" });
  await rig.pass(0);
  await rig.run("confirm", { station: "CP002-S", slot: "operator", failed: true, reason: "no cable" });
  await rig.pass(0);
  equal(has(rig, "CP002"), next);
  equal(rig.events("secret.rotation.ended").at(-1)!.detail!["why"], "no cable");
});

Deno.test("BC-06 and BC-11: recovery codes and log passwords are made, set by a person, shown and changed like the others", async () => {
  await using rig = await settled();
  for (const slot of ["puk", "log-password"]) {
    await rig.run("rotate", { unit: "CP001", slot });
    await rig.pass(0);
    equal(rig.alarms.get(`secret.person.wanted CP001 ${slot}`), "CP001");
    const { data } = await rig.run("reveal", { unit: "CP001", slot, reason: REASON });
    const { secrets } = data as { secrets: { what: string; text: string }[] };
    equal(secrets[0]!.what, "next");
    match(secrets[0]!.text, slot === "puk" ? /^[A-Za-z0-9.!-]{24}$/ : /^[A-Za-z0-9]{24}$/);
    equal(rig.asked.at(-1)![1].deviceRole, "manufacturer", "shown to those alone who may have the strongest account");
    await rig.run("confirm", { station: "CP001", slot });
    await rig.pass(0);
    equal(rig.alarms.size, 0);
  }
});

Deno.test("vault: who leaves: all that they were shown or that was used for them is changed, and nothing else", async () => {
  await using rig = await settled({ files: { ...FILES } });
  const before = [has(rig, "CP001"), has(rig, "CP002")];
  await reveal(rig, "CP001", "anna");
  await rig.feature.vault.used("CP002", "operator", "bert");
  await rig.feature.vault.used("CP002", "operator", "bert");
  match((await rig.run("left", { person: "ivan" })).text, /ivan was shown no secret/);
  match((await rig.run("left", { person: "Anna" })).text, /1 secrets are changed now: CP001 operator/);
  await rig.pass(0);
  ok(has(rig, "CP001") !== before[0]);
  equal(has(rig, "CP002"), before[1]);
  await rig.run("left", { person: "bert" });
  await rig.pass(0);
  ok(has(rig, "CP002") !== before[1]);
  deepEqual(rig.events("secret.person.left").map(({ target, detail }) => [target, detail!["secrets"]]), [
    ["ivan", 0],
    ["Anna", 1],
    ["bert", 1],
  ]);
  const after = has(rig, "CP002");
  await rig.run("left", { person: "bert" });
  await rig.pass(0);
  equal(has(rig, "CP002"), after, "what they knew is not in force any more");
});

Deno.test("vault: the list names people who know a secret; what the gateway itself looked at with it is nobody", async () => {
  await using rig = await settled({ files: { ...FILES } });
  for (const visitor of ["posture", "incident-look", "campaign", "bert"]) {
    await rig.feature.vault.used("CP002", "operator", visitor);
  }
  const { data } = await rig.run("list");
  const { secrets } = data as unknown as { secrets: { knownTo: string[] }[] };
  deepEqual(secrets.flatMap(({ knownTo }) => knownTo), ["bert"]);
});
