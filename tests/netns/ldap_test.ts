import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { PeopleRig } from "../../gateway/people/testing/people_rig.ts";
import { IdentityRig } from "../support/identity_rig.ts";
import { LdapPeer, SERVICE } from "../support/ldap_peer.ts";
import { waitFor } from "../support/wait_for.ts";

const REFUSED = { code: "LOGIN_REFUSED" };

async function withDirectory(
  test: (world: { readonly peer: LdapPeer; readonly rig: PeopleRig }) => Promise<void>,
  more: Record<string, unknown> = {},
): Promise<void> {
  await using peer = await LdapPeer.start();
  const ldap = {
    url: peer.url,
    caFile: "ca",
    bindDn: SERVICE.dn,
    bindPasswordFile: "service",
    baseDn: "ou=people,dc=lab",
    filter: "(objectClass=inetOrgPerson)",
    groupBaseDn: "ou=groups,dc=lab",
    roles: { technician: ["field"] },
    ...more,
  };
  await using world = await IdentityRig.start({ ldap, secondFactorRoles: [] }, {
    ca: peer.caPem,
    service: SERVICE.password,
  });
  await test({ peer, rig: world.rig });
}

const check = (rig: PeopleRig, token: string) =>
  rig.call("people.session.check", { by: rig.by(token), activity: false });

const MINUTE_MS = 60_000;

/** Lets the time between two questions pass, at most so long, and waits until the question is answered, however slow the machine. */
async function recheck(rig: PeopleRig, until: () => boolean | Promise<boolean>, mostMs = Infinity): Promise<void> {
  const began = rig.time.now();
  await waitFor("the answer of the directory", async () => {
    if (rig.time.now() - began < mostMs) rig.time.advance(1_000);
    return await until();
  });
}

/** Waits for the record of a session's end, which is stored behind it, and gives its rule. */
async function endOf(rig: PeopleRig, sessions: number): Promise<string | undefined> {
  await waitFor("the record of the end", () => rig.events("people.session.ended").length >= sessions);
  return rig.events("people.session.ended").at(-1)!.rule;
}

Deno.test("ldap: name and password of the directory, groups to roles; wrong, empty, unknown and injected ones are refused", () =>
  withDirectory(async ({ rig }) => {
    const step = await rig.login("anna", "annas password");
    ok(step.step === "done");
    deepEqual([step.session.person, step.session.displayName, step.session.roles], ["anna@ldap", "Anna Berg", [
      "technician",
    ]]);
    equal((await rig.login("ANNA@ldap", "annas password")).step, "done");
    for (
      const [name, password] of [
        ["anna", "wrong"],
        ["anna", ""],
        ["nobody-here", "annas password"],
        ["*", "annas password"],
        ["ann*", "annas password"],
        ["anna)(objectClass=*", "annas password"],
        ["max", "maxs password"], // no group, no role
      ] as const
    ) await rejects(rig.login(name, password), REFUSED, name);
  }));

Deno.test("ldap: six wrong tries lock here, before the directory's own lock is asked for", () =>
  withDirectory(async ({ rig }) => {
    for (let at = 0; at < 6; at++) await rejects(rig.login("anna", "wrong"), REFUSED);
    for (const name of ["anna", "anna@ldap", "ANNA"]) await rejects(rig.login(name, "annas password"), REFUSED);
    rig.time.advance(30 * 60_000);
    for (let at = 0; at < 5; at++) await rejects(rig.login("anna", "wrong"), REFUSED);
    equal((await rig.login("anna", "annas password")).step, "done");
    for (let at = 0; at < 5; at++) await rejects(rig.login("anna@ldap", "wrong"), REFUSED);
    equal((await rig.login("anna", "annas password")).step, "done", "a login forgets the wrong tries before it");
  }));

Deno.test("ldap: who leaves the group or the directory is out within a minute", () =>
  withDirectory(async ({ rig, peer }) => {
    const { token } = await rig.login("anna", "annas password");
    await peer.modify(
      "dn: cn=field,ou=groups,dc=lab\nchangetype: modify\nreplace: member\nmember: uid=max,ou=people,dc=lab\n",
    );
    await recheck(rig, () => check(rig, token).then(() => false, () => true), MINUTE_MS);
    equal(await endOf(rig, 1), "session.no-role");
    const max = await rig.login("max", "maxs password");
    await peer.modify("dn: uid=max,ou=people,dc=lab\nchangetype: delete\n");
    await recheck(rig, () => check(rig, max.token).then(() => false, () => true), MINUTE_MS);
    equal(await endOf(rig, 2), "session.provider-ended");
  }));

Deno.test("ldap: while the directory is down sessions and local people go on, its logins are not counted as wrong", () =>
  withDirectory(async ({ rig, peer }) => {
    const { token } = await rig.login("anna", "annas password");
    const local = await rig.person("eva", "operator");
    await peer.stop();
    for (let at = 0; at < 7; at++) await rejects(rig.login("anna", "annas password"), { code: "IDENTITY_AWAY" });
    await recheck(rig, () => rig.alarms.some(({ kind }) => kind === "people.provider.away"));
    equal((await check(rig, token)).person, "anna@ldap");
    equal((await check(rig, local.token)).person, "eva");
    await peer.resume();
    equal((await rig.login("anna", "annas password")).step, "done");
    ok(rig.cleared.includes("people.provider.away ldap"));
  }));

Deno.test("ldap: a server whose certificate is of another CA gets no password", () =>
  withDirectory(async ({ rig }) => {
    await rejects(rig.login("anna", "annas password"), { code: "IDENTITY_AWAY" });
  }, { caFile: undefined }));
