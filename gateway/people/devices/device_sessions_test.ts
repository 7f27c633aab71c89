import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { DeviceRequestRecord } from "../../core/device_api.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { DEVICE_GRANT, DeviceRig, ORIGIN, ORIGIN_2, ORIGIN_81 } from "../testing/device_rig.ts";
import { SOURCE } from "../testing/people_rig.ts";
import { DEVICE_LIMITS } from "./limits.ts";

const MINUTE = 60_000;
const TICKET = { code: "UI_TICKET_REFUSED" };
const ENDED = { code: "SESSION_ENDED" };
const REQUEST: DeviceRequestRecord = {
  at: 0,
  method: "POST",
  page: "write /v1/app_settings",
  capability: "edit",
  decision: "allowed",
  rule: "field-7",
  status: 200,
  count: 1,
  bytesIn: 40,
  bytesOut: 10,
  settings: ["OperatorCurrentLimit_er"],
};

Deno.test("device sessions: a ticket opens one origin once, within its seconds, and says why to the audit alone", async () => {
  await using rig = await DeviceRig.open();
  const lease = await rig.lease();
  const enter = (ticket: string, origin = ORIGIN) => rig.ask("device.enter", { ticket, origin, source: SOURCE });
  const first = await rig.ticket(lease);
  const { session } = await enter(first);
  deepEqual(
    [session.person, session.station, session.deviceRole, session.grant, session.capabilities, session.firmware],
    ["anna", "CP001", "installer", "field-7", ["view", "edit"], "5.20.1"],
  );
  await rejects(enter(first), TICKET);
  await rejects(enter(await rig.ticket(lease), ORIGIN_2), TICKET);
  const spent = await rig.ticket(lease);
  await rejects(enter(spent, ORIGIN_81), TICKET);
  await rejects(enter(spent), TICKET, "a try at another origin spends it");
  const late = await rig.ticket(lease);
  rig.people.time.advance(DEVICE_LIMITS.ticketMs);
  await rejects(enter(late), TICKET);
  const inTime = await rig.ticket(lease);
  rig.people.time.advance(DEVICE_LIMITS.ticketMs - 1);
  ok(await enter(inTime));
  for (const bad of ["", "x".repeat(129), "nonsense"]) await rejects(enter(bad), TICKET);
  deepEqual(new Set(rig.people.events("device.ticket.refused").map(({ rule }) => rule)), new Set(["ticket.unknown"]));
  equal(rig.people.events("device.session.opened").length, 1, "the same way in the same login is the same session");
});

Deno.test("device sessions: tickets have a limit, and the oldest gives way", async () => {
  await using rig = await DeviceRig.open();
  const lease = await rig.lease();
  const tickets = [];
  for (let at = 0; at <= DEVICE_LIMITS.tickets; at++) tickets.push(await rig.ticket(lease));
  const enter = (ticket: string) => rig.ask("device.enter", { ticket, origin: ORIGIN, source: SOURCE });
  await rejects(enter(tickets[0]!), TICKET);
  ok(await enter(tickets[1]!));
  ok(await enter(tickets.at(-1)!));
});

Deno.test("device sessions: by name, by address with a port, and not at all", async () => {
  await using rig = await DeviceRig.open();
  const lease = await rig.lease();
  const url = async (host: string) =>
    (await rig.people.call("device.open", { by: rig.anna, lease: lease.id, host })).url;
  match(await url("GW.lab.example"), /^https:\/\/cp001\.gw\.lab\.example:8447\/\.gw\/open\?ticket=[\w-]{43}$/);
  match(await url("10.99.0.2"), /^https:\/\/10\.99\.0\.2:9401\/\.gw\/open/);
  match(await url("localhost"), /^https:\/\/localhost:9401\//);
  match(await url("[fd00::1]"), /^https:\/\/\[fd00::1\]:9401\//);
  const without = await rig.lease("CP003");
  await rejects(rig.people.call("device.open", { by: rig.anna, lease: without.id, host: "gw.lab.example" }), {
    code: "UI_NO_PAGES",
  });
});

Deno.test("device sessions: a way of somebody else opens nothing, nor does one that is closed", async () => {
  await using rig = await DeviceRig.open();
  const lease = await rig.lease();
  const open = (by = rig.anna) => rig.people.call("device.open", { by, lease: lease.id, host: "gw.lab.example" });
  await rejects(open(rig.eva), { code: "ACCESS_REFUSED" });
  const ticket = await rig.ticket(lease);
  await rig.people.call("people.access.end", { by: rig.anna, lease: lease.id });
  await rejects(open(), { code: "ACCESS_REFUSED" });
  await rejects(rig.ask("device.enter", { ticket, origin: ORIGIN, source: SOURCE }), TICKET);
  equal(rig.people.events("device.ticket.refused").at(-1)!.rule, "ticket.way-closed");
});

Deno.test("device sessions: the console session that asked must live at the door", async () => {
  await using rig = await DeviceRig.open();
  const ticket = await rig.ticket(await rig.lease());
  await rig.people.call("people.session.end", { by: rig.anna });
  await rejects(rig.ask("device.enter", { ticket, origin: ORIGIN, source: SOURCE }), TICKET);
  equal(rig.people.events("device.ticket.refused").at(-1)!.rule, "ticket.logged-out");
});

Deno.test("device sessions: the networks of the grant count at the door and at every look", async () => {
  await using rig = await DeviceRig.open({ sources: ["10.99.0.0/24"] });
  const lease = await rig.lease();
  const ticket = await rig.ticket(lease);
  await rejects(rig.ask("device.enter", { ticket, origin: ORIGIN, source: "192.168.7.7" }), TICKET);
  equal(rig.people.events("device.ticket.refused").at(-1)!.rule, "ticket.source");
  const { token } = await rig.enter(lease, { source: "::ffff:10.99.0.50" });
  ok(await rig.check(token));
  await rejects(rig.check(token, ORIGIN, "ui_proxy", "192.168.7.7"), ENDED);
  ok(await rig.check(token), "a stranger's try ends nothing");
});

Deno.test("device sessions: a cookie opens its own origin and no other", async () => {
  await using rig = await DeviceRig.open();
  const { token, session } = await rig.enter();
  equal((await rig.check(token)).id, session.id);
  for (const origin of [ORIGIN_81, ORIGIN_2, "https://gw.lab.example:8443", ORIGIN.toUpperCase()]) {
    await rejects(rig.check(token, origin), ENDED, origin);
  }
  await rejects(rig.check("x".repeat(200)), ENDED);
  await rejects(rig.check(""), ENDED);
});

Deno.test("device sessions: another port of the same controller gets a cookie of its own", async () => {
  await using rig = await DeviceRig.open();
  const { token, session } = await rig.enter();
  const go = (to: string) => rig.ask("device.sibling", { token, origin: ORIGIN, to, source: SOURCE });
  const { url } = await go(ORIGIN_81);
  const ticket = new URL(url).searchParams.get("ticket")!;
  const second = await rig.ask("device.enter", { ticket, origin: ORIGIN_81, source: SOURCE });
  equal(second.session.id, session.id);
  ok(second.token !== token);
  equal((await rig.check(second.token, ORIGIN_81)).id, session.id);
  equal((await rig.check(token)).id, session.id);
  ok(await go("https://10.99.0.2:9402"), "by its own port");
  for (
    const foreign of [ORIGIN_2, "https://evil.example", `${ORIGIN_81}/x`, "http://cp001--p81.gw.lab.example:8447", "x"]
  ) {
    await rejects(go(foreign), { code: "UI_NO_PAGES" }, foreign);
  }
  await rejects(rig.ask("device.sibling", { token: "no", origin: ORIGIN, to: ORIGIN_81, source: SOURCE }), ENDED);
  const late = new URL((await go(ORIGIN_81)).url).searchParams.get("ticket")!;
  await rig.people.call("device.end", { by: rig.anna, session: session.id });
  await rejects(rig.ask("device.enter", { ticket: late, origin: ORIGIN_81, source: SOURCE }), TICKET);
});

Deno.test("device sessions: console and pages have one idle time, and end together", async () => {
  await using rig = await DeviceRig.open({ maxMinutes: 120 });
  const { token, session } = await rig.enter();
  equal(session.idleAt, rig.people.time.now() + 30 * MINUTE);
  rig.people.time.advance(20 * MINUTE);
  const awake = await rig.ask("device.active", { session: session.id });
  equal(awake.idleAt, rig.people.time.now() + 30 * MINUTE);
  rig.people.time.advance(20 * MINUTE);
  ok(await rig.check(token));
  ok(await rig.people.call("people.session.check", { by: rig.anna, activity: false }), "the console stayed awake too");
  rig.people.time.advance(10 * MINUTE);
  await rejects(rig.check(token), ENDED);
  await waitFor("the end of the session", () => rig.people.events("device.session.ended").length === 1);
  deepEqual(rig.ended, [{ sessions: [session.id], rule: "device-session.logged-out" }]);
  await rejects(rig.ask("device.active", { session: session.id }), ENDED);
});

Deno.test("device sessions: the way's time ends them whatever happens", async () => {
  await using rig = await DeviceRig.open({ maxMinutes: 10 });
  const { token, session } = await rig.enter();
  equal(session.endsAt, rig.people.time.now() + 10 * MINUTE);
  equal(session.idleAt, session.endsAt);
  rig.people.time.advance(10 * MINUTE - 1);
  ok(await rig.check(token));
  rig.people.time.advance(1);
  await rejects(rig.check(token), ENDED);
  await waitFor("the end of the session", () => rig.people.events("device.session.ended").length > 0);
  equal(rig.people.events("device.session.ended").at(-1)!.rule, "device-session.way-closed");
});

Deno.test("device sessions: logout, a removed grant and a locked account end them", async () => {
  await using rig = await DeviceRig.open();
  const first = await rig.enter();
  await rig.people.call("people.grant.remove", { by: rig.eva, id: DEVICE_GRANT.id });
  await rejects(rig.check(first.token), ENDED);
  await rig.people.call("people.grant.add", { by: rig.eva, grant: DEVICE_GRANT });
  const second = await rig.enter();
  await rig.people.call("people.account.change", { by: rig.eva, name: "anna", state: "disabled" });
  await rejects(rig.check(second.token), ENDED);
  await waitFor("the end of the session", () => rig.people.events("device.session.ended").length === 2);
  deepEqual(rig.people.events("device.session.ended").map(({ rule }) => rule), [
    "device-session.way-closed",
    "device-session.logged-out",
  ]);
});

Deno.test("device sessions: only the own ones for technicians; operators and administrators see and end all", async () => {
  await using rig = await DeviceRig.open();
  const { token, session } = await rig.enter();
  const ben = rig.people.by((await rig.people.person("ben", "technician")).token);
  deepEqual(await rig.people.call("device.sessions", { by: ben }), []);
  equal((await rig.people.call("device.sessions", { by: rig.anna })).length, 1);
  const [seen] = await rig.people.call("device.sessions", { by: rig.eva });
  equal(seen!.id, session.id);
  for (const secret of ["cookies", "worker", "parent"]) ok(!(secret in seen!), secret);
  await rejects(rig.people.call("device.end", { by: ben, session: session.id }), { code: "UI_SESSION_UNKNOWN" });
  await rejects(rig.people.call("device.watch", { by: rig.anna, session: session.id, after: 0 }), {
    code: "PERSON_FORBIDDEN",
  });
  deepEqual(await rig.people.call("device.end", { by: rig.eva, session: session.id }), { ended: 1 });
  await rejects(rig.check(token), ENDED);
  const { who, rule } = rig.people.events("device.session.ended").at(-1)!;
  deepEqual([who, rule], ["eva", "device-session.killed"]);
  await rejects(rig.people.call("device.end", { by: rig.eva, session: session.id }), { code: "UI_SESSION_UNKNOWN" });
});

Deno.test("device sessions: the person leaves on the page", async () => {
  await using rig = await DeviceRig.open();
  const { token, session } = await rig.enter();
  await rejects(rig.ask("device.leave", { session: session.id }, "ui_proxy~2"), ENDED, "not the Worker's");
  await rig.ask("device.leave", { session: session.id });
  await rejects(rig.check(token), ENDED);
  equal(rig.people.events("device.session.ended").at(-1)!.rule, "device-session.closed");
});

Deno.test("device sessions: who joins looks on, with a session of the own that ends with the other", async () => {
  await using rig = await DeviceRig.open();
  const { session } = await rig.enter();
  const join = async (id: string) => {
    const { url } = await rig.people.call("device.join", { by: rig.eva, session: id, host: "gw.lab.example" });
    const ticket = new URL(url).searchParams.get("ticket")!;
    return await rig.ask("device.enter", { ticket, origin: ORIGIN, source: SOURCE });
  };
  await rejects(rig.people.call("device.join", { by: rig.anna, session: session.id, host: "x" }), {
    code: "PERSON_FORBIDDEN",
  });
  const onlooker = await join(session.id);
  deepEqual([onlooker.session.person, onlooker.session.watches, onlooker.session.capabilities], [
    "eva",
    session.id,
    ["view"],
  ]);
  ok(await rig.check(onlooker.token));
  equal(rig.people.events("device.session.joined").at(-1)!.detail!["watches"], session.id);
  await rejects(join(onlooker.session.id), { code: "UI_SESSION_UNKNOWN" }, "nobody looks at a look");
  await rig.people.call("device.end", { by: rig.anna, session: session.id });
  await rejects(rig.check(onlooker.token), ENDED);
  deepEqual(rig.ended.at(-1)!.sessions, [session.id, onlooker.session.id]);
});

Deno.test("device sessions: what is done stands in the audit without values, and watchers see the newest", async () => {
  await using rig = await DeviceRig.open();
  const { session } = await rig.enter();
  const tell = (requests: readonly DeviceRequestRecord[]) =>
    rig.ask("device.requests", { session: session.id, requests });
  await tell([REQUEST, { ...REQUEST, decision: "refused", rule: "ui.page.role", status: 403, settings: [] }]);
  const made = rig.people.events("device.request.made").at(-1)!;
  deepEqual([made.who, made.target, made.rule, made.outcome, made.source], ["anna", "CP001", "field-7", "ok", SOURCE]);
  deepEqual(made.detail, {
    session: session.id,
    deviceRole: "installer",
    method: "POST",
    page: "write /v1/app_settings",
    capability: "edit",
    status: 200,
    count: 1,
    bytesIn: 40,
    bytesOut: 10,
    settings: "OperatorCurrentLimit_er",
    settingCount: 1,
  });
  deepEqual(
    [rig.people.events("device.request.refused")[0]!.rule, rig.people.events("device.request.refused")[0]!.outcome],
    ["ui.page.role", "refused"],
  );
  const watch = async (after: number) =>
    (await rig.people.call("device.watch", { by: rig.eva, session: session.id, after })).events;
  deepEqual((await watch(0)).map(({ sequence, request }) => [sequence, request.decision]), [[1, "allowed"], [
    2,
    "refused",
  ]]);
  deepEqual((await watch(1)).length, 1);
  for (let at = 0; at < 2; at++) await tell(Array.from({ length: DEVICE_LIMITS.records }, () => REQUEST));
  const kept = await watch(0);
  deepEqual([kept.length, kept[0]!.sequence, kept.at(-1)!.sequence], [DEVICE_LIMITS.events, 3, 202]);
  await rejects(tell(Array.from({ length: DEVICE_LIMITS.records + 1 }, () => REQUEST)), { code: "RPC_OVERLOAD" });
  await rejects(rig.ask("device.requests", { session: "other", requests: [] }), ENDED);
  await rejects(rig.people.call("device.watch", { by: rig.eva, session: "other", after: 0 }), {
    code: "UI_SESSION_UNKNOWN",
  });
});

Deno.test("device sessions: a record names at most so many settings, and says how many there were", async () => {
  await using rig = await DeviceRig.open();
  const { session } = await rig.enter();
  const settings = Array.from({ length: DEVICE_LIMITS.settings + 1 }, (_, at) => `k${at}`);
  await rig.ask("device.requests", { session: session.id, requests: [{ ...REQUEST, settings }] });
  const { detail } = rig.people.events("device.request.made").at(-1)!;
  equal(String(detail!["settings"]).split(" ").length, DEVICE_LIMITS.settings);
  equal(detail!["settingCount"], DEVICE_LIMITS.settings + 1);
});

Deno.test("device sessions: survive control's restart while their Worker carries them, and no longer", async () => {
  const carried: string[] = [];
  await using before = await DeviceRig.open({}, () => carried);
  const kept = await before.enter();
  const lost = await before.enter(await before.lease("CP001"));
  carried.push(kept.session.id);
  const after = await before.restart();
  equal((await after.check(kept.token)).id, kept.session.id);
  await after.people.feature.workerJoined!("ui_proxy");
  ok(await after.check(kept.token));
  await rejects(after.check(lost.token), ENDED);
  equal(after.people.events("device.session.ended").at(-1)!.rule, "device-session.restart");
  await after.people.feature.workerLeft!("ui_proxy");
  await rejects(after.check(kept.token), ENDED);
  equal(after.people.events("device.session.ended").at(-1)!.rule, "device-session.worker-ended");
  await after.people.feature.stop?.();
});

Deno.test("device sessions: a Worker that takes over after a reload gets them, and the old one lets go first", async () => {
  await using rig = await DeviceRig.open();
  const { token, session } = await rig.enter();
  await rig.check(token, ORIGIN, "ui_proxy~2");
  deepEqual(rig.ended, [{ sessions: [session.id], rule: "device-session.moved" }]);
  await rejects(rig.ask("device.active", { session: session.id }), ENDED);
  ok(await rig.ask("device.active", { session: session.id }, "ui_proxy~2"));
  await rig.people.feature.workerLeft!("ui_proxy");
  ok(await rig.check(token, ORIGIN, "ui_proxy~2"));
});

Deno.test("device sessions: what a drained Worker leaves is its successor's", async () => {
  await using rig = await DeviceRig.open();
  const { token, session } = await rig.enter();
  const workers = rig.people.context.workers as { of: (conduit: string) => readonly string[] };
  workers.of = (conduit) => conduit === "ui_proxy" ? ["ui_proxy~2"] : [];
  await rig.people.feature.workerLeft!("ui_proxy");
  equal((await rig.check(token, ORIGIN, "ui_proxy~2")).id, session.id);
  workers.of = () => [];
  await rig.people.feature.workerLeft!("ui_proxy~2");
  await rejects(rig.check(token, ORIGIN, "ui_proxy~3"), ENDED);
});

Deno.test("device sessions: other Workers are offered nothing", async () => {
  await using rig = await DeviceRig.open();
  deepEqual(Object.keys(rig.people.feature.handlersFor!("console")), []);
  deepEqual(Object.keys(rig.people.feature.handlersFor!("ui_proxy~3")).length, 7);
});

Deno.test("device sessions: one person's too many end the oldest", async () => {
  await using rig = await DeviceRig.open();
  const first = await rig.enter();
  for (let at = 1; at < DEVICE_LIMITS.sessionsOfPerson; at++) await rig.enter(await rig.lease());
  ok(await rig.check(first.token));
  const last = await rig.enter(await rig.lease());
  await rejects(rig.check(first.token), ENDED);
  ok(await rig.check(last.token));
  equal(rig.people.events("device.session.ended").at(-1)!.rule, "device-session.too-many");
});

Deno.test("device sessions: a full disk does not keep a page open", async () => {
  await using rig = await DeviceRig.open();
  const { token, session } = await rig.enter();
  const { store } = rig.people, commit = store.commit;
  store.commit = () => Promise.reject(new Error("disk full"));
  await rejects(rig.people.call("device.end", { by: rig.eva, session: session.id }));
  store.commit = commit;
  await rejects(rig.check(token), ENDED);
  deepEqual(rig.ended.map(({ rule }) => rule), ["device-session.killed"]);
});

Deno.test("device sessions: grants say whether the maker's old pages are theirs", async () => {
  await using rig = await DeviceRig.open({ oldPages: true });
  equal((await rig.enter()).session.grantsLegacy, true);
  await using other = await DeviceRig.open();
  equal((await other.enter()).session.grantsLegacy, false);
});

Deno.test("device sessions: two origins of one session that are opened at one moment both stay open", async () => {
  await using rig = await DeviceRig.open();
  const { token } = await rig.enter();
  const ticketFor = async (to: string) => {
    const { url } = await rig.ask("device.sibling", { token, origin: ORIGIN, to, source: SOURCE });
    return new URL(url).searchParams.get("ticket")!;
  };
  const origins = [ORIGIN_81, "https://10.99.0.2:9402"];
  const tickets = await Promise.all(origins.map(ticketFor));
  const opened = await Promise.all(
    origins.map((origin, at) => rig.ask("device.enter", { ticket: tickets[at]!, origin, source: SOURCE })),
  );
  for (const [at, { token }] of opened.entries()) await rig.check(token, origins[at]!);
});
