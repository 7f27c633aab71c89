import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { StorageError } from "../core/errors.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { PASSWORD, PeopleRig } from "./testing/people_rig.ts";

const MINUTE = 60_000;
const ENDED = { code: "SESSION_ENDED" };

const check = (rig: PeopleRig, token: string, activity = false) =>
  rig.call("people.session.check", { by: rig.by(token), activity });

Deno.test("EV-14: thirty minutes without mouse or keyboard log out; polling does not count", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "operator");
  for (let at = 0; at < 29; at++) {
    rig.time.advance(MINUTE);
    await check(rig, token); // a page that polls
  }
  await check(rig, token, true); // the mouse moved
  rig.time.advance(30 * MINUTE - 1);
  await check(rig, token);
  rig.time.advance(1);
  await rejects(check(rig, token), ENDED);
  rig.time.advance(1_000);
  await waitFor("the record of its end", () => rig.events("people.session.ended").length > 0);
  equal(rig.events("people.session.ended").at(-1)!.rule, "session.idle");
});

Deno.test("EV-14: a restart costs at most half a minute of idle time and gives none", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "operator");
  rig.time.advance(20 * MINUTE);
  await check(rig, token, true);
  rig.time.advance(20_000);
  await check(rig, token, true); // within the half minute: in memory only
  await using again = await rig.restart();
  rig.time.advance(30 * MINUTE - 20_001);
  await check(again, token);
  rig.time.advance(1);
  await rejects(check(again, token), ENDED);
});

Deno.test("session: twelve hours are the end, with activity too; a wall clock that is set back helps nobody", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "operator");
  for (let at = 0; at < 12 * 3 - 1; at++) {
    rig.time.advance(20 * MINUTE);
    rig.time.jump(-20 * MINUTE);
    await check(rig, token, true);
  }
  rig.time.advance(20 * MINUTE);
  await rejects(check(rig, token, true), ENDED);
});

Deno.test("session: a person sees and ends the own sessions; only an administrator those of others", async () => {
  await using rig = await PeopleRig.open();
  const anna = await rig.person("anna", "operator"), eva = await rig.person("eva", "administrator");
  rig.time.advance(MINUTE);
  const second = await rig.login("anna", PASSWORD);
  const other = await rig.call("people.login.totp", { by: rig.by(second.token), code: rig.code(anna.secret) });
  const own = await rig.call("people.session.list", { by: rig.by(anna.token) });
  equal(own.length, 2);
  await rejects(rig.call("people.session.list", { by: rig.by(anna.token), all: true }), { code: "PERSON_FORBIDDEN" });
  const [evas] = await rig.call("people.session.list", { by: rig.by(eva.token) });
  await rejects(rig.call("people.session.end", { by: rig.by(anna.token), session: evas!.id }), {
    code: "PERSON_UNKNOWN",
  });
  const all = await rig.call("people.session.list", { by: rig.by(eva.token), all: true });
  equal(all.length, 3);
  ok(other.step === "done");
  deepEqual(await rig.call("people.session.end", { by: rig.by(eva.token), session: other.session.id }), { ended: 1 });
  await rejects(check(rig, other.token), ENDED);
  deepEqual(await rig.call("people.session.end", { by: rig.by(anna.token) }), { ended: 1 });
  await rejects(check(rig, anna.token), ENDED);
  equal(JSON.stringify(all).includes(anna.token), false, "a list opens nothing");
});

Deno.test("session: an ended one stays ended after a restart, and a living one lives on", async () => {
  await using rig = await PeopleRig.open();
  const anna = await rig.person("anna", "operator"), olga = await rig.person("olga", "operator");
  await rig.call("people.session.end", { by: rig.by(anna.token) });
  await using again = await rig.restart();
  await rejects(check(again, anna.token), ENDED);
  equal((await check(again, olga.token)).person, "olga");
});

Deno.test("session: one that is ended while its activity is stored does not come back", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "operator");
  rig.time.advance(MINUTE);
  const both = [check(rig, token, true), rig.call("people.session.end", { by: rig.by(token) })];
  await Promise.allSettled(both);
  await rejects(check(rig, token), ENDED);
  await using again = await rig.restart();
  await rejects(check(again, token), ENDED);
});

Deno.test("session: a person's eleventh one ends the oldest; logins that are not finished go first", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "operator");
  rig.time.advance(MINUTE);
  const tokens: string[] = [];
  for (let at = 0; at < PEOPLE_LIMITS.sessionsOfPerson; at++) tokens.push((await rig.login("anna", PASSWORD)).token);
  equal((await check(rig, token)).stage, "done");
  await rejects(check(rig, tokens[0]!), ENDED);
  equal((await check(rig, tokens.at(-1)!)).stage, "second-factor");
});

Deno.test("session: a fresh proof serves five minutes for dangerous acts", async () => {
  await using rig = await PeopleRig.open();
  const { token, secret } = await rig.person("eva", "administrator");
  const by = rig.by(token), run = () => rig.call("people.run", { by, command: "reload", args: {} });
  equal((await run()).text, "ran reload");
  rig.time.advance(5 * MINUTE);
  await rejects(run(), { code: "STEP_UP_NEEDED" });
  await rejects(rig.call("people.step-up", { by, password: PASSWORD }), { code: "LOGIN_REFUSED" }); // there is a second factor
  await rejects(rig.call("people.step-up", { by, totp: "000000" }), { code: "LOGIN_REFUSED" });
  const { provenUntil } = await rig.call("people.step-up", { by, totp: rig.code(secret) });
  equal(provenUntil, rig.time.now() + 5 * MINUTE);
  equal((await run()).text, "ran reload");
  deepEqual(rig.ran.map(({ who }) => who), ["eva", "eva"]);
});

Deno.test("session: wrong proofs count as wrong logins and lock", async () => {
  await using rig = await PeopleRig.open();
  const { token, secret } = await rig.person("eva", "administrator");
  rig.time.advance(5 * MINUTE);
  for (let at = 0; at < 6; at++) {
    await rejects(rig.call("people.step-up", { by: rig.by(token), totp: "000000" }), { code: "LOGIN_REFUSED" });
  }
  await rejects(rig.call("people.step-up", { by: rig.by(token), totp: rig.code(secret) }), { code: "LOGIN_REFUSED" });
});

Deno.test("session: an absurdly long token is no token", async () => {
  await using rig = await PeopleRig.open();
  await rejects(check(rig, "x".repeat(1_000_000)), ENDED);
});

Deno.test("session: a full disk shuts out nobody who is logged in; their activity counts all the same", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "operator");
  const commit = rig.store.commit;
  rig.store.commit = () => Promise.reject(new StorageError("STORE_FULL", "the disk is full"));
  for (let at = 0; at < 3; at++) {
    rig.time.advance(20 * MINUTE);
    equal((await check(rig, token, true)).person, "anna");
  }
  rig.store.commit = commit;
});

Deno.test("session: a secret that one session has seen is not enrolled in another", async () => {
  await using rig = await PeopleRig.open();
  const { data } = await rig.command("user add", { name: "anna", role: "technician" });
  const { temporaryPassword } = data as { temporaryPassword: string };
  const thief = await rig.login("anna", temporaryPassword), anna = await rig.login("anna", temporaryPassword);
  const next = await rig.call("people.password.change", { by: rig.by(anna.token), next: PASSWORD });
  await rejects(check(rig, thief.token), ENDED, "the other login ended with the password");
  const first = await rig.call("people.totp.begin", { by: rig.by(next.token) });
  deepEqual(
    await rig.call("people.totp.begin", { by: rig.by(next.token) }),
    first,
    "a mistyped code needs no new scan",
  );
  const other = await rig.login("anna", PASSWORD);
  const second = await rig.call("people.totp.begin", { by: rig.by(other.token) });
  ok(second.secret !== first.secret);
  const wrong = { by: rig.by(other.token), code: rig.code(first.secret) };
  await rejects(rig.call("people.totp.finish", wrong), { code: "LOGIN_REFUSED" });
});
