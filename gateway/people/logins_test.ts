import { deepEqual, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { PASSWORD, PeopleRig, SOURCE } from "./testing/people_rig.ts";

const MINUTE = 60_000;
const REFUSED = { code: "LOGIN_REFUSED" };

async function fails(rig: PeopleRig, name: string, times: number, source = SOURCE): Promise<void> {
  for (let at = 0; at < times; at++) await rejects(rig.login(name, "wrong", source), REFUSED);
}

Deno.test("EV-01: there is no default password: the code of this start makes the first administrator, who needs a second factor, and then it is dead", async () => {
  await using rig = await PeopleRig.open();
  const [, code] = /^SETUP code ([0-9A-Z-]+) /.exec(rig.announced[0]!)!;
  equal((await rig.call("people.login.options", {})).setup, true);
  const claim = { name: "Eva", password: PASSWORD, source: SOURCE, agent: "test" };
  await rejects(rig.call("people.setup.claim", { ...claim, code: "AAAAA-AAAAA-AAAAA-AAAAA" }), {
    code: "SETUP_REFUSED",
  });
  await rejects(rig.call("people.setup.claim", { ...claim, code: code!, password: "bulkhead" }), {
    code: "PASSWORD_REFUSED",
  });
  const step = await rig.call("people.setup.claim", { ...claim, code: code!.toLowerCase().replaceAll("-", " ") });
  equal(step.step, "enrol-factor");
  await rejects(rig.call("people.account.list" as never, { by: rig.by(step.token) } as never));
  const { secret } = await rig.call("people.totp.begin", { by: rig.by(step.token) });
  const proof = { by: rig.by(step.token), code: rig.code(secret) };
  await rejects(rig.call("people.totp.finish", proof), { code: "PERSON_INVALID" }); // this name could carry a passkey
  const done = await rig.call("people.totp.finish", { ...proof, whyNoPasskey: "no authenticator" });
  ok(done.step === "done" && done.session.may.includes("people.account.add"));
  equal((await rig.call("people.login.options", {})).setup, false);
  await rejects(rig.call("people.setup.claim", { ...claim, name: "mallory", code: code! }), { code: "SETUP_REFUSED" });
  await rejects(rig.command("user setup-code"), { code: "SETUP_REFUSED" });
  await using again = await rig.restart();
  deepEqual(again.announced, []);
});

Deno.test("setup: each start has a code of its own; an older one is dead", async () => {
  await using rig = await PeopleRig.open();
  await using again = await rig.restart();
  const codes = [rig, again].map(({ announced }) => /code (\S+)/.exec(announced[0]!)![1]!);
  notEqual(codes[0], codes[1]);
  const claim = { name: "eva", password: PASSWORD, source: SOURCE, agent: "" };
  await rejects(again.call("people.setup.claim", { ...claim, code: codes[0]! }), { code: "SETUP_REFUSED" });
  equal((await again.call("people.setup.claim", { ...claim, code: codes[1]! })).step, "enrol-factor");
});

Deno.test("setup: two claims at once make one administrator", async () => {
  await using rig = await PeopleRig.open();
  const code = /code (\S+)/.exec(rig.announced[0]!)![1]!;
  const claims = ["eva", "max"].map((name) =>
    rig.call("people.setup.claim", { name, password: PASSWORD, source: SOURCE, agent: "", code })
  );
  const outcomes = (await Promise.allSettled(claims)).map(({ status }) => status);
  deepEqual(outcomes, ["fulfilled", "rejected"]);
});

Deno.test("setup: six wrong codes lock the setup for 30 minutes", async () => {
  await using rig = await PeopleRig.open();
  const claim = { name: "eva", password: PASSWORD, source: SOURCE, agent: "", code: "0" };
  for (let at = 0; at < 6; at++) await rejects(rig.call("people.setup.claim", claim), { code: "SETUP_REFUSED" });
  await rejects(rig.call("people.setup.claim", claim), REFUSED);
});

Deno.test("EV-12: a temporary password opens nothing but the change of it, which must be another one", async () => {
  await using rig = await PeopleRig.open();
  const { data } = await rig.command("user add", { name: "olga", role: "operator" });
  const { temporaryPassword } = data as { temporaryPassword: string };
  const step = await rig.login("olga", temporaryPassword);
  ok(step.step === "change-password" && step.rules.minLength === 15);
  const by = rig.by(step.token);
  await rejects(rig.call("people.session.list", { by }), { code: "LOGIN_UNFINISHED" });
  await rejects(rig.call("people.run", { by, command: "status", args: {} }), { code: "LOGIN_UNFINISHED" });
  await rejects(rig.call("people.password.change", { by, next: temporaryPassword }), { code: "PASSWORD_REFUSED" });
  const done = await rig.call("people.password.change", { by, next: PASSWORD });
  ok(done.step === "done");
  await rejects(rig.call("people.session.check", { by, activity: false }), { code: "SESSION_ENDED" });
  await rejects(rig.login("olga", temporaryPassword), REFUSED);
  equal((await rig.login("olga", PASSWORD)).step, "done");
});

Deno.test("EV-11: six consecutive wrong tries lock for 30:00, over a restart, and the right password does not help meanwhile", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("anna", "operator");
  await fails(rig, "anna", 5);
  await rejects(rig.login("anna", "wrong"), { ...REFUSED, hint: "Locked; try again at 10:30 UTC" });
  await rejects(rig.login("anna", PASSWORD), REFUSED);
  equal(rig.alarms.at(-1)!.subject, "anna");
  rig.time.advance(10 * MINUTE);
  await using again = await rig.restart();
  await rejects(again.login("anna", PASSWORD), REFUSED);
  again.time.advance(20 * MINUTE - 1);
  await rejects(again.login("anna", PASSWORD), REFUSED);
  again.time.advance(1);
  equal((await again.login("anna", PASSWORD)).step, "second-factor");
  deepEqual(again.cleared, []);
});

Deno.test("EV-11: a wall clock that jumps opens no lock early", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("anna", "operator");
  await fails(rig, "anna", 6);
  rig.time.jump(60 * MINUTE);
  await rejects(rig.login("anna", PASSWORD), REFUSED);
  rig.time.jump(-600 * MINUTE);
  rig.time.advance(30 * MINUTE);
  equal((await rig.login("anna", PASSWORD)).step, "second-factor");
});

Deno.test("EV-11: unknown names lock like known ones, with the same words and the same work", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("anna", "operator");
  const errors: unknown[] = [];
  for (const name of ["anna", "nobody-here"]) {
    for (let at = 0; at < 7; at++) {
      const before = rig.checks;
      errors.push(await rig.login(name, "wrong").catch(({ code, message, hint }) => ({ code, message, hint })));
      if (at < 6) equal(rig.checks, before + 1, "one check of argon2id, whoever it is");
    }
  }
  deepEqual(errors.slice(0, 7), errors.slice(7));
  equal(rig.audited.some((event) => JSON.stringify(event).includes("nobody-here")), false);
});

Deno.test("EV-11: a right login forgets the wrong tries, but a right password alone does not", async () => {
  await using rig = await PeopleRig.open();
  const { secret } = await rig.person("anna", "technician");
  await fails(rig, "anna", 5);
  rig.time.advance(30_000);
  const step = await rig.login("anna", PASSWORD);
  await rejects(rig.call("people.login.totp", { by: rig.by(step.token), code: "000000" }), REFUSED); // the sixth
  await rejects(rig.login("anna", PASSWORD), REFUSED);
  rig.time.advance(30 * MINUTE);
  await fails(rig, "anna", 5);
  const next = await rig.login("anna", PASSWORD);
  equal((await rig.call("people.login.totp", { by: rig.by(next.token), code: rig.code(secret) })).step, "done");
  await fails(rig, "anna", 5);
  equal((await rig.login("anna", PASSWORD)).step, "second-factor");
});

Deno.test("EV-11: guesses at the same time are counted one by one", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("anna", "operator");
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => rig.login("anna", "wrong")));
  ok(tries.every(({ status }) => status === "rejected"));
  await rejects(rig.login("anna", PASSWORD), REFUSED);
  equal(rig.events("people.login.locked").length, 1);
});

Deno.test("EV-11: with lockoutScope interface six wrong tries of any names lock every password login", async () => {
  await using rig = await PeopleRig.open({ people: { lockoutScope: "interface" } });
  await rig.person("anna", "operator");
  for (const name of ["a", "b", "c", "d", "e", "f"]) await fails(rig, name, 1);
  await rejects(rig.login("anna", PASSWORD, "10.99.0.77"), REFUSED);
  equal(rig.alarms.at(-1)!.subject, "interface");
  await rig.command("user unlock", { name: "anna" });
  equal((await rig.login("anna", PASSWORD)).step, "second-factor");
});

Deno.test("EV-11: with lockoutScope person nobody else is locked, but an address that tries thirty names is", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("anna", "operator");
  for (let at = 0; at < 29; at++) await fails(rig, `guess-${at}`, 1, "2001:db8::1");
  equal((await rig.login("anna", PASSWORD, "2001:db8::1")).step, "second-factor");
  await fails(rig, "guess-30", 1, "2001:db8::ffff"); // the same /64
  await rejects(rig.login("anna", PASSWORD, "2001:db8::2"), REFUSED);
  equal((await rig.login("anna", PASSWORD, "2001:db8:0:1::2")).step, "second-factor");
});

Deno.test("login: without the hasher nobody is let in, and no try is counted", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("anna", "operator");
  rig.hasherAway = true;
  for (let at = 0; at < 8; at++) await rejects(rig.login("anna", PASSWORD), { code: "RPC_PEER_GONE" });
  rig.hasherAway = false;
  equal((await rig.login("anna", PASSWORD)).step, "second-factor");
});

Deno.test("login: a code of the authenticator is good once, also after a restart, and in its own half minute only", async () => {
  await using rig = await PeopleRig.open();
  const { secret } = await rig.person("anna", "technician");
  rig.time.advance(5 * MINUTE);
  const code = rig.code(secret);
  const use = async (from: PeopleRig) => {
    const { token } = await from.login("anna", PASSWORD);
    return await from.call("people.login.totp", { by: from.by(token), code });
  };
  equal((await use(rig)).step, "done");
  await rejects(use(rig), REFUSED);
  await using again = await rig.restart();
  await rejects(use(again), REFUSED);
});

Deno.test("login: each step ends the token of the one before", async () => {
  await using rig = await PeopleRig.open();
  const { secret } = await rig.person("anna", "technician");
  rig.time.advance(MINUTE);
  const { token } = await rig.login("anna", PASSWORD);
  const done = await rig.call("people.login.totp", { by: rig.by(token), code: rig.code(secret) });
  notEqual(done.token, token);
  match(done.token, /^[\w-]{43}$/);
  await rejects(rig.call("people.session.check", { by: rig.by(token), activity: false }), { code: "SESSION_ENDED" });
});

Deno.test("login: a disabled person is refused like a wrong password, and running sessions are gone", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "operator");
  await rig.command("user change", { name: "anna", disable: true });
  await rejects(rig.call("people.session.check", { by: rig.by(token), activity: true }), { code: "SESSION_ENDED" });
  await rejects(rig.login("anna", PASSWORD), REFUSED);
  equal(rig.events("people.login.refused").at(-1)!.rule, "login.disabled");
});

Deno.test("login: accepted and refused ones are counted, those while locked too", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("olga", "operator");
  rig.counted.length = 0;
  await fails(rig, "olga", 8);
  equal(rig.counted.filter((each) => each === "bulkhead_people_logins_total refused").length, 8);
  rig.time.advance(30 * MINUTE);
  const step = await rig.login("olga", PASSWORD);
  equal(step.step, "second-factor");
  equal(rig.counted.length, 8, "a login that is not finished is none");
});
