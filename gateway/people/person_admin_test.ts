import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { judgePassword, PASSWORD_PRESETS } from "../../policies/password_rules.ts";
import { REFUSED_WORDS } from "../../profiles/refused_words.ts";
import { systemRandom } from "../core/timers.ts";
import { newTemporaryPassword } from "./secret_text.ts";
import { PASSWORD, PeopleRig } from "./testing/people_rig.ts";

Deno.test("user: names are lower case and mean one person; those with a meaning are taken", async () => {
  await using rig = await PeopleRig.open();
  await rig.command("user add", { name: "Anna", role: "operator" });
  await rejects(rig.command("user add", { name: "anna", role: "auditor" }), { code: "PERSON_EXISTS" });
  for (const name of ["", "root", "break-glass", "anna@oidc", "a b", "ä", "x".repeat(33), "../anna"]) {
    await rejects(rig.command("user add", { name, role: "operator" }), { code: "PERSON_INVALID" }, name);
  }
  await rejects(rig.command("user add", { name: "max", role: "boss" }), { code: "PERSON_INVALID" });
  await rejects(rig.command("user add", { name: "max" }), { code: "PERSON_INVALID" });
});

Deno.test("user: nobody changes the own roles, and the last administrator stays one (EV-04)", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("eva", "administrator");
  await rejects(rig.command("user change", { name: "eva", role: "administrator,auditor" }, "eva"), {
    code: "PERSON_INVALID",
  });
  await rejects(rig.command("user change", { name: "eva", role: "operator" }, "max"), { code: "PERSON_INVALID" });
  await rejects(rig.command("user change", { name: "eva", disable: true }, "max"), { code: "PERSON_INVALID" });
  await rejects(rig.command("user remove", { name: "eva" }, "max"), { code: "PERSON_INVALID" });
  await rig.person("max", "administrator");
  await rig.command("user change", { name: "eva", role: "operator" }, "max");
  match((await rig.command("user list")).text, /eva +local +operator +active/);
});

Deno.test("user: a reset ends all sessions, unlocks, and with --factors takes the second factors", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "technician");
  for (let at = 0; at < 6; at++) await rejects(rig.login("anna", "wrong"));
  const { data } = await rig.command("user reset", { name: "anna", factors: true });
  await rejects(rig.call("people.session.check", { by: rig.by(token), activity: false }), { code: "SESSION_ENDED" });
  const step = await rig.login("anna", (data as { temporaryPassword: string }).temporaryPassword);
  equal(step.step, "change-password");
  const next = await rig.call("people.password.change", { by: rig.by(step.token), next: `${PASSWORD} again` });
  equal(next.step, "enrol-factor");
});

Deno.test("user: without --factors a reset person still proves the second factor", async () => {
  await using rig = await PeopleRig.open();
  const { secret } = await rig.person("anna", "technician");
  const { data } = await rig.command("user reset", { name: "anna" });
  rig.time.advance(60_000);
  const step = await rig.login("anna", (data as { temporaryPassword: string }).temporaryPassword);
  equal(step.step, "second-factor");
  const next = await rig.call("people.login.totp", { by: rig.by(step.token), code: rig.code(secret) });
  equal(next.step, "change-password");
});

Deno.test("user: a removed person is gone with sessions and secrets", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "technician");
  await rig.command("user remove", { name: "anna" });
  await rejects(rig.call("people.session.check", { by: rig.by(token), activity: false }), { code: "SESSION_ENDED" });
  const left: string[] = [];
  for await (const { key } of rig.store.list(["people"])) left.push(key.join(" "));
  equal(left.some((key) => /anna/.test(key)), false, left.join("\n"));
});

Deno.test("user: no password, code or token stands in the store or the audit trail in clear", async () => {
  await using rig = await PeopleRig.open();
  const { token, secret } = await rig.person("anna", "technician");
  const kept: string[] = rig.audited.map((event) => JSON.stringify(event));
  for await (const { key, value } of rig.store.list(["people"])) {
    kept.push(key.join(" "), Deno.inspect(value, { depth: 20, strAbbreviateSize: 10_000 }));
  }
  const all = kept.join("\n").replaceAll(`slow:${PASSWORD}`, "(what the hasher made)");
  for (const clear of [PASSWORD, token, secret]) equal(all.includes(clear), false);
});

Deno.test("user: the temporary password fulfils every preset", () => {
  for (let at = 0; at < 200; at++) {
    const password = newTemporaryPassword(systemRandom);
    for (const preset of PASSWORD_PRESETS) {
      const facts = { password, preset, hasSecondFactor: false, ownWords: [], refusedWords: REFUSED_WORDS };
      deepEqual(judgePassword(facts), [], password);
    }
  }
});

Deno.test("user policy: shows the presets side by side and marks the one in force", async () => {
  await using rig = await PeopleRig.open({ people: { passwordPolicy: "evlink-pro-dc" } });
  const { text } = await rig.command("user policy");
  match(text, /nist-63b +evlink-pro-dc \(in force\) +bender-strong/);
  match(text, /length +15 to 128 +8 to 31 +8 to 100/);
});

Deno.test("password: words of the site and the own name are refused, and all sessions but this one end", async () => {
  await using rig = await PeopleRig.open({ people: { refusedWords: ["Kranichhof"], passwordPolicy: "evlink-pro-dc" } });
  const { data } = await rig.command("user add", { name: "annabella", role: "operator" });
  const step = await rig.login("annabella", (data as { temporaryPassword: string }).temporaryPassword);
  const change = (next: string) => rig.call("people.password.change", { by: rig.by(step.token), next });
  await rejects(change("Kranichhof-7"), { code: "PASSWORD_REFUSED" });
  await rejects(change("Annabella-7"), { code: "PASSWORD_REFUSED" });
  await rejects(change("Abc-1".padEnd(32, "defg")), /it has 32 characters, wanted at most 31/);
  equal((await change("Reiher-und-7-Enten")).step, "done");
});
