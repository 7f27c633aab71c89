import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { COMMANDS } from "../cli/command_table.ts";
import type { NewGrant } from "../core/people_access_api.ts";
import { COMMAND_VERBS } from "../../policies/person_verbs.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { PeopleRig } from "./testing/people_rig.ts";

const MINUTE = 60_000;
const WISH = { station: "CP001", deviceRole: "installer", capability: "edit" } as const;
const REASON = "meter replaced";
const REFUSED = { code: "ACCESS_REFUSED" };
const GRANT: NewGrant = {
  id: "field-7",
  who: { role: "technician" },
  stations: { units: ["bay-07"] },
  deviceRoles: ["installer"],
  capabilities: ["view", "edit"],
  when: { kind: "always" },
  secondFactor: true,
  maxMinutes: 60,
  because: "Service contract 2026",
};

async function crew(rig: PeopleRig) {
  const eva = (await rig.person("eva", "administrator")).token, anna = await rig.person("anna", "technician");
  const olga = (await rig.person("olga", "operator")).token;
  return { eva: rig.by(eva), anna: rig.by(anna.token), olga: rig.by(olga), secret: anna.secret };
}

Deno.test("access: a technician without a grant gets nothing, with one the station of the grant, and all of it is audited", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna } = await crew(rig);
  const open = () => rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON });
  await rejects(open(), REFUSED);
  equal(rig.events("people.access.refused").at(-1)!.rule, "access.no-grant");
  await rig.call("people.grant.add", { by: eva, grant: GRANT });
  const lease = await open();
  deepEqual([lease.person, lease.grant, lease.capabilities], ["anna", "field-7", ["view", "edit"]]);
  equal(lease.until, rig.time.now() + 60 * MINUTE);
  const { target, rule, detail } = rig.events("people.access.opened").at(-1)!;
  deepEqual([target, rule, detail!["reason"]], ["CP001", "field-7", REASON]);
  await rejects(
    rig.call("people.access.open", { by: anna, wish: { ...WISH, station: "CP002" }, reason: REASON }),
    REFUSED,
  );
  await rejects(rig.call("people.access.open", { by: anna, wish: { ...WISH, station: "CP00" }, reason: REASON }), {
    code: "STATION_UNKNOWN",
  });
});

Deno.test("access: a way closes at its time, with the grant, with the person, and when somebody ends it", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna, olga } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: GRANT });
  const open = () => rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON, minutes: 10 });
  const check = (lease: string) => rig.call("people.access.check", { by: anna, lease });
  const first = await open();
  rig.time.advance(10 * MINUTE - 1);
  equal((await check(first.id)).id, first.id);
  rig.time.advance(1);
  await rejects(check(first.id), REFUSED);
  const second = await open();
  await rig.call("people.access.end", { by: olga, lease: second.id });
  await rejects(check(second.id), REFUSED);
  equal(rig.events("people.access.ended").at(-1)!.rule, "access.killed");
  const third = await open();
  await rejects(rig.call("people.access.check", { by: olga, lease: third.id }), REFUSED); // somebody else's way
  await rig.command("grant remove", { id: "field-7" });
  await rejects(check(third.id), REFUSED);
  await rejects(open(), REFUSED);
});

Deno.test("access: a way stays open over a restart and `kill -9`, and no longer than before", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: GRANT });
  const { id } = await rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON, minutes: 10 });
  await using again = await rig.restart();
  equal((await again.call("people.access.check", { by: anna, lease: id })).station, "CP001");
  again.time.advance(10 * MINUTE);
  await rejects(again.call("people.access.check", { by: anna, lease: id }), REFUSED);
});

Deno.test("access: a person who is no technician any more loses the open way at the next look", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: { ...GRANT, who: { role: "technician" } } });
  const { id } = await rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON });
  await rig.command("user change", { name: "anna", role: "auditor" });
  await rejects(rig.call("people.access.check", { by: anna, lease: id })); // the session is gone as well
});

Deno.test("access: a grant with a second factor wants one of the last fifteen minutes", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna, secret } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: GRANT });
  rig.time.advance(16 * MINUTE);
  const open = () => rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON });
  await rejects(open(), { code: "STEP_UP_NEEDED" });
  await rig.call("people.step-up", { by: anna, totp: rig.code(secret) });
  equal((await open()).grant, "field-7");
});

Deno.test("access: a grant for a network is for nobody else", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: { ...GRANT, sources: ["10.1.0.0/16", "10.9.0.7"] } });
  const from = (source: string) =>
    rig.call("people.access.open", { by: { ...anna, source }, wish: WISH, reason: REASON });
  await rejects(from("10.2.0.1"), REFUSED);
  equal((await from("10.1.255.1")).grant, "field-7");
  equal((await from("10.9.0.7")).grant, "field-7");
  equal((await from("::ffff:10.1.0.1")).grant, "field-7");
});

Deno.test("EV-04: request, approval by somebody else, use, end: nobody approves himself", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna, olga } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: { ...GRANT, when: { kind: "request" } } });
  const open = () => rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON });
  await rejects(open(), REFUSED);
  const request = await rig.call("people.request.add", { by: anna, wish: WISH, reason: REASON, minutes: 20 });
  equal(request.state, "pending");
  await rejects(rig.call("people.request.decide", { by: anna, id: request.id, approve: true }), {
    code: "PERSON_FORBIDDEN",
  });
  await rejects(rig.command("request approve", { id: request.id }, "anna"), REFUSED);
  await using again = await rig.restart();
  const decided = await again.call("people.request.decide", { by: olga, id: request.id, approve: true, note: "ok" });
  deepEqual([decided.state, decided.decidedBy, decided.until], ["approved", "olga", rig.time.now() + 20 * MINUTE]);
  const lease = await again.call("people.access.open", { by: anna, wish: WISH, reason: REASON });
  equal(lease.until, decided.until);
  await rejects(again.call("people.request.decide", { by: olga, id: request.id, approve: false }), REFUSED);
  again.time.advance(20 * MINUTE);
  await rejects(again.call("people.access.open", { by: anna, wish: WISH, reason: REASON }), REFUSED);
});

Deno.test("EV-04, BC-12: the manufacturer's account needs two administrators, an operator's word is not enough", async () => {
  await using rig = await PeopleRig.open();
  const { eva, olga } = await crew(rig);
  const max = rig.by((await rig.person("max", "administrator")).token);
  const wish = { ...WISH, deviceRole: "manufacturer" } as const;
  const open = () => rig.call("people.access.open", { by: eva, wish, reason: REASON });
  await rejects(open(), REFUSED);
  const { id } = await rig.call("people.request.add", { by: eva, wish, reason: REASON, minutes: 480 });
  await rejects(rig.call("people.request.decide", { by: olga, id, approve: true }), REFUSED);
  await rejects(rig.call("people.request.decide", { by: eva, id, approve: true }), REFUSED);
  const { until } = await rig.call("people.request.decide", { by: max, id, approve: true });
  equal(until, rig.time.now() + 120 * MINUTE);
  equal((await open()).deviceRole, "manufacturer");
});

Deno.test("access: two people decide one request at once: one of them is told it is decided", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna, olga } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: { ...GRANT, when: { kind: "request" } } });
  const { id } = await rig.call("people.request.add", { by: anna, wish: WISH, reason: REASON, minutes: 20 });
  const outcomes = await Promise.allSettled([
    rig.call("people.request.decide", { by: olga, id, approve: true }),
    rig.call("people.request.decide", { by: eva, id, approve: false }),
  ]);
  deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

Deno.test("access: a request that is withdrawn, denied or a day old opens nothing", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna, olga } = await crew(rig);
  await rig.call("people.grant.add", { by: eva, grant: { ...GRANT, when: { kind: "request" } } });
  const ask = () => rig.call("people.request.add", { by: anna, wish: WISH, reason: REASON, minutes: 20 });
  const approve = (id: string) => rig.call("people.request.decide", { by: olga, id, approve: true });
  const first = await ask();
  await approve(first.id);
  await rejects(rig.call("people.request.withdraw", { by: olga, id: first.id }), { code: "REQUEST_UNKNOWN" });
  await rig.call("people.request.withdraw", { by: anna, id: first.id });
  await rejects(rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON }), REFUSED);
  const second = await ask();
  await rig.call("people.request.decide", { by: olga, id: second.id, approve: false });
  await rejects(rig.call("people.access.open", { by: anna, wish: WISH, reason: REASON }), REFUSED);
});

Deno.test("access: what needs no approval or has no grant cannot be asked for, and a reason is needed", async () => {
  await using rig = await PeopleRig.open();
  const { eva, anna } = await crew(rig);
  const ask = (reason = REASON, minutes = 20) =>
    rig.call("people.request.add", { by: anna, wish: WISH, reason, minutes });
  await rejects(ask(), /No grant gives installer of CP001/);
  await rig.call("people.grant.add", { by: eva, grant: { ...GRANT, id: "on-request", when: { kind: "request" } } });
  await rejects(ask("  x "), { code: "PERSON_INVALID" });
  await rejects(ask(REASON, 0), { code: "PERSON_INVALID" });
  await rejects(ask(REASON, PEOPLE_LIMITS.leaseMinutes + 1), { code: "PERSON_INVALID" });
  equal((await ask(REASON, PEOPLE_LIMITS.leaseMinutes)).minutes, 60);
  await rig.call("people.grant.add", { by: eva, grant: GRANT });
  await rejects(ask(), /it needs no approval/);
});

for (
  const [what, change] of [
    ["nobody", { who: {} }],
    ["no station", { stations: {} }],
    ["no account", { deviceRoles: [] }],
    ["an unknown account", { deviceRoles: ["boss"] }],
    ["an unknown key", { forever: true }],
    ["hours that are none", { when: { kind: "schedule", from: "8", to: "25:00" } }],
    ["a network that is none", { sources: ["10.1.0.0/33"] }],
    ["too many minutes", { maxMinutes: PEOPLE_LIMITS.leaseMinutes + 1 }],
    ["no reason", { because: "x" }],
    ["an id that is built in", { id: "built-in.mine" }],
    ["the person who makes it", { who: { person: "eva" } }],
  ] as const
) {
  Deno.test(`grant: one for ${what} cannot be made`, async () => {
    await using rig = await PeopleRig.open();
    const eva = rig.by((await rig.person("eva", "administrator")).token);
    const grant = { ...GRANT, ...change } as unknown as NewGrant;
    await rejects(rig.call("people.grant.add", { by: eva, grant }), { code: "GRANT_INVALID" });
  });
}

Deno.test("grant: one by command says what it is, and the simulator says who may what and why", async () => {
  await using rig = await PeopleRig.open();
  await crew(rig);
  const explain = (more: Record<string, string | boolean> = {}) =>
    rig.command("access explain", {
      name: "anna",
      station: "bay-07",
      "device-role": "installer",
      capability: "edit",
      ...more,
    });
  const before = await explain();
  equal(before.ok, false);
  match(before.text, /anna may NOT edit CP001 as installer, by rule access\.no-grant/);
  await rig.command("grant add", {
    id: "field-7",
    role: "technician",
    unit: "bay-07",
    "device-role": "installer,operator",
    capability: "view,edit",
    hours: "sat 08:00-12:00",
    from: "10.0.0.0/8",
    because: "Service contract 2026",
  });
  match(
    (await rig.command("grant list")).text,
    /field-7 +the role technician +bay-07 +installer operator +view edit +sat 08:00-12:00/,
  );
  match((await explain({ from: "10.1.1.1" })).text, /anna may edit CP001 as installer, by grant "field-7"/); // Saturday 11:00 in Berlin
  match(
    (await explain({ from: "10.1.1.1", at: "2026-11-22T10:00:00+01:00" })).text,
    /access\.schedule.*counts sat 08:00-12:00/s,
  );
  match((await explain()).text, /counts from 10\.0\.0\.0\/8 only/);
  match((await explain({ from: "10.1.1.1", "without-second-factor": true })).text, /access\.second-factor/);
  match((await explain({ from: "10.1.1.1", "device-role": "manufacturer" })).text, /NOT edit CP001 as manufacturer/);
  await rejects(explain({ at: "soon" }), { code: "CLI_USAGE" });
  await rejects(explain({ name: "nobody-here" }), { code: "PERSON_UNKNOWN" });
});

Deno.test("access: hours are read up to 256 characters, and none of 255 KB holds control", async () => {
  await using rig = await PeopleRig.open();
  const add = (hours: string) =>
    rig.command("grant add", {
      ...{ id: "field-7", role: "technician", "all-stations": true, "device-role": "operator", hours },
      because: "Service contract 2026",
    });
  const padded = (chars: number) => " 08:00-16:00".padEnd(chars);
  match((await add(padded(PEOPLE_LIMITS.textChars))).text, /field-7/);
  await rejects(add(padded(PEOPLE_LIMITS.textChars + 1)), { code: "CLI_USAGE", message: /has 257 characters/ });
  await rejects(add("-".repeat(255 * 1_024) + "\n!"), { code: "CLI_USAGE" });
  for (const hours of ["-".repeat(PEOPLE_LIMITS.textChars), "mon-fri 08:00-16:00", "08:00-12:00-16:00"]) {
    await rejects(add(hours), { code: "GRANT_INVALID" });
  }
});

Deno.test("access explain: technicians ask about themselves, those who watch about anybody", async () => {
  await using rig = await PeopleRig.open();
  const { anna, olga } = await crew(rig);
  await rejects(rig.call("people.access.explain", { by: anna, person: "eva", wish: WISH }), {
    code: "PERSON_FORBIDDEN",
  });
  const own = await rig.call("people.access.explain", { by: anna, wish: WISH });
  ok(own.decision.effect === "deny" && own.decision.considered.length === 3);
  const other = await rig.call("people.access.explain", { by: olga, person: "eva", wish: WISH });
  equal(other.decision.rule, "built-in.administrator-configures");
  const unit = await rig.call("people.access.explain", {
    by: olga,
    person: "eva",
    wish: { ...WISH, station: "bay-07" },
  });
  equal(unit.text, other.text); // a unit's name stands for its first station
  match(unit.text, /^eva may edit CP001 as installer, by grant/);
  const nowhere = rig.call("people.access.explain", { by: olga, wish: { ...WISH, station: "bay" } });
  await rejects(nowhere, { code: "STATION_UNKNOWN" });
});

Deno.test("access: every command that the verb table names exists", () => {
  const known = new Set(COMMANDS.map(({ name }) => name));
  deepEqual(Object.keys(COMMAND_VERBS).filter((name) => !known.has(name)), []);
});

Deno.test("access: so many ways may be open, and one more is refused", async () => {
  await using rig = await PeopleRig.open();
  const { eva } = await crew(rig);
  const open = () => rig.call("people.access.open", { by: eva, wish: WISH, reason: REASON });
  for (let at = 0; at < PEOPLE_LIMITS.leases; at++) await open();
  await rejects(open(), REFUSED);
});

Deno.test("access: a grant names the maker's old pages by a word of its own, and no other does (BC-09)", async () => {
  await using rig = await PeopleRig.open();
  const add = async (id: string, more: Record<string, boolean> = {}) => {
    const given = { id, role: "technician", "all-stations": true, "device-role": "operator", ...more };
    const { data } = await rig.command("grant add", { ...given, because: "Service contract 2026" });
    return (data as { oldPages?: boolean }).oldPages;
  };
  deepEqual([await add("old", { "old-pages": true }), await add("new")], [true, undefined]);
  const { text } = await rig.command("grant list");
  match(text, /old .*60 min, old pages/);
  ok(!/^new .*old pages/m.test(text));
});
