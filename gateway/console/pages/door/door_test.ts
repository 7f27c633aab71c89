import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DOOR_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, type ConsoleRigOptions } from "../../../../tests/support/console_rig.ts";
import { GatewayError, IdentityError } from "../../../core/errors.ts";

const refused = () => Promise.reject(new IdentityError("LOGIN_REFUSED", "no"));
const door = (answers: Record<string, unknown> = {}, more: ConsoleRigOptions = {}) =>
  new ConsoleRig({ isOut: true, ...more, answers: { ...DOOR_ANSWERS, ...answers } });
const done = (rig: ConsoleRig) => ({ step: "done", token: "fresh", session: rig.session() });

Deno.test("door: a password login carries name, password, source and agent, and keeps the new token strictly", async () => {
  const rig = door();
  rig.answers["people.login.password"] = done(rig);
  const response = await rig.post("/login", { name: "anna", password: "p w", next: "/stations" }, {
    "user-agent": "Firefox",
  });
  equal(response.headers.get("location"), "/stations");
  match(
    response.headers.get("set-cookie") ?? "",
    /__Host-bulkhead-session=fresh; Path=\/; HttpOnly; Secure; SameSite=Strict/,
  );
  deepEqual(rig.askedOf("people.login.password"), [
    { name: "anna", password: "p w", source: "192.0.2.7", agent: "Firefox" },
  ]);
});

Deno.test("door: the way on after a login is a path of ours", async () => {
  for (const next of ["https://evil.example", "//evil.example", "/\\evil", "javascript:1"]) {
    const rig = door();
    rig.answers["people.login.password"] = done(rig);
    equal((await rig.post("/login", { name: "a", password: "b", next })).headers.get("location"), "/", next);
  }
});

Deno.test("door: a refused login says the same whatever was wrong, keeps the name and never the password", async () => {
  const rig = door({ "people.login.password": refused });
  const response = await rig.post("/login", { name: "anna", password: "s3cret-word" });
  equal(response.status, 401);
  const text = await response.text();
  match(text, /That did not work/);
  match(text, /30 minutes/);
  match(text, /value="anna"/);
  equal(text.includes("s3cret-word"), false);
});

Deno.test("door: each step leads to its page with the ways it has", async () => {
  const cases = [
    [
      { step: "second-factor", token: "t", methods: ["totp", "recovery-code"] },
      "/login/factor?ways=totp%2Crecovery-code",
    ],
    [{ step: "enrol-factor", token: "t", methods: ["passkey"] }, "/login/enrol?ways=passkey"],
    [{ step: "change-password", token: "t", rules: {} }, "/login/password?"],
  ] as const;
  for (const [step, location] of cases) {
    const rig = door({ "people.login.password": step });
    equal((await rig.post("/login", { name: "a", password: "b" })).headers.get("location"), location);
  }
});

Deno.test("door: the second step shows only the ways it has and sends the code without blanks", async () => {
  const rig = door({ "people.login.totp": refused }, { isOut: false });
  const page = await rig.text("/login/factor?ways=totp");
  match(page, /action="\/login\/factor\/code"/);
  equal(page.includes("/login/factor/recovery"), false);
  equal(page.includes("data-passkey"), false);
  equal((await rig.post("/login/factor/code", { code: "123 456" })).status, 401);
  equal(rig.askedOf("people.login.totp")[0].code, "123456");
  equal((await door().get("/login/factor")).headers.get("location"), "/login");
});

Deno.test("door: passkeys are begun and finished by way of control, a broken answer too", async () => {
  const rig = door({ "people.login.passkey.begin": { ceremony: "c1", options: { challenge: "x" } } });
  rig.answers["people.login.passkey.finish"] = done(rig);
  deepEqual(await (await rig.post("/login/passkey", {})).json(), { ceremony: "c1", options: { challenge: "x" } });
  await rig.post("/login/passkey/finish", { ceremony: "c1", response: '{"id":"k"}' });
  await rig.post("/login/passkey/finish", { ceremony: "c1", response: "{broken" });
  deepEqual(rig.askedOf("people.login.passkey.finish").map(({ response }) => response), [{ id: "k" }, null]);
});

Deno.test("EV-12: a temporary password leads to choosing one, and to nothing else", async () => {
  const rig = door({}, { isOut: false, session: { stage: "change-password" } });
  equal((await rig.get("/stations")).headers.get("location"), "/login/password");
  match(await rig.text("/login/password"), /At least 15 characters/);
  const differ = await rig.post("/login/password", { "next-password": "one", "again": "two" });
  equal(differ.status, 422);
  equal(rig.askedOf("people.password.change").length, 0);
  rig.answers["people.password.change"] = () => {
    throw new GatewayError("PASSWORD_REFUSED", "The password is too short", { hint: "15 characters" });
  };
  const weak = await rig.post("/login/password", { "next-password": "one", "again": "one" });
  equal(weak.status, 422);
  match(await weak.text(), /too short/);
});

Deno.test("invariant 17: without an administrator the door leads to the setup, which needs the code", async () => {
  const rig = door({ "people.login.options": { setup: true, passkeys: false, ldap: false } });
  equal((await rig.get("/login")).headers.get("location"), "/setup");
  match(await rig.text("/setup"), /Setup code/);
  match(await rig.text("/login?account=yes"), /name="password"/); // an operator may have been made on the box before
  rig.answers["people.setup.claim"] = () => {
    throw new IdentityError("SETUP_REFUSED", "The setup code is wrong");
  };
  const claim = { code: "AAAA-BBBB", name: "anna", "next-password": "secret-1", again: "secret-1" };
  const response = await rig.post("/setup", claim);
  equal(response.status, 401);
  const text = await response.text();
  match(text, /The setup code is wrong/);
  equal(text.includes("secret-1"), false);
  equal((await rig.post("/setup", { ...claim, again: "other" })).status, 422);
  equal(rig.askedOf("people.setup.claim").length, 1);
  equal((await door().get("/setup")).headers.get("location"), "/login");
});

Deno.test("door: the enrolment shows the key as text and as a picture, and asks an administrator why no passkey", async () => {
  const rig = door({}, { isOut: false, session: { stage: "enrol-factor" } });
  const page = await rig.text("/login/enrol");
  match(page, /JBSW Y3DP EHPK/);
  match(page, /role="img"/);
  match(page, /name="why"/);
  rig.answers["people.login.options"] = { setup: false, passkeys: false, ldap: false };
  const plain = await rig.text("/login/enrol");
  equal(plain.includes("data-passkey"), false);
  match(plain, /gw\.garage-12\.example/);
});

Deno.test("door: a browser that came by an address is not offered a passkey, which it could not use", async () => {
  const rig = door({}, { isOut: false, session: { stage: "enrol-factor" } });
  equal((await rig.text("/login", { host: "10.99.0.2:8443" })).includes("data-passkey"), false);
  equal((await rig.text("/login/enrol", { host: "10.99.0.2:8443" })).includes("data-passkey"), false);
});

Deno.test("door: signing out ends the session in control and in the browser, also when it has ended", async () => {
  for (const end of [{ ended: 1 }, () => Promise.reject(new IdentityError("SESSION_ENDED", "over"))]) {
    const rig = door({ "people.session.end": end }, { isOut: false });
    const response = await rig.post("/logout", {});
    equal(response.headers.get("location"), "/login?why=out");
    match(response.headers.get("set-cookie") ?? "", /__Host-bulkhead-session=; Max-Age=0/);
    equal(rig.askedOf("people.session.end").length, 1);
  }
});

Deno.test("door: the identity provider's way back keeps the ticket apart and survives a strict cookie", async () => {
  const rig = door({ "people.oidc.begin": { url: "https://idp.example/auth?x=1", ticket: "tick" } });
  const begun = await rig.post("/login/oidc", { next: "/audit" });
  equal(begun.status, 200, "a redirect of a form to another site is stopped by our own policy (form-action)");
  match(await begun.text(), /http-equiv="refresh" content="0;url=https:\/\/idp\.example\/auth\?x=1"/);
  match(begun.headers.get("set-cookie") ?? "", /__Host-bulkhead-oidc=tick;.*SameSite=Lax/);
  rig.answers["people.oidc.finish"] = { step: done(rig), returnTo: "/audit" };
  const back = await rig.get("/login/oidc/callback?code=c&state=s", { cookie: "__Host-bulkhead-oidc=tick" });
  equal(back.status, 200);
  match(await back.text(), /http-equiv="refresh" content="0;url=\/audit"/);
  const [asked] = rig.askedOf("people.oidc.finish");
  equal(asked.ticket, "tick");
  equal(asked.callbackUrl, "https://gw.garage-12.example/login/oidc/callback?code=c&state=s");
});

Deno.test("door: only the provider's back-channel logout may come from elsewhere", async () => {
  const rig = door({ "people.oidc.logout": { ended: 2 } });
  const response = await rig.app.request("https://gw.garage-12.example/login/oidc/logout", {
    method: "POST",
    body: "logout_token=abc",
    headers: { "host": "gw.garage-12.example", "content-type": "application/x-www-form-urlencoded" },
  });
  equal(response.status, 200);
  deepEqual(rig.askedOf("people.oidc.logout"), [{ logoutToken: "abc", source: "192.0.2.7" }]);
  ok(!response.headers.has("set-cookie"));
});
