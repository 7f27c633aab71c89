import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { PeopleRig, SOURCE } from "./testing/people_rig.ts";

const MINUTE = 60_000;
const REFUSED = { code: "LOGIN_REFUSED" };
const use = (rig: PeopleRig, password: string) =>
  rig.call("people.login.break-glass", { password, source: SOURCE, agent: "" });

async function sealed(rig: PeopleRig): Promise<string> {
  return ((await rig.command("user break-glass")).data as { password: string }).password;
}

Deno.test("break-glass: works once, without hasher and second factor, is alarmed, and lasts an hour", async () => {
  await using rig = await PeopleRig.open();
  await rejects(use(rig, ""), REFUSED); // none is sealed yet
  const password = await sealed(rig);
  match(password, /^([0-9A-Z]{5}-){5}[0-9A-Z]{5}$/);
  rig.hasherAway = true;
  const step = await use(rig, password);
  ok(step.step === "done" && step.session.origin === "break-glass");
  deepEqual(rig.alarms.at(-1)!.kind, "people.break-glass.used");
  await rejects(use(rig, password), REFUSED);
  const by = rig.by(step.token);
  equal((await rig.call("people.run", { by, command: "reload", args: {} })).text, "ran reload");
  deepEqual(rig.ran.at(-1), { command: "reload", who: "break-glass" });
  for (let at = 0; at < 59; at++) {
    rig.time.advance(MINUTE);
    await rig.call("people.session.check", { by, activity: true });
  }
  rig.time.advance(MINUTE);
  await rejects(rig.call("people.session.check", { by, activity: true }), { code: "SESSION_ENDED" });
});

Deno.test("break-glass: used up stays used up, and alarmed, over a restart, until a new password is sealed", async () => {
  await using rig = await PeopleRig.open();
  const password = await sealed(rig);
  await use(rig, password);
  await using again = await rig.restart();
  await rejects(use(again, password), REFUSED);
  const next = await sealed(again);
  deepEqual(again.cleared.at(-1), "people.break-glass.used break-glass");
  equal((await use(again, next)).step, "done");
});

Deno.test("break-glass: two at once get one session", async () => {
  await using rig = await PeopleRig.open();
  const password = await sealed(rig);
  const outcomes = await Promise.allSettled([use(rig, password), use(rig, password)]);
  deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected"]);
});

Deno.test("break-glass: six wrong tries lock it for 30 minutes", async () => {
  await using rig = await PeopleRig.open();
  const password = await sealed(rig);
  for (let at = 0; at < 6; at++) await rejects(use(rig, "wrong"), REFUSED);
  await rejects(use(rig, password), REFUSED);
  rig.time.advance(30 * MINUTE);
  equal((await use(rig, password)).step, "done");
});

Deno.test("break-glass: it decides no requests, has no password login, and the name is taken", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await use(rig, await sealed(rig));
  await rejects(rig.call("people.request.decide", { by: rig.by(token), id: "none", approve: true }), {
    code: "REQUEST_UNKNOWN",
  });
  await rejects(rig.login("break-glass", "x"), REFUSED);
  await rejects(rig.command("user add", { name: "break-glass", role: "operator" }), { code: "PERSON_INVALID" });
});
