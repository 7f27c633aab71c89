import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { NewGrant } from "../core/people_access_api.ts";
import type { TunnelCount } from "../core/tunnel_api.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { PEOPLE_SITE, PeopleRig, SOURCE } from "./testing/people_rig.ts";
import type { TunnelDoor } from "./tunnels.ts";

const MINUTE = 60_000;
const GRANT: NewGrant = {
  id: "field-7",
  who: { role: "technician" },
  stations: { ids: ["CP001"] },
  deviceRoles: ["installer"],
  capabilities: ["view", "tunnel"],
  when: { kind: "always" },
  secondFactor: true,
  maxMinutes: 60,
  because: "Service contract 2026",
};
const SITE = {
  stations: [
    { id: "CP001", vendor: "bender", unit: "bay-07", address: "10.20.0.11", tunnelPorts: [22, 8022] },
    { id: "CP0011", address: "10.20.0.12", tunnelPorts: [22] },
    { id: "CP002" },
  ],
};
const REFUSED = { code: "TUNNEL_REFUSED" };

/** A rig whose tunnel Worker remembers what it was told. */
async function crew(grant: Partial<NewGrant> = {}, door?: TunnelDoor) {
  const closed: { tunnels: readonly string[]; why: string }[] = [];
  const worker = { open: [] as TunnelCount[], isAway: false };
  const workers = {
    "tunnel.close": (args: { tunnels: readonly string[]; why: string }) => ({ closed: closed.push(args) }),
    "tunnel.counts": () => {
      if (worker.isAway) throw new Error("away");
      return { open: worker.open };
    },
  };
  const options = { site: { ...PEOPLE_SITE, ...SITE }, workers, ...door ? { door } : {} };
  const rig = await PeopleRig.open(options);
  const eva = rig.by((await rig.person("eva", "administrator")).token);
  const anna = rig.by((await rig.person("anna", "technician")).token);
  await rig.call("people.grant.add", { by: eva, grant: { ...GRANT, ...grant } });
  return { rig, eva, anna, closed, worker, options };
}

const WISH = { station: "CP001", port: 22, reason: "read the logs" };
type Rig = Pick<PeopleRig, "feature">;
const enter = (rig: Rig, token: string, change: Record<string, unknown> = {}) =>
  // deno-lint-ignore no-explicit-any -- as a Worker calls it
  (rig.feature.handlers as any)["tunnel.enter"]({ token, station: "CP001", port: 22, source: SOURCE, ...change });
// deno-lint-ignore no-explicit-any
const leave = (rig: Rig, count: object) => (rig.feature.handlers as any)["tunnel.left"](count);

Deno.test("tunnels: a grant opens one port of one station for minutes; opening, entering and leaving are audited with bytes", async () => {
  const { rig, anna } = await crew();
  await using _ = rig;
  const { tunnel, token } = await rig.call("people.tunnel.open", { by: anna, ...WISH, minutes: 10 });
  deepEqual([tunnel.person, tunnel.station, tunnel.port, tunnel.until], [
    "anna",
    "CP001",
    22,
    rig.time.now() + 10 * MINUTE,
  ]);
  match(token, /^[\w-]{43}$/);
  const target = await enter(rig, token);
  deepEqual([target.host, target.port, target.tunnel, target.until], ["10.20.0.11", 22, tunnel.id, tunnel.until]);
  await leave(rig, {
    tunnel: tunnel.id,
    connection: target.connection,
    up: 120,
    down: 4_800,
    why: "both sides are done",
  });
  const opened = rig.events("people.tunnel.opened").at(-1)!;
  deepEqual([opened.who, opened.target, opened.rule, opened.detail!["port"]], ["anna", "CP001", "field-7", 22]);
  const entered = rig.events("people.tunnel.entered").at(-1)!;
  deepEqual([entered.who, entered.source, entered.detail!["connection"]], ["anna", SOURCE, target.connection]);
  const left = rig.events("people.tunnel.left").at(-1)!;
  deepEqual([left.who, left.source, left.detail!["up"], left.detail!["down"]], ["anna", SOURCE, 120, 4_800]);
  equal(JSON.stringify(rig.audited).includes(token), false);
});

Deno.test("invariant 11: a token opens exactly its station and port, whatever looks alike", async () => {
  const { rig, anna } = await crew();
  await using _ = rig;
  const { token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
  for (
    const [change, rule] of [
      [{ port: 8022 }, "tunnel.other-port"],
      [{ port: 2 }, "tunnel.other-port"],
      [{ station: "CP0011" }, "tunnel.other-port"],
      [{ station: "cp001" }, "tunnel.other-port"],
      [{ station: "CP001 " }, "tunnel.other-port"],
      [{ token: `${token}A` }, "tunnel.token"],
      [{ token: token.slice(1) }, "tunnel.token"],
      [{ token: "" }, "tunnel.token"],
    ] as const
  ) {
    await rejects(enter(rig, token, change), REFUSED);
    const { rule: said, outcome } = rig.events("people.tunnel.refused").at(-1)!;
    deepEqual([said, outcome], [rule, "refused"]);
  }
  equal((await enter(rig, token)).port, 22);
});

Deno.test("tunnels: without a grant, without the capability, or to what is not declared, none is opened", async () => {
  const { rig, anna, eva } = await crew({ capabilities: ["view", "edit"] });
  await using _ = rig;
  const open = (change: object) => rig.call("people.tunnel.open", { by: anna, ...WISH, ...change });
  await rejects(open({}), { code: "ACCESS_REFUSED" });
  await rejects(open({ port: 23 }), { code: "TUNNEL_NOT_DECLARED", message: /port 23 of "CP001"/ });
  await rejects(open({ station: "CP002" }), { code: "TUNNEL_NOT_DECLARED" });
  await rejects(open({ station: "nowhere" }), { code: "TUNNEL_NOT_DECLARED" });
  // administrators may by the built-in grant, as the weakest account that it names
  const { tunnel } = await rig.call("people.tunnel.open", { by: eva, ...WISH });
  equal(rig.events("people.access.opened").at(-1)!.detail!["deviceRole"], "user");
  deepEqual((await rig.call("people.tunnel.list", { by: anna })).open, []);
  const seen = await rig.call("people.tunnel.list", { by: eva });
  deepEqual(seen.open.map(({ id }) => id), [tunnel.id]);
  deepEqual(seen.declared, { CP001: [22, 8022], CP0011: [22] });
});

Deno.test("tunnels: a second factor that is too old is asked for anew, and a reason is needed", async () => {
  const { rig, anna } = await crew();
  await using _ = rig;
  await rejects(rig.call("people.tunnel.open", { by: anna, ...WISH, reason: " " }), { code: "PERSON_INVALID" });
  rig.time.advance(20 * MINUTE);
  await rejects(rig.call("people.tunnel.open", { by: anna, ...WISH }), { code: "STEP_UP_NEEDED" });
});

for (
  const [how, end] of [
    ["its time is over", async ({ rig }: Awaited<ReturnType<typeof crew>>) => {
      rig.time.advance(60 * MINUTE);
      await Promise.resolve();
    }],
    ["somebody kills it", async ({ rig }: Awaited<ReturnType<typeof crew>>, id: string) => {
      match((await rig.command("tunnel end", { id })).text, /of anna to CP001/);
    }],
    ["its way is closed", async ({ rig, anna }: Awaited<ReturnType<typeof crew>>, id: string) => {
      await rig.call("people.access.end", { by: anna, lease: id });
    }],
    ["its grant is removed", async ({ rig, eva }: Awaited<ReturnType<typeof crew>>) => {
      await rig.call("people.grant.remove", { by: eva, id: "field-7" });
    }],
    ["its person is locked out of the site", async ({ rig, eva }: Awaited<ReturnType<typeof crew>>) => {
      await rig.call("people.account.change", { by: eva, name: "anna", state: "disabled" } as never);
      rig.time.advance(1_000);
    }],
  ] as const
) {
  Deno.test(`tunnels: when ${how}, its connections are closed and its token opens nothing`, async () => {
    const all = await crew();
    const { rig, anna, closed } = all;
    await using _ = rig;
    const { tunnel, token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
    await enter(rig, token);
    await end(all, tunnel.id);
    await waitFor("the Worker to be told", () => (rig.time.advance(1_000), closed.length > 0));
    deepEqual(closed[0]!.tunnels, [tunnel.id]);
    await rejects(enter(rig, token), REFUSED);
    deepEqual(await rig.command("tunnel list"), { text: "No tunnel is open.", data: [] });
  });
}

Deno.test("tunnels: a grant for some networks lets nobody in from elsewhere, also with the right token", async () => {
  const { rig, anna } = await crew({ sources: ["10.99.0.0/24"] });
  await using _ = rig;
  const { token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
  await rejects(enter(rig, token, { source: "10.98.0.50" }), REFUSED);
  equal(rig.events("people.tunnel.refused").at(-1)!.rule, "tunnel.source");
  equal((await enter(rig, token, { source: "::ffff:10.99.0.51" })).port, 22);
});

Deno.test("tunnels: connections of one tunnel up to the limit, and one more is refused by name", async () => {
  const { rig, anna } = await crew();
  await using _ = rig;
  const { token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
  const first = await enter(rig, token);
  for (let more = 1; more < PEOPLE_LIMITS.connectionsOfTunnel; more++) await enter(rig, token);
  await rejects(enter(rig, token), { code: "TUNNEL_FULL" });
  await leave(rig, { ...first, up: 0, down: 0, why: "done" });
  ok(await enter(rig, token));
});

Deno.test("tunnels: tries from one address are limited, the answer stays the same, and others are not held up", async () => {
  const { rig, anna } = await crew();
  await using _ = rig;
  const { token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
  for (let wrong = 0; wrong < 30; wrong++) await rejects(enter(rig, "wrong", { source: "10.99.0.66" }), REFUSED);
  const rules = rig.events("people.tunnel.refused").map(({ rule }) => rule);
  deepEqual([rules.filter((rule) => rule === "tunnel.token").length, rules.at(-1)], [20, "tunnel.attempts"]);
  await rejects(enter(rig, token, { source: "10.99.0.66" }), REFUSED);
  ok(await enter(rig, token));
});

Deno.test("tunnels: kill -9 of control: the token still opens, and what the Worker still carries can be killed", async () => {
  const { rig, anna, closed, worker, options } = await crew();
  const { tunnel, token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
  const { connection } = await enter(rig, token);
  worker.open = [{ tunnel: tunnel.id, connection, up: 7, down: 9 }];
  await using again = await rig.restart(options);
  await again.feature.workerJoined!("tunnel");
  ok(await enter(again, token));
  const [row] = (await again.command("tunnel list")).data as unknown as { up: number; connections: number }[];
  deepEqual([row!.connections, row!.up], [1, 7]);
  await again.command("tunnel end", { id: tunnel.id });
  deepEqual(closed.at(-1)!.tunnels, [tunnel.id]);
  await rejects(enter(again, token), REFUSED);
});

Deno.test("tunnels: the Worker ended: its connections are told as left, those of its successor stay", async () => {
  const { rig, anna, worker } = await crew();
  await using _ = rig;
  const { tunnel, token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
  const gone = await enter(rig, token), stays = await enter(rig, token);
  worker.open = [{ tunnel: tunnel.id, connection: stays.connection, up: 1, down: 1 }];
  await rig.feature.workerLeft!("tunnel~2");
  const left = rig.events("people.tunnel.left");
  deepEqual(left.map(({ detail }) => detail!["connection"]), [gone.connection]);
  match(String(left[0]!.detail!["why"]), /bytes are not known/);
  await rig.feature.workerLeft!("ocpp-0");
  equal(rig.events("people.tunnel.left").length, 1);
});

Deno.test("tunnels: a Worker that does not answer hides no tunnel", async () => {
  const { rig, anna, worker } = await crew();
  await using _ = rig;
  await rig.call("people.tunnel.open", { by: anna, ...WISH });
  worker.isAway = true;
  equal(((await rig.command("tunnel list")).data as unknown[]).length, 1);
  await rejects(rig.command("tunnel end", { id: "nothing" }), { code: "PERSON_UNKNOWN" });
});

/** A firewall that notes what it is told. */
function noting() {
  const told: string[] = [];
  const door = {
    fault: undefined as Error | undefined,
    open: ({ address, port, until, by }: { address: string; port: number; until: number; by: string }) => {
      if (door.fault) return Promise.reject(door.fault);
      return Promise.resolve(void told.push(`open ${address} ${port} ${by} ${until}`));
    },
    close: ({ address, port }: { address: string; port: number }) =>
      Promise.resolve(void told.push(`close ${address} ${port}`)),
  };
  return { told, door };
}

Deno.test("tunnels: EV-21: the firewall opens the port when somebody comes in, until the tunnel's end, and closes it with the last tunnel", async () => {
  const { told, door } = noting();
  const { rig, anna } = await crew({}, door);
  await using _ = rig;
  const first = await rig.call("people.tunnel.open", { by: anna, ...WISH, minutes: 10 });
  const second = await rig.call("people.tunnel.open", { by: anna, ...WISH, minutes: 20 });
  deepEqual(told, [], "nothing is open before somebody comes in");
  await enter(rig, first.token);
  await enter(rig, second.token);
  deepEqual(told.splice(0), [first, second].map(({ tunnel }) => `open 10.20.0.11 22 anna ${tunnel.until}`));
  await rig.call("people.access.end", { by: anna, lease: first.tunnel.id });
  deepEqual(told, [], "the second tunnel leads to the same port");
  await rig.call("people.access.end", { by: anna, lease: second.tunnel.id });
  await waitFor("the port to be closed", () => told.length === 1);
  deepEqual(told, ["close 10.20.0.11 22"]);
});

Deno.test("tunnels: where the firewall cannot open nobody is let in, and no place is taken", async () => {
  const { door } = noting();
  const { rig, anna } = await crew({}, door);
  await using _ = rig;
  const { token } = await rig.call("people.tunnel.open", { by: anna, ...WISH });
  door.fault = new Error("hald does not answer");
  for (let count = 0; count <= PEOPLE_LIMITS.connectionsOfTunnel; count++) {
    await rejects(enter(rig, token), /hald does not answer/);
  }
  equal(rig.audited.some(({ event }) => event === "people.tunnel.entered"), false);
  door.fault = undefined;
  equal((await enter(rig, token)).port, 22);
});
