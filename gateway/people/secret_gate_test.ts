import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { PeopleFeature } from "./feature.ts";
import { PeopleRig } from "./testing/people_rig.ts";

const MINUTE = 60_000;
const WISH = { station: "CP001", deviceRole: "operator", reason: "maker on site" } as const;

async function crew(rig: PeopleRig) {
  const eva = await rig.person("eva", "administrator"), olga = await rig.person("olga", "operator");
  const gate = (rig.feature as PeopleFeature).secretGate;
  return { eva, olga: rig.by(olga.token), gate };
}

Deno.test("secret gate: asked, approved by somebody else, then open for an hour; each wish is one request", async () => {
  await using rig = await PeopleRig.open();
  const { gate, olga } = await crew(rig);
  const ask = () => gate.ask({ person: "eva", caller: { source: "10.99.0.7", secondFactorAt: steadyNow(rig) } }, WISH);
  const first = await ask();
  equal(first.isApproved, false);
  equal((await ask()).request, first.request, "asking again makes no second one");
  await rig.call("people.request.decide", { by: olga, id: first.request, approve: true });
  deepEqual(await ask(), { isApproved: true, request: first.request, approvedBy: "olga" });
  rig.time.advance(60 * MINUTE);
  const later = await ask();
  equal(later.isApproved, false);
  equal(later.request === first.request, false);
});

/** People's steady clock. */
const steadyNow = (rig: PeopleRig): number =>
  (rig.feature as unknown as { secretGate: { people: { clock: { now(): number } } } }).secretGate.people.clock.now();

Deno.test("secret gate: nobody approves the own wish, and a denied one opens nothing", async () => {
  await using rig = await PeopleRig.open();
  const { gate, eva, olga } = await crew(rig);
  const ask = () => gate.ask({ person: "eva", caller: { source: "10.99.0.7", secondFactorAt: steadyNow(rig) } }, WISH);
  const { request } = await ask();
  await rejects(rig.call("people.request.decide", { by: rig.by(eva.token), id: request, approve: true }), {
    code: "ACCESS_REFUSED",
  });
  await rig.call("people.request.decide", { by: olga, id: request, approve: false });
  equal((await ask()).isApproved, false);
});

Deno.test("secret gate: a second factor within the last fifteen minutes, or nothing", async () => {
  await using rig = await PeopleRig.open();
  const { gate } = await crew(rig);
  const ask = (secondFactorAt?: number) =>
    gate.ask({
      person: "eva",
      caller: { source: "10.99.0.7", ...secondFactorAt === undefined ? {} : { secondFactorAt } },
    }, WISH);
  await rejects(ask(), { code: "STEP_UP_NEEDED" });
  const proven = steadyNow(rig);
  rig.time.advance(15 * MINUTE);
  await ask(proven);
  rig.time.advance(1);
  await rejects(ask(proven), { code: "STEP_UP_NEEDED" });
});

Deno.test("secret gate: at the control socket a code of the authenticator app, used once, wrong ones counted", async () => {
  await using rig = await PeopleRig.open();
  const { gate, eva } = await crew(rig);
  const ask = (code?: string, person = "eva") => gate.ask({ person, ...code === undefined ? {} : { code } }, WISH);
  await rejects(ask(), { code: "STEP_UP_NEEDED", message: /after a second factor only/ });
  const code = rig.code(eva.secret, 1);
  equal((await ask(code)).isApproved, false);
  await rejects(ask(code), { code: "LOGIN_REFUSED" });
  await rejects(ask("000000", "nobody"), { code: "LOGIN_REFUSED" });
  for (let at = 0; at < 5; at++) await rejects(ask("000000"), { code: "LOGIN_REFUSED" });
  await rejects(ask(rig.code(eva.secret, 2)), { code: "LOGIN_REFUSED" }, "locked, also for the right one");
  equal(rig.events("people.login.locked").length, 1);
});

Deno.test("secret gate: without a grant nothing can be asked for, and the refusal is recorded", async () => {
  await using rig = await PeopleRig.open();
  const { gate } = await crew(rig);
  const caller = { source: "10.99.0.7", secondFactorAt: steadyNow(rig) };
  await rejects(gate.ask({ person: "olga", caller }, WISH), { code: "ACCESS_REFUSED" });
  const event = rig.events("people.access.refused").at(-1)!;
  deepEqual([event.who, event.target, event.detail!["capability"]], ["olga", "CP001", "secrets"]);
  match(event.rule!, /^access\./);
  await rejects(gate.ask({ person: "eva", caller }, { ...WISH, station: "CP009" }), { code: "STATION_UNKNOWN" });
});
