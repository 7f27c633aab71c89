import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { DEVICE_ROLES } from "../../../policies/access_types.ts";
import type { Conversation, DeviceAccount, DeviceRequest, LoginOutcome } from "./driver.ts";
import { readObject, readToken } from "./driver.ts";
import { DRIVERS } from "./mod.ts";

type Answer = readonly [status: number, body?: string, headers?: Readonly<Record<string, readonly string[]>>];

const PASSWORD = "pässword:1";
const ANNA: DeviceAccount = { role: "operator", name: "operator", password: PASSWORD };

/** Plays a device that has these answers by "METHOD target" and 404 for all else; gives what was asked and the end. */
function play<T>(
  conversation: Conversation<T>,
  device: Readonly<Record<string, Answer | ((r: DeviceRequest) => Answer)>>,
) {
  const asked: DeviceRequest[] = [];
  let step = conversation.next();
  while (!step.done) {
    asked.push(step.value);
    const page = device[`${step.value.method} ${step.value.target}`] ?? [404];
    const [status, body = "", headers = {}] = typeof page === "function" ? page(step.value) : page;
    step = conversation.next({ status, body, headers: new Map(Object.entries(headers)) });
  }
  return { asked: asked.map(({ method, target }) => `${method} ${target}`), requests: asked, end: step.value };
}

const login = (driver: string, device: Parameters<typeof play>[1], account = ANNA) =>
  play<LoginOutcome>(DRIVERS.get(driver)!.login(account), device);
const authorization = (request: DeviceRequest) => request.headers?.find(([name]) => name === "authorization")?.[1];
const BASIC = `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`operator:${PASSWORD}`)))}`;

Deno.test("drivers: each is known by its own name and has an account for a role that its pages know", () => {
  for (const [id, driver] of DRIVERS) {
    equal(driver.id, id);
    ok(Object.keys(driver.accounts).every((role) => (DEVICE_ROLES as readonly string[]).includes(role)));
  }
  deepEqual([...DRIVERS.keys()], [...DRIVERS.keys()].sort());
});

Deno.test("bender: by v1 the password never crosses the wire, and the token counts once", () => {
  const hash = createHash("sha256").update(`${PASSWORD}once-1234`).digest("hex");
  const { asked, requests, end } = login("bender", {
    "GET /v1/login": [200, '{"token":"once-1234"}'],
    "POST /v1/login": [200, '{"session_id":"7e1f"}'],
  });
  deepEqual(asked, ["GET /v1/login", "POST /v1/login"]);
  deepEqual(JSON.parse(requests[1]!.body!), { username: "operator", password: hash });
  equal(JSON.stringify(requests).includes(PASSWORD), false);
  deepEqual(end, { outcome: "in", session: { headers: [["authorization", "7e1f"]], memory: "v1" } });
});

Deno.test("bender: a token that stands alone is one too", () => {
  for (const body of ['"once-1234"', "once-1234\n"]) {
    const { asked } = login("bender", { "GET /v1/login": [200, body], "POST /v1/login": [401] });
    deepEqual(asked, ["GET /v1/login", "POST /v1/login"], body);
  }
  equal(login("bender", { "GET /v1/login": [200, "<!doctype html><title>x</title>"] }).end.outcome, "strange");
});

Deno.test("bender: without v1 by Basic for a token that has no scheme", () => {
  const { asked, end } = login("bender", {
    "GET /json/login": (request) => authorization(request) === BASIC ? [200, '{"token":"0b1c-uuid"}'] : [401],
  });
  deepEqual(asked, ["GET /v1/login", "GET /json/login", "GET /json/login"]);
  deepEqual(end, { outcome: "in", session: { headers: [["authorization", "0b1c-uuid"]], memory: "json" } });
});

Deno.test("bender: the old pages by Basic on every request, at both addresses, the manufacturer's on a page of its own", () => {
  for (const path of ["/legacy/operator/operator", "/operator/operator"]) {
    const { end } = login("bender", { [`GET ${path}`]: (request) => authorization(request) === BASIC ? [200] : [401] });
    deepEqual(end, { outcome: "in", session: { headers: [["authorization", BASIC]], memory: path } });
  }
  const { asked } = login("bender", { "GET /operator/operator": [401], "GET /manufacturer/manufacturer": [200] }, {
    ...ANNA,
    role: "manufacturer",
    name: "manufacturer",
  });
  equal(asked.at(-1), "GET /manufacturer/manufacturer");
});

Deno.test("EV-11: a wrong password is one try at the device, never a second one in another dialect", () => {
  const tries = (device: Parameters<typeof play>[1], driver = "bender") => {
    const { requests, end } = login(driver, device);
    equal(end.outcome, "refused", driver);
    return requests.filter((request) => request.body !== undefined || authorization(request)).length;
  };
  equal(
    tries({ "GET /v1/login": [200, '{"token":"once-1234"}'], "POST /v1/login": [401], "GET /json/login": [401] }),
    1,
  );
  equal(tries({ "GET /json/login": [401], "GET /legacy/operator/operator": [401] }), 1);
  equal(tries({ "GET /legacy/operator/operator": [401], "GET /operator/operator": [401] }), 1);
  equal(tries({ "POST /api/v1.0/web/login": [401] }, "charx"), 1);
  equal(tries({ "POST /api/login": [401] }, "alfen"), 1);
  equal(tries({ "POST /v2/jwt/login": [401] }, "keba-p40"), 1);
  equal(tries({ "POST /cgi-bin/cgiServer?worker=Login": [200] }, "evlink-parking"), 1);
  equal(tries({ "GET /": [401, "", { "www-authenticate": ['Basic realm="x"'] }] }, "basic"), 1);
});

Deno.test("charx: a token, an account that is not activated, one that must change its password, a device that waits", () => {
  const path = "POST /api/v1.0/web/login";
  const { end, requests } = login("charx", {
    [path]: [200, '{"token":"a.b.c","role":"operator","passwordChanged":true}'],
  });
  deepEqual(end, { outcome: "in", session: { headers: [["authorization", "Bearer a.b.c"]] } });
  deepEqual(JSON.parse(requests[0]!.body!), { username: "operator", password: PASSWORD, role: "" });
  equal(login("charx", { [path]: [200, '{"token":"a.b.c","passwordChanged":false}'] }).end.outcome, "must-change");
  equal(login("charx", { [path]: [403, "User not activated"] }).end.outcome, "closed");
  equal(login("charx", { [path]: [429] }).end.outcome, "closed");
});

Deno.test("alfen: the login belongs to the connection; a token where the firmware gives one; busy; a comma too many", () => {
  const path = "POST /api/login";
  deepEqual(login("alfen", { [path]: [200] }).end, { outcome: "in", session: { headers: [], connectionBound: true } });
  deepEqual(login("alfen", { [path]: [200, '{"token":"t",}'] }).end, {
    outcome: "in",
    session: { headers: [["authorization", "Bearer t"]], connectionBound: true },
  });
  equal(login("alfen", { [path]: [423] }).end.outcome, "busy");
  const ended = play(DRIVERS.get("alfen")!.logout!({ headers: [["authorization", "Bearer t"]] }), {});
  deepEqual([ended.asked, authorization(ended.requests[0]!)], [["POST /api/logout"], "Bearer t"]);
});

Deno.test("keba: the token for requests, the one for renewal kept", () => {
  deepEqual(login("keba-p40", { "POST /v2/jwt/login": [200, '{"accessToken":"a","refreshToken":"r"}'] }).end, {
    outcome: "in",
    session: { headers: [["authorization", "Bearer a"]], memory: "r" },
  });
});

Deno.test("evlink: what counts is the cookie, since the status is 200 whatever the password", () => {
  const withCookie = (cookie: string) =>
    login("evlink-parking", { "POST /cgi-bin/cgiServer?worker=Login": [200, "", { "set-cookie": ["a=b", cookie] }] });
  const { end, requests } = withCookie("SESSIONID=5d3a; Path=/");
  deepEqual(end, { outcome: "in", session: { headers: [] } });
  equal(new URLSearchParams(requests[0]!.body).get("password"), PASSWORD);
  for (const cookie of ["SESSIONID=; Path=/", "SESSIONID=0", "SESSIONID=deleted", "OTHER=1"]) {
    equal(withCookie(cookie).end.outcome, "refused", cookie);
  }
  const { isLoggedOut } = DRIVERS.get("evlink-parking")!;
  const redirect = (location: string) => isLoggedOut({ status: 302, headers: new Map([["location", [location]]]) });
  equal(redirect("/cgi-bin/cgiServer?worker=Login&lang=en"), true);
  equal(redirect("/cgi-bin/cgiServer?worker=IndexNew"), false);
});

Deno.test("basic: only where the device asks for it", () => {
  const asks = { "www-authenticate": ['Digest realm="d", Basic realm="x"'] };
  const right = (request: DeviceRequest): Answer => authorization(request) === BASIC ? [404] : [401, "", asks];
  deepEqual(login("basic", { "GET /": right }).end, {
    outcome: "in",
    session: { headers: [["authorization", BASIC]] },
  });
  for (const open of [[200], [401, "", { "www-authenticate": ["Digest realm=x"] }]] as const) {
    const { end, asked } = login("basic", { "GET /": open });
    equal(end.outcome, "strange");
    equal(asked.length, 1, "no password goes to a page that does not ask for one");
  }
});

Deno.test("drivers: answers of another kind of device are strange, and say at which step, without content", () => {
  for (const driver of ["alfen", "bender", "charx", "keba-p40", "evlink-parking", "basic"]) {
    const { end } = login(driver, { "GET /": [500, "secret page"], "POST /api/login": [500, "secret page"] });
    if (end.outcome !== "strange") throw new Error(`${driver}: ${end.outcome}`);
    match(end.why, /answered/);
    equal(end.why.includes("secret"), false);
  }
});

Deno.test("drivers: a token that could break out of a header field is none", () => {
  equal(readToken('{"token":"a\\r\\nCookie: b"}', "token"), undefined);
  equal(readToken('{"token":""}', "token"), undefined);
  equal(readToken('{"token":5}', "token"), undefined);
  equal(readToken(JSON.stringify({ token: "x".repeat(4_097) }), "token"), undefined);
  equal(readToken(JSON.stringify({ token: "x".repeat(4_096) }), "token")?.length, 4_096);
});

Deno.test("drivers: JSON with a comma before the end is read, text with one inside stays as it is", () => {
  deepEqual(readObject('{"a":"x,}","b":[1,2,],}'), { a: "x}", b: [1, 2] });
  deepEqual(readObject('{"a":"x,}"}'), { a: "x,}" });
  for (const body of ["", "[1]", "null", "5", "{a:1}"]) equal(readObject(body), undefined, body);
});
