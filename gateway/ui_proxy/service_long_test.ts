import { deepEqual, equal, match, ok } from "node:assert/strict";
import { BenderPages } from "../demo/controllers/bender.ts";
import { type SimPages, startDevice } from "../demo/controllers/simulated_device.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { FrontRig, NAVIGATION } from "./testing/front_rig.ts";

const PASSWORDS = { operator: "right", installer: "right" };

function bender(): BenderPages {
  return new BenderPages({ passwords: PASSWORDS, dialects: ["v1"], firmware: "5.33.11-1" });
}

/** A rig with one simulated controller, closed when the test is over. */
async function withRig(
  pages: SimPages,
  use: (rig: FrontRig, asked: readonly string[]) => Promise<void>,
  more: { readonly ports?: boolean; readonly second?: SimPages } = {},
): Promise<void> {
  const device = await startDevice(pages), other = more.second ? await startDevice(more.second) : undefined;
  const origins: [string, ...string[]] = other ? [device.origin, other.origin] : [device.origin];
  const rig = await FrontRig.open(
    [{ station: "CP001", origins }, { station: "CP002", origins: [device.origin] }],
    more.ports,
  );
  try {
    await use(rig, device.asked);
  } finally {
    await rig[Symbol.asyncDispose]();
    await device.close();
    await other?.close();
  }
}

Deno.test("device pages: a ticket becomes a cookie of this origin, and the page opens logged in", async () => {
  await withRig(bender().pages, async (rig) => {
    const session = rig.people.make("CP001");
    rig.people.tickets.set("t1", { session: session.id, origin: rig.origin() });
    const opened = await rig.ask("/.gw/open?ticket=t1", { headers: NAVIGATION });
    equal(opened.status, 200);
    match(opened.text, /http-equiv="refresh" content="0;url=\/\.gw\/at\?path=%2F"/);
    const [cookie] = opened.headers["set-cookie"]!;
    match(cookie!, /^__Host-bulkhead-device=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    const token = /=([\w-]+);/.exec(cookie!)![1]!;
    const at = await rig.ask("/.gw/at?path=%2F", { token, headers: NAVIGATION });
    deepEqual([at.status, at.headers.location], [303, "/"]);
    const page = await rig.ask("/", { token, headers: NAVIGATION });
    equal(page.status, 200);
    match(page.text, /<head><script src="\/\.gw\/idle\.js" data-idle-ms="1800000" [^>]*data-person="anna"/);
    match(page.text, /Configuration Interface/);
    equal(page.headers["cache-control"], "no-store");
    equal((await rig.ask("/.gw/open?ticket=t1", { headers: NAVIGATION })).status, 403, "taken once");
  });
});

Deno.test("device pages: without a session there is a page that says where to go, and nothing reaches the device", async () => {
  await withRig(bender().pages, async (rig, asked) => {
    const page = await rig.ask("/", { headers: { ...NAVIGATION, "accept-language": "de" } });
    equal(page.status, 401);
    match(page.text, /lang="de"/);
    match(page.text, /https:\/\/gw\.lab\.example:8443\//);
    match(page.text, /Control room, 112/);
    match(page.text, /ui\.session\.none/);
    const script = await rig.ask("/v1/app_settings", {
      headers: { accept: "application/json", "sec-fetch-site": "same-origin" },
    });
    equal(script.headers["content-type"], "text/plain; charset=utf-8");
    equal((await rig.ask("/", { token: "nonsense" })).status, 401);
    deepEqual(asked, []);
  });
});

Deno.test("invariant 5: what the browser holds never reaches the device, nor the device's cookies the browser", async () => {
  const seen: Record<string, unknown>[] = [];
  const pages: SimPages = (request) => {
    seen.push(request.headers);
    if (request.path.startsWith("/v1/login")) return bender2.pages(request);
    return {
      status: 200,
      headers: {
        "content-type": "text/html",
        "set-cookie": ["SID=secret; Path=/", "x=y"],
        "www-authenticate": "Basic",
        "strict-transport-security": "max-age=1",
        "access-control-allow-origin": "*",
        "server": "ebee",
      },
      body: "<head></head>hello",
    };
  };
  const bender2 = bender();
  await withRig(pages, async (rig) => {
    const token = await rig.enter();
    const headers = {
      ...NAVIGATION,
      "authorization": "Bearer stolen",
      "x-forwarded-for": "1.2.3.4",
      "x-remote-user": "root",
    };
    const page = await rig.ask("/webui/x", { token, headers });
    equal(page.status, 200);
    equal(page.headers["set-cookie"], undefined);
    for (const name of ["www-authenticate", "strict-transport-security", "access-control-allow-origin", "server"]) {
      equal(page.headers[name], undefined, name);
    }
    const mine = seen.at(-1)!;
    ok(!JSON.stringify(mine).includes("stolen"));
    for (const name of ["x-forwarded-for", "x-remote-user", "sec-fetch-mode"]) equal(mine[name], undefined, name);
    equal(mine["cookie"], undefined, "the device's cookies only from its own jar");
    await rig.ask("/webui/y", { token, headers: NAVIGATION });
    deepEqual(String(seen.at(-1)!["cookie"]).split("; ").sort(), ["SID=secret", "x=y"]);
    ok(!JSON.stringify(seen).includes(token), "the gateway's cookie went nowhere");
  });
});

Deno.test("device pages: a write is judged, told before it goes on, and told with its end", async () => {
  const sim = bender();
  await withRig(sim.pages, async (rig, asked) => {
    const token = await rig.enter();
    const body = JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value: "10" }] });
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
    const done = await rig.ask("/v1/app_settings", { method: "POST", token, body, headers });
    equal(done.status, 200);
    equal(sim.settings.get("OperatorCurrentLimit_vehicleif"), "10");
    const [before] = rig.people.requests;
    deepEqual(
      [before!.method, before!.page, before!.decision, before!.rule, before!.status, before!.bytesIn, before!.settings],
      ["POST", "write /v1/app_settings", "allowed", "field-7", 0, body.length, ["OperatorCurrentLimit_vehicleif"]],
    );
    ok(asked.includes("POST /v1/app_settings"));
    await rig.service.handlers!["device.ended"]!({ sessions: ["session-1"], rule: "x" });
    equal(rig.people.requests.at(-1)!.status, 200);
  });
});

Deno.test("device pages: a recorded session tells the fields of its forms, secrets masked; another tells none", async () => {
  await withRig(bender().pages, async (rig) => {
    const body = JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value: "10" }] });
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
    const token = await rig.enter("CP001", { recorded: true });
    await rig.ask("/v1/app_settings", { method: "POST", token, body, headers });
    deepEqual(rig.people.requests[0]!.fields, [{ name: "OperatorCurrentLimit_vehicleif", value: "10" }]);
    const unseen = await rig.enter("CP002");
    const origin = rig.origin("CP002");
    equal((await rig.ask("/v1/app_settings", { method: "POST", token: unseen, origin, body, headers })).status, 200);
    equal(rig.people.requests.filter(({ fields }) => fields !== undefined).length, 1);
  });
});

Deno.test("device pages: what the grant does not allow is refused with its rule, told, and reaches no device", async () => {
  const sim = bender();
  await withRig(sim.pages, async (rig, asked) => {
    const token = await rig.enter("CP001", { deviceRole: "operator", capabilities: ["view"] });
    const headers = { ...NAVIGATION, "content-type": "application/json" };
    const write = async (key: string, value: string) => {
      const body = JSON.stringify({ params: [{ key, value }] });
      return await rig.ask("/v1/app_settings", { method: "POST", token, body, headers });
    };
    const refused = await write("OperatorCurrentLimit_vehicleif", "10");
    equal(refused.status, 403);
    match(refused.text, /ui\.page\.(?:capability|role)/);
    match((await write("ChargePointID_ocpp", "other")).text, /ui\.setting\.lockout/);
    const twice = `{"params":[{"key":"a","value":"1"}],"params":[]}`;
    const repeated = await rig.ask("/v1/app_settings", { method: "POST", token, body: twice, headers });
    deepEqual([repeated.status, /ui\.parameters\.repeated/.test(repeated.text)], [400, true]);
    match((await rig.ask("/doc/doc_2", { token, headers: NAVIGATION })).text, /ui\.page\.driver-only/);
    match((await rig.ask("/legacy/operator/operator", { token, headers: NAVIGATION })).text, /ui\.page\.legacy/);
    ok(!asked.some((line) => line.startsWith("POST /v1/app")));
    ok(!asked.some((line) => line.includes("doc_2")));
    await rig.service.handlers!["device.ended"]!({ sessions: ["session-1"], rule: "x" });
    const rules = rig.people.requests.filter(({ decision }) => decision === "refused").map(({ rule }) => rule);
    ok(
      rules.includes("ui.setting.lockout") && rules.includes("ui.page.legacy") &&
        rules.includes("ui.parameters.repeated"),
    );
  });
});

Deno.test("device pages: holes of old firmware are closed in front of it (CVE-2021-34592)", async () => {
  const sim = bender();
  await withRig(sim.pages, async (rig) => {
    const write = async (firmware: string) => {
      const token = await rig.enter("CP001", { firmware });
      const body = JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value: "1;reboot" }] });
      const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
      return await rig.ask("/v1/app_settings", { method: "POST", token, body, headers });
    };
    const old = await write("5.20.1");
    deepEqual([old.status, /ui\.patch\.CVE-2021-34592/.test(old.text)], [403, true]);
    equal((await write("5.20.2")).status, 200);
  });
});

Deno.test("device pages: an ended session's cookie, streams and login are gone with it", async () => {
  const sim = bender();
  await withRig(sim.pages, async (rig) => {
    const token = await rig.enter();
    equal((await rig.ask("/", { token })).status, 200);
    rig.people.sessions.clear();
    deepEqual(await rig.service.handlers!["device.ended"]!({ sessions: ["session-1"], rule: "killed" }), { ended: 1 });
    equal((await rig.ask("/", { token })).status, 401);
    deepEqual(await rig.service.handlers!["device.carried"]!({}), { sessions: [] });
  });
});

Deno.test("EV-14: the idle deadline is the gateway's, whatever the browser does, and control is asked before it falls", async () => {
  await withRig(bender().pages, async (rig) => {
    const token = await rig.enter();
    equal((await rig.ask("/", { token })).status, 200);
    rig.clock.offset += 1_700_000;
    equal((await rig.ask("/.gw/beat", { method: "POST", token })).status, 204, "the person moved the mouse");
    rig.clock.offset += 1_700_000;
    equal((await rig.ask("/webui/poll", { token })).status === 401, false, "polling is served");
    rig.clock.offset += 100_000;
    equal((await rig.ask("/webui/poll", { token })).status, 401, "and does not count");
    equal((await rig.ask("/.gw/beat", { method: "POST", token })).status, 401);
  });
});

Deno.test("device pages: the person leaves by a form without any script", async () => {
  await withRig(bender().pages, async (rig) => {
    const token = await rig.enter();
    const page = await rig.ask("/.gw/", { token, headers: NAVIGATION });
    match(page.text, /<form method="post" action="\/\.gw\/leave">/);
    match(page.text, /<dd>CP001<\/dd>.*<dd>anna<\/dd>.*<dd>installer<\/dd>/);
    const left = await rig.ask("/.gw/leave", { method: "POST", token, headers: NAVIGATION });
    equal(left.status, 200);
    match(String(left.headers["set-cookie"]), /^__Host-bulkhead-device=; .*Max-Age=0/);
    equal((await rig.ask("/", { token })).status, 401);
  });
});

Deno.test("device pages: another port of the same controller asks the first for a cookie of its own, without a circle", async () => {
  const second: SimPages = () => ({ status: 200, headers: { "content-type": "text/html" }, body: "<head>port two" });
  await withRig(bender().pages, async (rig) => {
    const token = await rig.enter(), sibling = rig.origin("CP001", 1);
    const sent = await rig.ask("/x?a=1", { origin: sibling, headers: NAVIGATION });
    equal(sent.status, 303);
    const go = new URL(sent.headers.location!);
    deepEqual([go.origin, go.pathname, go.searchParams.get("to"), go.searchParams.get("path")], [
      rig.origin(),
      "/.gw/go",
      sibling,
      "/x?a=1",
    ]);
    const strict = await rig.ask(`${go.pathname}${go.search}`, { headers: NAVIGATION });
    match(strict.text, /content="0;url=\/\.gw\/go\?[^"]*&#38;again=1"/);
    const ticket = await rig.ask(`${go.pathname}${go.search}`, { token, headers: NAVIGATION });
    const open = new URL(ticket.headers.location!);
    equal(open.origin, sibling);
    const opened = await rig.ask(`${open.pathname}${open.search}`, { origin: sibling, headers: NAVIGATION });
    match(opened.text, /url=\/\.gw\/at\?path=%2Fx%3Fa%3D1/);
    const own = /=([\w-]+);/.exec(String(opened.headers["set-cookie"]))![1]!;
    match((await rig.ask("/x?a=1", { origin: sibling, token: own, headers: NAVIGATION })).text, /port two/);
    const blocked = await rig.ask("/.gw/at?path=%2Fx", { origin: sibling, headers: NAVIGATION });
    deepEqual([blocked.status, /ui\.session\.cookie/.test(blocked.text)], [403, true]);
    const script = await rig.ask("/x", { origin: sibling, headers: { "sec-fetch-site": "same-origin" } });
    equal(script.status, 401, "only a navigation is sent around");
  }, { second });
});

Deno.test("device pages: a port of its own for people who have no DNS, by address, with a cookie of its own name", async () => {
  await withRig(bender().pages, async (rig) => {
    const origin = `https://127.0.0.1:${rig.pages[0]!.ownPort}`;
    const token = await rig.enter("CP001", {}, origin);
    match((await rig.ask("/", { origin, token, headers: NAVIGATION })).text, /Configuration Interface/);
    const byName = `https://gw.lab.example:${rig.pages[0]!.ownPort}`;
    equal((await rig.ask("/", { origin: byName, token })).status, 401, "another name of this box is another origin");
    const rebound = await rig.ask("/", { origin, token, headers: { host: `evil.example:${rig.pages[0]!.ownPort}` } });
    equal(rebound.status, 421, "a name that somebody points here is nobody's");
  }, { ports: true });
});

Deno.test("device pages: with control away nothing changes anything, and with the audit away neither", async () => {
  const sim = bender();
  await withRig(sim.pages, async (rig, asked) => {
    const token = await rig.enter();
    equal((await rig.ask("/", { token })).status, 200);
    const body = JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value: "9" }] });
    const write = () =>
      rig.ask("/v1/app_settings", {
        method: "POST",
        token,
        body,
        headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
      });
    rig.people.auditAway = true;
    const unrecorded = await write();
    deepEqual([unrecorded.status, /ui\.audit\.away/.test(unrecorded.text)], [503, true]);
    rig.people.away = true;
    equal((await write()).status, 503);
    equal((await rig.ask("/", { token })).status, 200, "a page that is open stays so until its deadline");
    equal((await rig.ask("/", { token: "unknown" })).status, 503, "who is unknown cannot be told apart now");
    ok(!asked.some((line) => line.startsWith("POST /v1/app")));
    rig.clock.offset += 1_900_000;
    equal((await rig.ask("/", { token })).status, 503);
    rig.people.away = rig.people.auditAway = false;
    equal((await rig.ask("/", { token })).status, 401);
  });
});

Deno.test("device pages: the door of a device in use offers to take it over", async () => {
  const sim = bender();
  await withRig(sim.pages, async (rig) => {
    const token = await rig.enter();
    rig.people.turn = { allowed: false, why: "spent", since: Date.UTC(2026, 10, 21) };
    const spent = await rig.ask("/", { token, headers: NAVIGATION });
    deepEqual([spent.status, /ui\.door\.spent/.test(spent.text), /take-over/.test(spent.text)], [503, true, false]);
    const taken = await rig.ask("/.gw/take-over", { method: "POST", token, headers: NAVIGATION });
    deepEqual([taken.status, taken.headers.location], [303, "/"]);
    ok(rig.people.calls.includes("device.lease.take"));
  });
});

Deno.test("device pages: who looks on uses the other's way to the device and changes nothing", async () => {
  const sim = bender();
  await withRig(sim.pages, async (rig, asked) => {
    const token = await rig.enter();
    await rig.ask("/", { token });
    const logins = asked.filter((line) => line === "POST /v1/login").length;
    const onlooker = await rig.enter("CP001", { person: "eva", watches: "session-1", capabilities: ["view"] });
    equal((await rig.ask("/", { token: onlooker })).status, 200);
    equal(asked.filter((line) => line === "POST /v1/login").length, logins, "no login of its own");
    const body = JSON.stringify({ params: [{ key: "OperatorCurrentLimit_vehicleif", value: "9" }] });
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
    equal((await rig.ask("/v1/app_settings", { method: "POST", token: onlooker, body, headers })).status, 403);
    await rig.service.handlers!["device.ended"]!({ sessions: ["session-2"], rule: "x" });
    equal((await rig.ask("/", { token })).status, 200, "the other goes on");
    equal(asked.filter((line) => line === "POST /v1/login").length, logins);
  });
});

Deno.test("device pages: refusals of strangers are told with a count", async () => {
  await withRig(bender().pages, async (rig) => {
    for (let at = 0; at < 3; at++) await rig.ask("/", { headers: NAVIGATION });
    await rig.ask("/", { headers: { host: "evil.example" } });
    await rig.service.drain(0);
    await waitFor("the audit", () => rig.people.audited.length === 2);
    const [first, second] = rig.people.audited;
    deepEqual([first!.event, first!.rule, first!.target, first!.detail], [
      "device.request.refused",
      "ui.session.none",
      "CP001",
      { status: 401, count: 3 },
    ]);
    deepEqual([second!.rule, second!.who, second!.source], ["ui.request.name", "unknown", "127.0.0.1"]);
  });
});
