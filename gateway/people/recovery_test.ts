import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { PEOPLE_LIMITS } from "./limits.ts";
import { PASSWORD, PeopleRig, SOURCE } from "./testing/people_rig.ts";

const MINUTE = 60_000;
const REFUSED = { code: "LOGIN_REFUSED" };

const forgotten = (rig: PeopleRig, name: string, code: string) =>
  rig.call("people.login.forgotten", { name, code, source: SOURCE, agent: "" });

Deno.test("recovery: a code stands in for the password once, the second factor is still asked for, and a new password is forced", async () => {
  await using rig = await PeopleRig.open();
  const { token, secret } = await rig.person("anna", "technician");
  const { codes } = await rig.call("people.recovery.renew", { by: rig.by(token) });
  equal(codes.length, PEOPLE_LIMITS.recoveryCodes);
  match(codes[0]!, /^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$/);
  rig.time.advance(MINUTE);
  const step = await forgotten(rig, "anna", codes[0]!.toLowerCase().replaceAll("-", ""));
  ok(step.step === "second-factor");
  await rejects(rig.call("people.login.recovery", { by: rig.by(step.token), code: codes[1]! }), REFUSED); // never for both
  const next = await rig.call("people.login.totp", { by: rig.by(step.token), code: rig.code(secret) });
  equal(next.step, "change-password");
  const done = await rig.call("people.password.change", { by: rig.by(next.token), next: `${PASSWORD} anew` });
  equal(done.step, "done");
  await rejects(forgotten(rig, "anna", codes[0]!), REFUSED);
});

Deno.test("recovery: a code stands in for a lost second factor, which is enrolled anew; the old one is dead", async () => {
  await using rig = await PeopleRig.open();
  const { token, secret } = await rig.person("anna", "technician");
  const { codes } = await rig.call("people.recovery.renew", { by: rig.by(token) });
  rig.time.advance(MINUTE);
  const step = await rig.login("anna", PASSWORD);
  ok(step.step === "second-factor" && step.methods.includes("recovery-code"));
  const next = await rig.call("people.login.recovery", { by: rig.by(step.token), code: codes[2]! });
  equal(next.step, "enrol-factor");
  const { secret: anew } = await rig.call("people.totp.begin", { by: rig.by(next.token) });
  await rejects(rig.call("people.totp.finish", { by: rig.by(next.token), code: rig.code(secret) }), REFUSED);
  equal((await rig.call("people.totp.finish", { by: rig.by(next.token), code: rig.code(anew) })).step, "done");
  deepEqual(rig.events("people.recovery.used").at(-1)!.detail, { instead: "factor", left: 7 });
});

Deno.test("recovery: used codes stay used after a restart, and new ones kill the old", async () => {
  await using rig = await PeopleRig.open();
  const { token, secret } = await rig.person("anna", "technician");
  const { codes } = await rig.call("people.recovery.renew", { by: rig.by(token) });
  await forgotten(rig, "anna", codes[0]!);
  await using again = await rig.restart();
  await rejects(forgotten(again, "anna", codes[0]!), REFUSED);
  again.time.advance(MINUTE);
  await again.call("people.step-up", { by: again.by(token), totp: again.code(secret) });
  await again.call("people.recovery.renew", { by: again.by(token) });
  await rejects(forgotten(again, "anna", codes[1]!), REFUSED);
});

Deno.test("recovery: wrong codes lock like wrong passwords, for unknown names too, with the same work", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "technician");
  const { codes } = await rig.call("people.recovery.renew", { by: rig.by(token) });
  for (const name of ["anna", "nobody-here"]) {
    for (let at = 0; at < 6; at++) {
      const before = rig.checks;
      await rejects(forgotten(rig, name, "00000-00000-00000-00000-00000"), REFUSED);
      equal(rig.checks, before + 1);
    }
  }
  await rejects(forgotten(rig, "anna", codes[0]!), REFUSED);
});

Deno.test("recovery: without a second factor a code replaces no password", async () => {
  await using rig = await PeopleRig.open({ people: { secondFactorRoles: [] } });
  const { data } = await rig.command("user add", { name: "olga", role: "operator" });
  const step = await rig.login("olga", (data as { temporaryPassword: string }).temporaryPassword);
  const { token } = await rig.call("people.password.change", { by: rig.by(step.token), next: PASSWORD });
  const { codes } = await rig.call("people.recovery.renew", { by: rig.by(token) });
  await rejects(forgotten(rig, "olga", codes[0]!), REFUSED);
});

Deno.test("BC-06: an own recovery code has 8 to 100 characters, as the PUK of a controller", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "technician");
  const renew = (own: string) => rig.call("people.recovery.renew", { by: rig.by(token), own });
  await rejects(renew("abcdefg"), { code: "PASSWORD_REFUSED" });
  await rejects(renew("abcdefgh".padEnd(101, "ij")), { code: "PASSWORD_REFUSED" });
  await rejects(renew("aaaaaaaaaaaa"), { code: "PASSWORD_REFUSED" });
  await renew("abcdefgh");
  const own = "My very own PUK, §7!".padEnd(100, "xyz");
  await renew(own);
  await rejects(forgotten(rig, "anna", "abcdefgh"), REFUSED);
  equal((await forgotten(rig, "anna", own)).step, "second-factor");
  await rejects(forgotten(rig, "anna", own), REFUSED);
});

Deno.test("recovery: new codes need a fresh proof", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "technician");
  rig.time.advance(5 * MINUTE);
  await rejects(rig.call("people.recovery.renew", { by: rig.by(token) }), { code: "STEP_UP_NEEDED" });
});
