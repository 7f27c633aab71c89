import { equal, ok, rejects } from "node:assert/strict";
import type { Json } from "../core/control_api.ts";
import { Ceremonies } from "./ceremonies.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { steadyClock } from "./steady_clock.ts";
import { PASSWORD, PeopleRig, SOURCE } from "./testing/people_rig.ts";
import { type PasskeyFaults, SoftwarePasskey } from "./testing/software_passkey.ts";

const MINUTE = 60_000;
const ORIGIN = "https://gw.lab.example:8443";
const REFUSED = { code: "LOGIN_REFUSED" };
const PLACE = { source: SOURCE, agent: "test" };

async function enrol(rig: PeopleRig, token: string, faults: PasskeyFaults = {}) {
  const key = await SoftwarePasskey.make(ORIGIN);
  const { ceremony, options } = await rig.call("people.passkey.begin", { by: rig.by(token) });
  const response = await key.create(options, faults);
  const step = await rig.call("people.passkey.finish", { by: rig.by(token), ceremony, response, label: "my key" });
  return { key, step };
}

/** Login by passkey alone. */
async function enter(rig: PeopleRig, key: SoftwarePasskey, faults: PasskeyFaults = {}) {
  const { ceremony, options } = await rig.call("people.login.passkey.begin", { source: SOURCE });
  return await rig.call("people.login.passkey.finish", {
    ceremony,
    response: await key.get(options, faults),
    ...PLACE,
  });
}

/** A new administrator who enrols a passkey as the second factor. */
async function keyHolder(rig: PeopleRig) {
  const { data } = await rig.command("user add", { name: "eva", role: "administrator" });
  const first = await rig.login("eva", (data as { temporaryPassword: string }).temporaryPassword);
  const changed = await rig.call("people.password.change", { by: rig.by(first.token), next: PASSWORD });
  ok(changed.step === "enrol-factor" && changed.methods.includes("passkey"));
  return await enrol(rig, changed.token);
}

Deno.test("passkey: an administrator enrols one, and it is the second factor from then on", async () => {
  await using rig = await PeopleRig.open();
  const { key, step } = await keyHolder(rig);
  equal(step.step, "done");
  const next = await rig.login("eva", PASSWORD);
  ok(next.step === "second-factor" && next.methods.join() === "passkey");
  const by = rig.by(next.token);
  const { ceremony, options } = await rig.call("people.login.passkey.begin", { by, source: SOURCE });
  const answer = { by, ceremony, response: await key.get(options), ...PLACE };
  equal((await rig.call("people.login.passkey.finish", answer)).step, "done");
  await rejects(rig.call("people.login.passkey.finish", answer)); // used
});

Deno.test("passkey: alone it is a whole login when the person unlocked it, also while wrong passwords have locked the name", async () => {
  await using rig = await PeopleRig.open();
  const { key } = await keyHolder(rig);
  for (let at = 0; at < 6; at++) await rejects(rig.login("eva", "wrong"), REFUSED);
  await rejects(rig.login("eva", PASSWORD), REFUSED);
  const step = await enter(rig, key);
  ok(step.step === "done" && step.session.person === "eva" && step.session.provenUntil !== undefined);
  await rejects(enter(rig, key, { unverified: true }), REFUSED);
});

for (
  const [what, faults] of [
    ["another origin", { origin: "https://gw.lab.example.evil.example:8443" }],
    ["another port", { origin: "https://gw.lab.example" }],
    ["another relying party", { rpId: "evil.example" }],
    ["another challenge", { challenge: "AAAA" }],
    ["a counter that went back", { counter: 0 }],
  ] as const
) {
  Deno.test(`passkey: an answer with ${what} is refused`, async () => {
    await using rig = await PeopleRig.open();
    const { key } = await keyHolder(rig);
    await enter(rig, key);
    await rejects(enter(rig, key, faults), REFUSED);
    equal((await enter(rig, key)).step, "done");
  });
}

for (
  const [what, faults] of [
    ["another origin", { origin: "https://evil.example" }],
    ["another relying party", { rpId: "evil.example" }],
    ["another challenge", { challenge: "AAAA" }],
  ] as const
) {
  Deno.test(`passkey: an enrolment with ${what} is refused`, async () => {
    await using rig = await PeopleRig.open();
    const { token } = await rig.person("anna", "technician");
    await rejects(enrol(rig, token, faults), REFUSED);
  });
}

Deno.test("passkey: an answer is good for the ceremony it was asked in, for that person, once, within five minutes", async () => {
  await using rig = await PeopleRig.open();
  const { key } = await keyHolder(rig);
  const anna = await rig.person("anna", "technician");
  const alone = await rig.call("people.login.passkey.begin", { source: SOURCE });
  const response = await key.get(alone.options);
  await rejects(rig.call("people.step-up", { by: rig.by(anna.token), passkey: { ...alone, response } }), REFUSED);
  const late = await rig.call("people.login.passkey.begin", { source: SOURCE });
  const answer = await key.get(late.options);
  rig.time.advance(5 * MINUTE);
  await rejects(
    rig.call("people.login.passkey.finish", { ceremony: late.ceremony, response: answer, ...PLACE }),
    REFUSED,
  );
});

Deno.test("passkey: a stranger's key and a key of a disabled or removed person open nothing", async () => {
  await using rig = await PeopleRig.open();
  const { key } = await keyHolder(rig);
  await rejects(enter(rig, await SoftwarePasskey.make(ORIGIN)), REFUSED);
  await rig.person("max", "administrator");
  await rig.command("user change", { name: "eva", disable: true }, "max");
  await rejects(enter(rig, key), REFUSED);
  await rig.command("user remove", { name: "eva" }, "max");
  await rejects(enter(rig, key), REFUSED);
});

Deno.test("passkey: proves a dangerous act once more", async () => {
  await using rig = await PeopleRig.open();
  const { key, step } = await keyHolder(rig);
  const by = rig.by(step.token), run = () => rig.call("people.run", { by, command: "reload", args: {} });
  rig.time.advance(6 * MINUTE);
  await rejects(run(), { code: "STEP_UP_NEEDED" });
  const { ceremony, options } = await rig.call("people.login.passkey.begin", { by, source: SOURCE });
  await rig.call("people.step-up", { by, passkey: { ceremony, response: await key.get(options) } });
  equal((await run()).text, "ran reload");
});

Deno.test("passkey: the same key is not enrolled twice, and one of several can be removed", async () => {
  await using rig = await PeopleRig.open();
  const { key, step } = await keyHolder(rig);
  const by = rig.by(step.token);
  await rejects(rig.call("people.factor.remove", { by, id: key.id }), { code: "PERSON_INVALID" }); // the last one
  const { ceremony, options } = await rig.call("people.passkey.begin", { by });
  const again = { by, ceremony, response: await key.create(options), label: "again" };
  await rejects(rig.call("people.passkey.finish", again), REFUSED);
  const second = await enrol(rig, step.token);
  const now = rig.by(second.step.token);
  await rig.call("people.factor.remove", { by: now, id: key.id });
  await rejects(enter(rig, key), REFUSED);
  equal((await enter(rig, second.key)).step, "done");
});

Deno.test("passkey: an address as the console's name carries none; people use an authenticator app", async () => {
  await using rig = await PeopleRig.open({ site: { console: undefined } });
  const { token } = await rig.person("anna", "technician");
  await rejects(rig.call("people.passkey.begin", { by: rig.by(token) }), { code: "PERSON_INVALID" });
  equal((await rig.call("people.login.options", {})).passkeys, false);
});

Deno.test("passkey: nonsense instead of an answer is refused, never an error of ours", async () => {
  await using rig = await PeopleRig.open();
  const { key } = await keyHolder(rig);
  const nonsense: Json[] = [null, 7, "x", [], {}, { id: key.id }, { id: key.id, response: null }, {
    id: key.id,
    response: {},
  }];
  for (const response of nonsense) {
    const { ceremony } = await rig.call("people.login.passkey.begin", { source: SOURCE });
    await rejects(rig.call("people.login.passkey.finish", { ceremony, response, ...PLACE }), REFUSED);
  }
});

Deno.test("ceremonies: bounded per address and in all; the oldest gives way", async () => {
  await using rig = await PeopleRig.open();
  const ceremonies = new Ceremonies<number>({ clock: steadyClock(rig.time), random: rig.context.random, lifeMs: 1 });
  const first = ceremonies.begin("a", 0);
  for (let at = 1; at < PEOPLE_LIMITS.ceremoniesOfSource; at++) ceremonies.begin("a", at);
  equal(ceremonies.size, PEOPLE_LIMITS.ceremoniesOfSource);
  ceremonies.begin("a", -1);
  equal(ceremonies.size, PEOPLE_LIMITS.ceremoniesOfSource);
  equal(ceremonies.take(first), undefined);
  for (let at = 0; at < PEOPLE_LIMITS.ceremonies + 1; at++) ceremonies.begin(`b${at}`, at);
  equal(ceremonies.size, PEOPLE_LIMITS.ceremonies);
});
