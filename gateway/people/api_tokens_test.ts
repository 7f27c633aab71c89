import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { PeopleRig } from "./testing/people_rig.ts";

const DAY = 86_400_000;
const ENDED = { code: "SESSION_ENDED" };

async function owner(rig: PeopleRig, roles = "operator") {
  const { token } = await rig.person("olga", roles);
  const add = (more = {}) =>
    rig.call("people.token.add", { by: rig.by(token), label: "grafana", scopes: ["read"], days: 30, ...more });
  return { by: rig.by(token), add };
}
const run = (rig: PeopleRig, secret: string, command = "status") =>
  rig.call("people.run", { by: rig.by(secret), command, args: {} });

Deno.test("API token: reads as its owner within its scope, and is no session", async () => {
  await using rig = await PeopleRig.open();
  const { add } = await owner(rig);
  const { secret, token } = await add();
  match(secret, /^bht_[\w-]{12}_[\w-]{43}$/);
  equal((await run(rig, secret)).text, "ran status");
  deepEqual(rig.ran, [{ command: "status", who: "olga" }]);
  await rejects(run(rig, secret, "badge block"), { code: "PERSON_FORBIDDEN" });
  await rejects(rig.call("people.session.check", { by: rig.by(secret), activity: true }), ENDED);
  await rejects(rig.call("people.token.add", { by: rig.by(secret), label: "x", scopes: ["read"], days: 1 }), {
    code: "PERSON_FORBIDDEN",
  });
  deepEqual(token.scopes, ["read"]);
  equal(rig.events("people.verb.refused").at(-1)!.rule, "verb.scope");
});

Deno.test("API token: a wrong secret, a cut one or one of another token opens nothing", async () => {
  await using rig = await PeopleRig.open();
  const { add } = await owner(rig);
  const [a, b] = [(await add()).secret, (await add()).secret];
  const swapped = `${a.slice(0, 17)}${b.slice(17)}`;
  for (const wrong of [swapped, a.slice(0, -1), `${a}x`, a.toUpperCase(), "bht_", "x".repeat(100_000)]) {
    await rejects(run(rig, wrong), ENDED);
  }
});

Deno.test("API token: ends at its day, over a restart, and is swept", async () => {
  await using rig = await PeopleRig.open();
  const { add } = await owner(rig);
  const { secret } = await add({ days: 1 });
  await using again = await rig.restart();
  again.time.jump(DAY - 1);
  equal((await run(again, secret)).text, "ran status");
  again.time.jump(1);
  await rejects(run(again, secret), ENDED);
  again.time.advance(1_000);
  await waitFor("its record", () => again.events("people.token.revoked").length === 1);
  equal(again.events("people.token.revoked")[0]!.rule, "token.expired");
});

Deno.test("API token: dead at once when it is revoked, its owner disabled, or the owner's role gone", async () => {
  await using rig = await PeopleRig.open();
  const { add, by } = await owner(rig);
  const first = await add(), second = await add(), third = await add();
  await rig.call("people.token.revoke", { by, id: first.token.id });
  await rejects(run(rig, first.secret), ENDED);
  await rig.command("user change", { name: "olga", role: "technician" });
  await rejects(run(rig, second.secret, "cert list"), { code: "PERSON_FORBIDDEN" });
  await rig.command("user change", { name: "olga", disable: true });
  await rejects(run(rig, third.secret), ENDED);
});

Deno.test("API token: the owner sees and revokes the own ones only", async () => {
  await using rig = await PeopleRig.open();
  const { add } = await owner(rig);
  const { token } = await add();
  const anna = rig.by((await rig.person("anna", "operator")).token);
  deepEqual(await rig.call("people.token.list", { by: anna }), []);
  await rejects(rig.call("people.token.revoke", { by: anna, id: token.id }), { code: "PERSON_UNKNOWN" });
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  equal((await rig.call("people.token.list", { by: eva })).length, 1);
  match((await rig.command("token list")).text, /olga +grafana +read/);
  await rig.call("people.token.revoke", { by: eva, id: token.id });
});

for (
  const [what, change] of [
    ["no label", { label: " " }],
    ["a label of 61 characters", { label: "x".repeat(61) }],
    ["no scope", { scopes: [] }],
    ["an unknown scope", { scopes: ["admin"] }],
    ["no day", { days: 0 }],
    ["half a day", { days: 0.5 }],
    [`${PEOPLE_LIMITS.tokenDays + 1} days`, { days: PEOPLE_LIMITS.tokenDays + 1 }],
  ] as const
) {
  Deno.test(`API token: with ${what} it cannot be made`, async () => {
    await using rig = await PeopleRig.open();
    const { add } = await owner(rig);
    await rejects(add(change), { code: "TOKEN_INVALID" });
  });
}

Deno.test("API token: a person has so many, and one more is refused", async () => {
  await using rig = await PeopleRig.open();
  const { add } = await owner(rig);
  for (let at = 0; at < PEOPLE_LIMITS.tokensOfPerson; at++) await add({ days: PEOPLE_LIMITS.tokenDays });
  await rejects(add(), { code: "TOKEN_INVALID" });
});
