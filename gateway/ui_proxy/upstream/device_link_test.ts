import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Readable } from "node:stream";
import { makeTestCertificate } from "../../../tests/support/test_ca.ts";
import { waitFor } from "../../../tests/support/wait_for.ts";
import { GatewayError } from "../../core/errors.ts";
import { alfenPages } from "../../demo/controllers/alfen.ts";
import { BenderPages } from "../../demo/controllers/bender.ts";
import { charxPages } from "../../demo/controllers/charx.ts";
import { evlinkPages } from "../../demo/controllers/evlink_parking.ts";
import { kebaPages } from "../../demo/controllers/keba_p40.ts";
import { basicPages, formPages, guidedPages } from "../../demo/controllers/plain_devices.ts";
import { formMacroDriver } from "../drivers/form_macro.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { FakeControl, withLink } from "./testing/link_rig.ts";

const ADMIN = { name: "admin", password: "right" };
const BENDER = { operator: "right", manufacturer: "strong" };

Deno.test("device link: logs in at the first request, once for all that wait, and never shows the login", async () => {
  const bender = new BenderPages({ passwords: BENDER, dialects: ["v1", "json", "legacyForm"] });
  await withLink(bender.pages, { driver: "bender" }, async ({ device, get, control }) => {
    const texts = await Promise.all([1, 2, 3, 4].map(() => get("/v1/app_settings")));
    for (const text of texts) match(text, /ChargePointID_ocpp/);
    equal(device.asked.filter((line) => line === "POST /v1/login").length, 1);
    deepEqual(control.ends, ["in"]);
    ok(device.connections() <= UI_PROXY_LIMITS.deviceSockets);
  });
});

Deno.test("device link: each dialect of a Bender, each family's way", async () => {
  for (const dialect of ["v1", "json"] as const) {
    const bender = new BenderPages({ passwords: BENDER, dialects: [dialect] });
    const path = dialect === "v1" ? "/v1/app_settings" : "/json/settings.json";
    await withLink(bender.pages, { driver: "bender" }, async ({ get }) => match(await get(path), /ChargePointID/));
  }
  const legacy = new BenderPages({ passwords: BENDER, dialects: ["legacyForm"] });
  await withLink(legacy.pages, { driver: "bender" }, async ({ get }) => {
    match(await get("/legacy/operator/operator"), /Legacy operator/);
  });
  await withLink(charxPages(BENDER).pages, { driver: "charx" }, async ({ get }) => {
    match(await get("/api/v1.0/web/system"), /"role":"operator"/);
  });
  await withLink(
    evlinkPages({ admin: "right" }).pages,
    { driver: "evlink-parking", account: ADMIN },
    async ({ get }) => {
      match(await get("/cgi-bin/cgiServer?worker=IndexNew"), /Cluster/);
    },
  );
  await withLink(basicPages({ operator: "right" }).pages, { driver: "basic" }, async ({ get }) => {
    match(await get("/settings"), /Basic controller/);
  });
});

Deno.test("device link: what the device's answers say of its clock is told once, and nothing stops when it cannot be told", async () => {
  await withLink(basicPages({ operator: "right" }).pages, { driver: "basic" }, async ({ get, control, time }) => {
    for (let count = 0; count < 3; count++) match(await get("/settings"), /Basic controller/);
    const [offset] = control.clocks;
    ok(Math.abs(offset! - (Date.now() - time.now()) / 1_000) < 5, `${offset} s`);
    equal(control.clocks.length, 1);
  });
});

Deno.test("device link: a site's own form is data", async () => {
  const driver = formMacroDriver({
    id: "site-made",
    title: "x",
    formPath: "/login",
    nameField: "user",
    passwordField: "pass",
    success: { status: [302], cookie: "SID", location: "/home" },
    loggedOutLocation: "/login",
    accounts: { installer: "admin" },
  });
  const sim = formPages({ admin: "right" });
  await withLink(sim.pages, { driver, role: "installer", account: ADMIN }, async ({ get, control, time }) => {
    match(await get("/home"), /Form controller/);
    sim.expire();
    time.advance(UI_PROXY_LIMITS.loginPauseMs);
    match(await get("/home"), /Form controller/);
    deepEqual(control.ends, ["in", "in"]);
  });
});

Deno.test("device link: a login that the device ended is made once more for what changes nothing, and never for a write", async () => {
  const charx = charxPages(BENDER);
  await withLink(charx.pages, { driver: "charx" }, async ({ device, get, post, control, time }) => {
    const logins = () => device.asked.filter((line) => line.startsWith("POST /api/v1.0/web/login")).length;
    match(await get("/api/v1.0/web/a"), /operator/);
    charx.expire();
    time.advance(UI_PROXY_LIMITS.loginPauseMs);
    match(await get("/api/v1.0/web/b"), /operator/);
    equal(logins(), 2);
    charx.expire();
    time.advance(UI_PROXY_LIMITS.loginPauseMs);
    const before = device.asked.length;
    equal(await post("/api/v1.0/web/network", "{}"), "ui.door.logged-out");
    equal(device.asked.length, before + 1, "the write went out once");
    match(await get("/api/v1.0/web/c"), /operator/);
    deepEqual(control.ends, ["in", "in", "in"]);
  });
});

Deno.test("device link: a page that is refused right after a login is the role's, and costs no login after login", async () => {
  const pages = charxPages(BENDER);
  const refusing: typeof pages.pages = (request) =>
    request.path.endsWith("/secret") ? { status: 401 } : pages.pages(request);
  await withLink(refusing, { driver: "charx" }, async ({ device, get }) => {
    equal(await get("/api/v1.0/web/secret"), "ui.door.role");
    equal(await get("/api/v1.0/web/secret"), "ui.door.role");
    equal(device.asked.filter((line) => line.includes("login")).length, 1);
  });
});

Deno.test("EV-11: a refused login is not tried again by the next request, and control counts it", async () => {
  const charx = charxPages(BENDER);
  await withLink(charx.pages, { driver: "charx", account: { name: "operator", password: "wrong" } }, async (rig) => {
    for (let count = 0; count < 5; count++) equal(await rig.get("/api/v1.0/web/a"), "ui.door.refused");
    equal(charx.accounts.wrongTries, 1);
    deepEqual(rig.control.ends, ["refused"]);
    rig.time.advance(UI_PROXY_LIMITS.loginPauseMs);
    rig.control.turn = { allowed: false, why: "spent", since: 5 };
    equal(await rig.get("/api/v1.0/web/a"), "ui.door.spent");
    equal(charx.accounts.wrongTries, 1);
  });
});

Deno.test("device link: outcomes of a login are doors: closed, must change, no account, strange, nothing sent", async () => {
  const door = async (pages: Parameters<typeof withLink>[0], driver: string) => {
    let rule = "";
    await withLink(pages, { driver }, async ({ get, control }) => {
      rule = `${await get("/api/v1.0/web/a")} ${control.ends}`;
    });
    return rule;
  };
  equal(await door(charxPages(BENDER, { activated: [] }).pages, "charx"), "ui.door.closed closed");
  equal(await door(charxPages(BENDER, { unchanged: ["operator"] }).pages, "charx"), "ui.door.must-change must-change");
  equal(await door(() => ({ status: 500 }), "bender"), "ui.door.strange strange");
  equal(await door(() => ({ status: 500 }), "charx"), "ui.door.strange unknown", "a password went out: it counts");
  await withLink(() => ({ status: 200 }), { driver: "charx" }, async ({ get, control, device }) => {
    control.turn = { allowed: false, why: "no-account" };
    equal(await get("/"), "ui.door.no-account");
    control.turn = { allowed: false, why: "waiting" };
    equal(await get("/"), "ui.door.waiting");
    deepEqual(device.asked, []);
  });
});

Deno.test("device link: control away or the session over: nothing reaches the device", async () => {
  await withLink(() => ({ status: 200 }), { driver: "charx" }, async ({ get, control, device, link }) => {
    control.fails = new GatewayError("RPC_PEER_GONE", "gone");
    equal(await get("/"), "ui.door.control");
    control.fails = new GatewayError("ACCESS_REFUSED", "over");
    equal(await get("/"), "ui.door.ended");
    control.fails = undefined;
    await link.close();
    equal(await get("/"), "ui.door.ended");
    deepEqual(device.asked, []);
  });
});

Deno.test("device link: a device that is not there is a door", async () => {
  const charx = charxPages(BENDER);
  await withLink(charx.pages, { driver: "charx" }, async ({ device, get, control }) => {
    await device.close();
    equal(await get("/"), "ui.door.unreachable");
    deepEqual(control.ends, ["unreachable"]);
  });
});

Deno.test("alfen: the login is in the connection; a write ends it, the next request logs in again", async () => {
  const alfen = alfenPages({ admin: "right" });
  await withLink(
    alfen.pages,
    { driver: "alfen", account: ADMIN, role: "installer" },
    async ({ device, get, post, time }) => {
      const logins = () => device.asked.filter((line) => line === "POST /api/login").length;
      match(await get("/api/prop"), /2129_0/);
      match(await get("/api/prop"), /,\}$/);
      equal(device.connections(), 1);
      equal(await post("/api/prop", '{"2129_0":{"id":"2129_0","value":10}}'), "");
      equal(alfen.properties.get("2129_0"), 10);
      await waitFor("the device to end the connection", () => !alfen.isTaken());
      time.advance(UI_PROXY_LIMITS.loginPauseMs);
      match(await get("/api/prop"), /"value":10/);
      equal(logins(), 2);
    },
  );
});

Deno.test("alfen: one session: the second person meets who has it, takes over, and no login bleeds between connections", async () => {
  const alfen = alfenPages({ admin: "right" });
  await withLink(
    alfen.pages,
    { driver: "alfen", account: ADMIN, role: "installer" },
    async ({ link, another, get }) => {
      match(await get("/api/prop"), /2129_0/);
      const control = new FakeControl();
      control.turn = { allowed: true, attempt: "1", account: ADMIN };
      control.lease = { held: false, person: "anna", since: 7 };
      const ben = another(control);
      const shut = await ben.request({ method: "GET", target: "/api/prop", headers: [], bodyLength: 0 });
      deepEqual(shut.kind === "door" && shut.door, {
        rule: "ui.door.in-use",
        status: 409,
        facts: { person: "anna", since: 7 },
      });
      await link.lose("ben"); // control calls this before it answers
      equal(alfen.isTaken(), false, "logged out before the other logs in");
      await ben.takeOver();
      match(await get("/api/prop", ben), /2129_0/);
      equal(await get("/api/prop"), "ui.door.taken");
      await ben.close();
      await link.takeOver();
      match(await get("/api/prop"), /2129_0/);
    },
  );
});

Deno.test("alfen: somebody past the gateway has the one session: busy, and no password is tried again at once", async () => {
  const alfen = alfenPages({ admin: "right" });
  await withLink(
    alfen.pages,
    { driver: "alfen", account: ADMIN, role: "installer" },
    async ({ another, get, device, control }) => {
      match(await get("/api/prop"), /2129_0/);
      const ben = another();
      equal(await get("/api/prop", ben), "ui.door.busy");
      equal(await get("/api/prop", ben), "ui.door.busy");
      equal(device.asked.filter((line) => line === "POST /api/login").length, 2);
      deepEqual(control.ends, ["in", "busy"]);
    },
  );
});

Deno.test("keba: a token that ran out is renewed without the password; when that ends too, one login", async () => {
  const keba = kebaPages({ admin: "right" });
  await withLink(
    keba.pages,
    { driver: "keba-p40", account: ADMIN, role: "installer" },
    async ({ device, get, control, time }) => {
      match(await get("/v2/wallboxes"), /12345678/);
      keba.expire();
      time.advance(UI_PROXY_LIMITS.loginPauseMs);
      match(await get("/v2/wallboxes"), /12345678/);
      deepEqual(device.asked.filter((line) => line.includes("jwt")), ["POST /v2/jwt/login", "POST /v2/jwt/refresh"]);
      keba.restart();
      time.advance(UI_PROXY_LIMITS.loginPauseMs);
      match(await get("/v2/wallboxes"), /12345678/);
      deepEqual(control.ends, ["in", "in"]);
    },
  );
});

Deno.test("guided: the person logs in on the page itself, cookies stay in the session's jar", async () => {
  const { pages } = guidedPages({ admin: "right" });
  await withLink(pages, { driver: "guided" }, async ({ get, post, control }) => {
    const csrf = /value="([^"]+)"/.exec(await get("/login"))![1]!;
    const form = new URLSearchParams({ csrf, user: "admin", pass: "right" }).toString();
    equal(await post("/login?step=1", form, "application/x-www-form-urlencoded"), "");
    match(await get("/home"), /Form controller/);
    deepEqual(control.told, []);
  });
});

Deno.test("BC-10: another certificate than the approved one is a door with its fingerprint, told to control, until a person approves", async () => {
  const approved = makeTestCertificate({ subject: [["CN", "station"]], purposes: null });
  const changed = makeTestCertificate({ subject: [["CN", "station"]], purposes: null });
  const bender = new BenderPages({ passwords: BENDER, dialects: ["v1"] });
  await withLink(
    bender.pages,
    { driver: "bender", listen: { certificate: changed } },
    async ({ link, get, control, device }) => {
      control.pin = btoa(String.fromCharCode(...approved.der));
      const shut = await link.request({ method: "GET", target: "/", headers: [], bodyLength: 0 });
      equal(shut.kind === "door" && shut.door.rule, "ui.door.pin");
      match(String(shut.kind === "door" && shut.door.facts["fingerprint"]), /^[0-9a-f]{64}$/);
      deepEqual(device.asked, [], "no byte of HTTP");
      deepEqual(control.ends, ["unreachable"], "no password went out");
      ok(control.told.includes("device.pin.presented der"));
      control.pin = undefined; // none was ever approved: nothing is
      equal(await get("/"), "ui.door.pin");
      control.pin = btoa(String.fromCharCode(...changed.der));
      match(await get("/"), /Configuration Interface/);
    },
  );
});

Deno.test("device link: a body that breaks off breaks off the request, the device gets no part for all", async () => {
  const charx = charxPages(BENDER);
  await withLink(charx.pages, { driver: "charx" }, async ({ link, get }) => {
    match(await get("/api/v1.0/web/a"), /operator/);
    const body = new Readable({ read() {} });
    body.push("PART");
    const asked = link.request({
      method: "POST",
      target: "/api/v1.0/web/update2-upload-stream",
      headers: [],
      bodyLength: 100,
    }, body);
    body.destroy(new Error("the browser went away"));
    const shut = await asked;
    equal(shut.kind === "door" && shut.door.rule, "ui.door.unreachable");
    deepEqual(charx.uploads, []);
  });
});

Deno.test("device link: a body goes on with its length, as it is", async () => {
  const charx = charxPages(BENDER);
  await withLink(charx.pages, { driver: "charx" }, async ({ post }) => {
    const image = "x".repeat(300_000);
    match(await post("/api/v1.0/web/update2-upload-stream", image), /300000/);
    deepEqual(charx.uploads.map(({ length }) => length), [300_000]);
  });
});

Deno.test("device link: what a device lists of its settings is read once, beside the person's requests, and only when nobody knows it", async () => {
  const bender = new BenderPages({ passwords: BENDER, dialects: ["v1"] });
  await withLink(bender.pages, { driver: "bender" }, async ({ get, control, device }) => {
    control.isUnlearned = true;
    match(await get("/v1/app_settings"), /ChargePointID/);
    await waitFor("the list", () => control.learned !== undefined);
    deepEqual(control.learned!.map(({ key }) => key), [
      ...["RCMBDelta", "SSHAccessUsb", "NewKeyOfThisFirmware"],
      ...["OperatorCurrentLimit_vehicleif", "OperatorPwdPlain_custom", "NewItem_custom"],
    ]);
    match(await get("/v1/app_settings"), /ChargePointID/);
    equal(device.asked.filter((line) => line.includes("/doc/")).length, 2);
  });
  const known = new BenderPages({ passwords: BENDER, dialects: ["v1"] });
  await withLink(known.pages, { driver: "bender" }, async ({ get, device }) => {
    match(await get("/v1/app_settings"), /ChargePointID/);
    equal(device.asked.some((line) => line.includes("/doc/")), false);
  });
});
