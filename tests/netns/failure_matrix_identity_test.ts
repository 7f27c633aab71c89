import { deepEqual, equal, match, ok } from "node:assert/strict";
import { assertNothingLost, connects, keepsCharging, knock, recorded, reloadWith } from "../support/failure_matrix.ts";
import { ConsoleClient } from "../support/console_client.ts";
import { chargeAll, powerOnAll, unplugAll, withWorld } from "../support/gateway_process.ts";
import { LdapPeer, SERVICE } from "../support/ldap_peer.ts";
import { waitFor } from "../support/wait_for.ts";

Deno.test("failure matrix: an identity provider is away", (t) =>
  withWorld(async (world) => {
    await using peer = await LdapPeer.start();
    await Deno.writeTextFile(`${world.site.folder}/certs/ldap.pem`, peer.caPem);
    await Deno.writeTextFile(`${world.site.folder}/secrets/ldap`, SERVICE.password, { mode: 0o600 });
    const ldap =
      `{ url: "${peer.url}", caFile: certs/ldap.pem, bindDn: "${SERVICE.dn}", bindPasswordFile: secrets/ldap, ` +
      `baseDn: "ou=people,dc=lab", groupBaseDn: "ou=groups,dc=lab", roles: { operator: [field] }, recheckSeconds: 10 }`;
    ok(await reloadWith(world, (yaml) => `${yaml}people: { secondFactorRoles: [], ldap: ${ldap} }\n`));
    const url = /console=(https:\S+)/.exec(world.gateway.lines.find((line) => line.startsWith("READY "))!)![1]!;
    const anna = new ConsoleClient(url);
    const login = (client: ConsoleClient, name: string, password: string) =>
      client.post("/login", "/login", { name, password });
    const added = await world.gateway.command("user add", { name: "eva", role: "administrator" }, "installer");
    const { temporaryPassword } = added.data as { temporaryPassword: string };
    const first = await login(anna, "anna", "annas password");
    equal(first.status, 303, first.text.replace(/<[^>]+>/g, " "));
    equal((await anna.get("/")).status, 200);
    await peer.stop();
    await powerOnAll(world);
    await chargeAll(world);
    await t.step("failure matrix: an identity provider / stations connected: open: they charge on", async () => {
      await keepsCharging(world);
      deepEqual(connects(world), [1, 1, 1, 1, 1, 1]);
    });
    await t.step(
      "failure matrix: an identity provider / new station connections: open",
      async () => equal(await knock(world), 101),
    );
    await t.step(
      "failure matrix: an identity provider / people and commands: open: who is logged in stays, local people log in; closed: logins of its own people, which say so",
      async () => {
        const refused = await login(new ConsoleClient(url), "anna", "annas password");
        ok(refused.status >= 400, `${refused.status}`);
        const local = await login(new ConsoleClient(url), "eva", temporaryPassword);
        match(local.location ?? "", /^\/login\/password/);
        const alarmed = async () => (await world.gateway.command("alarms list")).text.includes("people.provider.away");
        await waitFor("the alarm", alarmed);
        equal((await anna.get("/")).status, 200);
      },
    );
    await t.step(
      "failure matrix: an identity provider / audit: open: the outage and every refused login are recorded",
      async () => {
        equal((await recorded(world, "people.provider.away"))["target"], "ldap");
        equal((await recorded(world, "people.login.refused"))["rule"], "login.provider-away");
      },
    );
    await peer.resume();
    await t.step(
      "failure matrix: an identity provider / back in service: by itself: its people log in again, and the alarm ends",
      async () => {
        const again = new ConsoleClient(url);
        await waitFor(
          "anna to log in again",
          async () => (await login(again, "anna", "annas password")).status === 303,
        );
        await waitFor("the end of the alarm", async () => {
          return !(await world.gateway.command("alarms list")).text.includes("people.provider.away");
        });
      },
    );
    await t.step("failure matrix: an identity provider / transaction messages: open: none is lost", async () => {
      await unplugAll(world);
      assertNothingLost(world);
    });
  }));
