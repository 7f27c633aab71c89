import { equal, match, ok } from "node:assert/strict";
import { ConsoleRig, RIG_TOKEN } from "../../tests/support/console_rig.ts";
import { DOOR_ANSWERS, GARAGE_ANSWERS } from "../../tests/support/console_answers.ts";
import { GatewayError } from "../core/errors.ts";
import { TOKEN_COOKIE } from "./http/security.ts";
import { CONSOLE_LIMITS } from "./limits.ts";

const signedIn = () => new ConsoleRig({ answers: GARAGE_ANSWERS });

Deno.test("console: healthz answers while control is away, readyz does not", async () => {
  const rig = new ConsoleRig({ isOut: true });
  equal((await rig.get("/healthz")).status, 200);
  const ready = await rig.get("/readyz");
  equal(ready.status, 503);
  equal(await ready.text(), '{"ready":false}');
});

Deno.test("console: readyz says ready and no names of Workers", async () => {
  const rig = new ConsoleRig({ isOut: true, answers: { "health.summary": { ready: true, workers: { secret: {} } } } });
  const response = await rig.get("/readyz", { host: "anything.example" });
  equal(response.status, 200);
  equal(await response.text(), '{"ready":true}');
});

Deno.test("console: every answer forbids framing, inline scripts and foreign sources", async () => {
  const rig = signedIn();
  for (const path of ["/", "/login", "/healthz", "/nothing", "/assets/console.css", "/api/v1/nothing"]) {
    const { headers } = await rig.get(path);
    const policy = headers.get("content-security-policy") ?? "";
    match(policy, /default-src 'none'.*frame-ancestors 'none'/, path);
    equal(policy.includes("unsafe"), false, path);
    equal(headers.get("x-frame-options"), "DENY");
    match(headers.get("strict-transport-security") ?? "", /max-age=31536000/);
  }
});

Deno.test("console: pages are kept by nobody, assets for ever under their present name", async () => {
  const rig = signedIn();
  const page = await rig.get("/");
  equal(page.headers.get("cache-control"), "no-store");
  const paths = [...(await page.text()).matchAll(/"(\/assets\/[^"]+\?v=[^"]+)"/g)].map(([, path]) => path!);
  ok(paths.length >= 3);
  for (const path of paths) {
    const asset = await rig.get(path);
    equal(asset.status, 200, path);
    match(asset.headers.get("cache-control") ?? "", /immutable/);
    const again = await rig.get(path, { "if-none-match": asset.headers.get("etag")! });
    equal(again.status, 304);
  }
  match((await rig.get("/assets/console.css?v=old")).headers.get("cache-control") ?? "", /max-age=3600$/);
  equal((await rig.get("/assets/..%2fservice.ts")).status, 404);
});

Deno.test("console: another name than its own is refused before anything is looked at (DNS rebinding)", async () => {
  const rig = signedIn();
  const refused = await rig.get("/", { host: "attacker.example" });
  equal(refused.status, 421);
  match(await refused.text(), /console\.host/);
  equal(rig.asked.length, 0);
  for (
    const host of [
      "gw.garage-12.example:8443",
      "localhost:8443",
      "10.99.0.2:8443",
      "[fd00::1]:8443",
      "GW.garage-12.EXAMPLE",
    ]
  ) {
    equal((await rig.get("/", { host })).status, 200, host);
  }
});

Deno.test("console: a form without our token, or from another site, changes nothing", async () => {
  const rig = signedIn();
  const ack = { kind: "a", subject: "b" };
  const cases: readonly [string, Record<string, string>, Record<string, string>][] = [
    ["console.form-token", { ...ack, _token: "" }, {}],
    ["console.form-token", { ...ack, _token: "BBBBBBBBBBBBBBBBBBBBBB" }, {}],
    ["console.form-token", ack, { cookie: "" }],
    ["console.origin", ack, { origin: "https://evil.example" }],
    ["console.origin", ack, { origin: "null" }],
    ["console.origin", ack, { origin: "http://gw.garage-12.example" }],
    ["console.origin", ack, { "sec-fetch-site": "cross-site" }],
    ["console.origin", ack, { "sec-fetch-site": "same-site" }],
  ];
  for (const [rule, fields, headers] of cases) {
    const response = await rig.post("/alarms/acknowledge", fields, headers);
    equal(response.status, 403);
    match(await response.text(), new RegExp(rule.replace(".", "\\.")));
  }
  equal(rig.asked.length, 0);
  equal((await rig.post("/alarms/acknowledge", ack)).status, 303);
});

Deno.test("console: a cross-site JSON post is refused like a form", async () => {
  const rig = signedIn();
  const response = await rig.app.request("https://gw.garage-12.example/alarms/acknowledge", {
    method: "POST",
    body: JSON.stringify({ _token: RIG_TOKEN }),
    headers: {
      "host": "gw.garage-12.example",
      "content-type": "application/json",
      "cookie": `${TOKEN_COOKIE}=${RIG_TOKEN}`,
    },
  });
  equal(response.status, 403);
  equal(rig.asked.length, 0);
});

Deno.test("console: a body of the limit is read, one byte more is refused", async () => {
  const rig = signedIn();
  const rest = new URLSearchParams({ _token: RIG_TOKEN, kind: "a", subject: "b", more: "" }).toString().length;
  const fill = (bytes: number) => ({ kind: "a", subject: "b", more: "x".repeat(bytes - rest) });
  const length = (bytes: number) => ({ "content-length": String(bytes) });
  const at = CONSOLE_LIMITS.bodyBytes;
  equal((await rig.post("/alarms/acknowledge", fill(at), length(at))).status, 303);
  const refused = await rig.post("/alarms/acknowledge", fill(at + 1), length(at + 1));
  equal(refused.status, 413);
  match(await refused.text(), /console\.body-size/);
});

Deno.test("console: who is not signed in is sent to the door and back to where he wanted", async () => {
  const rig = new ConsoleRig({ isOut: true, answers: GARAGE_ANSWERS });
  const response = await rig.get("/stations/CP005");
  equal(response.status, 303);
  equal(response.headers.get("location"), "/login?next=%2Fstations%2FCP005");
  equal((await rig.get("/stations", { accept: "application/json" })).status, 401);
  const partly = await rig.get("/stations", { "hx-request": "true" });
  equal(partly.headers.get("hx-redirect"), "/login?next=%2Fstations");
});

Deno.test("console: an ended session loses its cookie and says why", async () => {
  const ended = () => Promise.reject(new GatewayError("SESSION_ENDED", "over"));
  const rig = new ConsoleRig({ answers: { "people.session.check": ended } });
  const response = await rig.get("/");
  equal(response.headers.get("location"), "/login?why=ended");
  match(response.headers.get("set-cookie") ?? "", /__Host-bulkhead-session=;.*Max-Age=0/);
});

Deno.test("console: a login that is not finished goes on where it stands", async () => {
  for (
    const [stage, path] of [
      ["second-factor", "/login/factor"],
      ["change-password", "/login/password"],
      ["enrol-factor", "/login/enrol"],
    ] as const
  ) {
    const rig = new ConsoleRig({ answers: { ...DOOR_ANSWERS, ...GARAGE_ANSWERS }, session: { stage } });
    equal((await rig.get("/stations")).headers.get("location"), path);
  }
});

Deno.test("EV-14: pages and the activity script count as activity, live updates do not", async () => {
  const rig = signedIn();
  await rig.get("/stations");
  equal((await rig.post("/activity", {})).status, 204);
  const live = await rig.get("/live/dashboard");
  await live.body?.cancel();
  const flags = rig.askedOf("people.session.check").map(({ activity }) => activity);
  equal(flags.slice(0, 2).every((flag) => flag === true), true);
  equal(flags.slice(2).every((flag) => flag === false), true);
  ok(flags.length >= 3);
});

Deno.test("console: a page that the role does not allow names the rule and whom to ask", async () => {
  const rig = new ConsoleRig({ answers: GARAGE_ANSWERS, may: [] });
  const response = await rig.get("/stations");
  equal(response.status, 403);
  const text = await response.text();
  match(text, /roles\.command-stations/);
  match(text, /ask an administrator/);
  const machine = await rig.get("/stations", { accept: "application/json" });
  equal(machine.headers.get("content-type"), "application/problem+json");
});

Deno.test("console: an unknown page is a 404, as a page for people and as a problem for machines", async () => {
  const rig = signedIn();
  equal((await rig.get("/admin")).status, 404);
  const problem = await rig.get("/admin", { accept: "*/*" });
  equal(problem.headers.get("content-type"), "application/problem+json");
  equal((await problem.json()).rule, "console.path");
});

Deno.test("console: the language follows the browser until it is chosen, and leads back", async () => {
  const rig = new ConsoleRig({ isOut: true, answers: DOOR_ANSWERS });
  match(await rig.text("/login", { "accept-language": "de-AT,en;q=0.5" }), /<html lang="de"/);
  match(await rig.text("/login", { "accept-language": "fr" }), /<html lang="en"/);
  const chosen = await rig.get("/language/de?back=/login");
  equal(chosen.headers.get("location"), "/login");
  match(chosen.headers.get("set-cookie") ?? "", /__Host-bulkhead-language=de/);
  for (const evil of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
    const { headers } = await rig.get(`/language/de?back=${encodeURIComponent(evil)}`);
    equal(headers.get("location"), "/", evil);
  }
});

Deno.test("console: control that is away is said as such, and loses nobody's session", async () => {
  const away = () => Promise.reject(new GatewayError("RPC_PEER_GONE", "control was restarted"));
  const rig = new ConsoleRig({ answers: { "people.session.check": away } });
  const response = await rig.get("/");
  equal(response.status, 503);
  equal((response.headers.get("set-cookie") ?? "").includes("session=;"), false);
});
