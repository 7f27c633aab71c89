import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { PeopleRig } from "../../gateway/people/testing/people_rig.ts";
import { CALLBACK, IdentityRig } from "../support/identity_rig.ts";
import { OidcBrowser } from "../support/oidc_browser.ts";
import { OidcPeer, SECRET } from "../support/oidc_peer.ts";
import { waitFor } from "../support/wait_for.ts";

const PLACE = { source: "10.99.0.50", agent: "test" };
const REFUSED = { code: "LOGIN_REFUSED" };
const ENDED = { code: "SESSION_ENDED" };

interface World {
  readonly peer: OidcPeer;
  readonly rig: PeopleRig;
  readonly browser: OidcBrowser;
}

/** A gateway and a real identity provider with anna, who is in ev-field and ev-ops. */
async function withProvider(test: (world: World) => Promise<void>): Promise<void> {
  await using peer = await OidcPeer.start(CALLBACK);
  peer.people.set("a1", { sub: "a1", preferred_username: "Anna", name: "Anna Berg", groups: ["ev-field", "ev-ops"] });
  const oidc = {
    issuer: peer.issuer,
    clientId: "bulkhead",
    clientSecretFile: "oidc",
    caFile: "ca",
    scopes: ["openid", "profile", "offline_access"],
    roles: { technician: ["ev-field"], operator: ["ev-ops"], administrator: ["ev-admins"] },
  };
  await using world = await IdentityRig.start({ oidc, secondFactorRoles: [] }, { oidc: SECRET, ca: peer.caPem });
  await test({ peer, rig: world.rig, browser: new OidcBrowser(peer.caPem) });
}

async function login({ rig, browser }: World, person = "a1") {
  const { url, ticket } = await rig.call("people.oidc.begin", { source: PLACE.source, returnTo: "/stations/CP001" });
  const callbackUrl = await browser.login(url, person, CALLBACK);
  return { ticket, callbackUrl, finish: () => rig.call("people.oidc.finish", { ticket, callbackUrl, ...PLACE }) };
}

const check = (rig: PeopleRig, token: string) =>
  rig.call("people.session.check", { by: rig.by(token), activity: false });

const MINUTE_MS = 60_000;

/** Lets the time between two questions pass, at most so long, and waits until the question is answered, however slow the machine. */
async function recheck(rig: PeopleRig, until: () => boolean | Promise<boolean>, mostMs = Infinity): Promise<void> {
  const began = rig.time.now();
  await waitFor("the answer of the provider", async () => {
    if (rig.time.now() - began < mostMs) rig.time.advance(1_000);
    return await until();
  });
}

/** Waits for the record of a session's end, which is stored behind it, and gives its rule. */
async function endOf(rig: PeopleRig, sessions: number): Promise<string | undefined> {
  await waitFor("the record of the end", () => rig.events("people.session.ended").length >= sessions);
  return rig.events("people.session.ended").at(-1)!.rule;
}

Deno.test("oidc: code with PKCE, groups to roles, back to the page; the code works once, and a stranger's ticket never", () =>
  withProvider(async (world) => {
    const { rig } = world;
    const { finish, callbackUrl } = await login(world);
    const { step, returnTo } = await finish();
    ok(step.step === "done");
    deepEqual([step.session.person, step.session.origin, step.session.roles, returnTo], [
      "anna@oidc",
      "oidc",
      ["operator", "technician"],
      "/stations/CP001",
    ]);
    await rejects(finish(), REFUSED);
    const other = await rig.call("people.oidc.begin", { source: PLACE.source });
    await rejects(rig.call("people.oidc.finish", { ticket: other.ticket, callbackUrl, ...PLACE }), REFUSED);
    equal(rig.events("people.login.refused").at(-1)!.rule, "login.oidc");
    equal(JSON.stringify(rig.audited).includes(step.token), false);
  }));

Deno.test("oidc: who has no group with a role is refused, and makes no account", () =>
  withProvider(async (world) => {
    world.peer.people.set("m1", { sub: "m1", preferred_username: "mallory", name: "M", groups: ["ev-admins-2", "EV"] });
    await rejects((await login(world, "m1")).finish(), REFUSED);
    equal(world.rig.events("people.login.refused").at(-1)!.rule, "login.no-role");
    match((await world.rig.command("user list")).text, /Nobody has an account/);
  }));

Deno.test("oidc: a name at the provider never becomes a local person, and a name that changes hands nobody else's account", () =>
  withProvider(async (world) => {
    const { rig, peer } = world;
    await rig.command("user add", { name: "anna", role: "administrator" });
    const first = (await (await login(world)).finish()).step;
    ok(first.step === "done" && !first.session.roles.includes("administrator"));
    peer.people.set("b2", { sub: "b2", preferred_username: "Anna", name: "Anna Beck", groups: ["ev-ops"] });
    const second = (await (await login({ ...world, browser: new OidcBrowser(peer.caPem) }, "b2")).finish()).step;
    ok(second.step === "done");
    match(second.session.person, /^anna-[0-9a-f]{6}@oidc$/);
  }));

Deno.test("oidc: a group that is taken away is gone within a minute, and so is who loses the last role", () =>
  withProvider(async (world) => {
    const { rig, peer } = world;
    const { step } = await (await login(world)).finish();
    peer.people.get("a1")!.groups = ["ev-ops"];
    await recheck(rig, async () => (await check(rig, step.token)).roles.join() === "operator", MINUTE_MS);
    peer.people.get("a1")!.groups = [];
    await recheck(rig, () => check(rig, step.token).then(() => false, () => true), MINUTE_MS);
    equal(await endOf(rig, 1), "session.no-role");
  }));

Deno.test("oidc: a person whom the provider removes is out within a minute", () =>
  withProvider(async (world) => {
    const { rig, peer } = world;
    const { step } = await (await login(world)).finish();
    peer.people.delete("a1");
    await recheck(rig, () => check(rig, step.token).then(() => false, () => true), MINUTE_MS);
    equal(await endOf(rig, 1), "session.provider-ended");
  }));

Deno.test("oidc: while the provider is down sessions and local people go on, logins there say so, an alarm stands", () =>
  withProvider(async (world) => {
    const { rig, peer } = world;
    const { step } = await (await login(world)).finish();
    const local = await rig.person("eva", "administrator");
    await peer.stop();
    await recheck(rig, () => rig.alarms.some(({ kind }) => kind === "people.provider.away"));
    equal((await check(rig, step.token)).person, "anna@oidc");
    equal((await check(rig, local.token)).person, "eva");
    const { url, ticket } = await rig.call("people.oidc.begin", { source: PLACE.source }); // the way there is known
    const callbackUrl = `${CALLBACK}?code=x&state=${new URL(url).searchParams.get("state")}&iss=${peer.issuer}`;
    await rejects(rig.call("people.oidc.finish", { ticket, callbackUrl, ...PLACE }), { code: "IDENTITY_AWAY" });
    await peer.resume();
    await recheck(rig, () => rig.cleared.includes("people.provider.away oidc"));
    equal((await check(rig, step.token)).person, "anna@oidc");
  }));

Deno.test("oidc: back-channel logout ends the session it names, once; a forged, replayed or foreign token ends nothing", () =>
  withProvider(async (world) => {
    const { rig, peer, browser } = world;
    const { step } = await (await login(world)).finish();
    await browser.logout(peer.issuer);
    const [logoutToken] = peer.logouts;
    ok(logoutToken);
    const [head, , signature] = logoutToken.split(".");
    const forged = btoa(JSON.stringify({ sub: "a1", events: {}, iat: 1, jti: "x" })).replaceAll("=", "");
    const logout = (token: string) => rig.call("people.oidc.logout", { logoutToken: token, source: "10.0.0.1" });
    for (const bad of [`${head}.${forged}.${signature}`, "", "a.b.c", logoutToken.slice(0, -4)]) {
      await rejects(logout(bad), REFUSED);
    }
    equal((await check(rig, step.token)).person, "anna@oidc");
    deepEqual(await logout(logoutToken), { ended: 1 });
    await rejects(check(rig, step.token), ENDED);
    await rejects(logout(logoutToken), REFUSED);
    equal(rig.events("people.login.refused").at(-1)!.rule, "login.oidc-logout-replayed");
  }));

Deno.test("oidc: a second factor of the provider counts as one, and its tokens stand sealed in the store", () =>
  withProvider(async (world) => {
    const { rig, peer } = world;
    Object.assign(peer.people.get("a1")!, { amr: ["pwd", "otp"] });
    const { step } = await (await login(world)).finish();
    ok(step.step === "done" && step.session.provenUntil !== undefined);
    equal(rig.events("people.login.accepted").at(-1)!.rule, "login.two-factors");
    let sealed = 0;
    for await (const { key, value } of rig.store.list<{ sealed: unknown }>(["people", "provider"])) {
      deepEqual([key.length, Object.keys(value)], [3, ["sealed", "context"]]);
      sealed++;
    }
    equal(sealed, 1);
    await rig.call("people.session.end", { by: rig.by(step.token) });
    for await (const _ of rig.store.list(["people", "provider"])) ok(false, "tokens outlive their session");
  }));

Deno.test("oidc: a login that the provider only remembered is no fresh proof; one with a new proof is", () =>
  withProvider(async (world) => {
    const { rig, browser } = world;
    await (await login(world)).finish();
    rig.time.advance(10 * 60_000);
    const again = (await (await login(world)).finish()).step; // the same browser: single sign-on
    ok(again.step === "done" && again.session.provenUntil === undefined);
    const { url } = await rig.call("people.oidc.begin", { source: PLACE.source, fresh: true });
    equal(new URL(url).searchParams.get("max_age"), "0");
    const page = await browser.login(url, "a1", CALLBACK);
    ok(page.includes("code="));
  }));
