import { deepEqual, equal, match } from "node:assert/strict";
import { alfenPages } from "../../demo/controllers/alfen.ts";
import type { Conversation, DeviceRequest, DeviceResponse, DeviceSession } from "./driver.ts";
import { changeOf, type DriverOperations } from "./operations.ts";
import { DRIVERS } from "./mod.ts";

type Answer = readonly [status: number, body?: string, headers?: Readonly<Record<string, string>>];
type Device = (request: DeviceRequest) => Answer;

/** Plays a device; gives what it was asked and the end. */
function play<T>(conversation: Conversation<T>, device: Device) {
  const requests: DeviceRequest[] = [];
  let step = conversation.next();
  while (!step.done) {
    requests.push(step.value);
    const [status, body = "", headers = {}] = device(step.value);
    const fields = new Map(Object.entries(headers).map(([name, value]) => [name, [value]] as const));
    step = conversation.next({ status, body, headers: fields });
  }
  return { requests, asked: requests.map(({ method, target }) => `${method} ${target}`), end: step.value };
}

const operations = (driver: string): DriverOperations => DRIVERS.get(driver)!.operations ?? {};
const session = (memory?: string): DeviceSession => ({
  headers: [["authorization", "t0k"]],
  ...memory === undefined ? {} : { memory },
});
const account = (role: "installer" | "manufacturer" | "operator" | "user") => ({
  role,
  name: role,
  password: "Old-1aaaa",
});

const ANSWERS: readonly [status: number, body: string, outcome: string][] = [
  [200, "", "done"],
  [204, "", "done"],
  [200, '{"status":"ok"}', "done"],
  [200, '{"status":"installing"}', "done"],
  [200, '{"error":null,"result":"OK"}', "done"],
  [200, '{"error":""}', "done"],
  [200, "<html>welcome</html>", "done"],
  [200, '{"error":"no"}', "rejected"],
  [200, '{"errors":[{}]}', "rejected"],
  [200, '{"success":false}', "rejected"],
  [200, '{"ok":false}', "rejected"],
  [200, '{"status":"failed"}', "rejected"],
  [200, '{"result":"NOK"}', "rejected"],
  [200, '{"status":"Error: too short"}', "rejected"],
  [200, "Error: wrong password", "rejected"],
  [200, "denied", "rejected"],
  [400, "", "rejected"],
  [401, "", "rejected"],
  [403, "", "rejected"],
  [422, "", "rejected"],
  [404, "", "unsupported"],
  [405, "", "unsupported"],
  [501, "", "unsupported"],
  [302, "", "strange"],
  [500, "", "strange"],
  [599, '{"status":"ok"}', "strange"],
];
for (const [status, body, outcome] of ANSWERS) {
  Deno.test(`changes: ${status} ${body.slice(0, 30)} is ${outcome}`, () => {
    const change = changeOf({ status, body }, "POST /x");
    equal(change.outcome, outcome);
    equal(JSON.stringify(change).includes("too short"), false, "nothing of the device's text goes on");
  });
}

Deno.test("bender: a password is one setting in the dialect of the login, never in a query", () => {
  const { set } = operations("bender").password!;
  const change = (memory: string, role: "operator" | "user" = "operator") =>
    play(set({ session: session(memory), account: account(role), next: "New-1aaaa" }), () => [200]);
  const json = change("json");
  deepEqual(json.asked, ["POST /json/settings.json"]);
  deepEqual(JSON.parse(json.requests[0]!.body!), { params: [{ key: "OperatorPwdPlain_custom", value: "New-1aaaa" }] });
  const form = change("/operator/operator", "user");
  deepEqual(form.asked, ["POST /operator/operator"]);
  equal(form.requests[0]!.body, "UserPwdPlain_custom=New-1aaaa&SUBMITTYPE=0d");
});

Deno.test("bender: by v1 the settings are written where v1 has them, else where the dialect before has", () => {
  const { settings } = operations("bender").write!;
  const both = play(
    settings(session("v1"), [["A_custom", "1"]]),
    ({ target }) => target.startsWith("/v1") ? [404] : [200],
  );
  deepEqual([both.asked, both.end.outcome], [["POST /v1/app_settings", "POST /json/settings.json"], "done"]);
  const refused = play(settings(session("v1"), [["A_custom", "1"]]), () => [403]);
  deepEqual(
    [refused.asked, refused.end.outcome],
    [["POST /v1/app_settings"], "rejected"],
    "a refusal is not gone around",
  );
  const none = play(settings(session("v1"), [["A_custom", "1"]]), () => [404]);
  equal(none.end.outcome, "unsupported");
});

Deno.test("bender: no dialect has a way for the installer, the old form none for the manufacturer", () => {
  const { set } = operations("bender").password!;
  for (const [memory, role] of [["v1", "installer"], ["json", "installer"], ["/x/y", "manufacturer"]] as const) {
    const { asked, end } = play(set({ session: session(memory), account: account(role), next: "x" }), () => [200]);
    deepEqual([asked, end.outcome], [[], "unsupported"]);
  }
});

const READS: readonly [what: string, body: string, settings: readonly (readonly [string, string])[] | "strange"][] = [
  ["an object", '{"A_custom":"1","B_custom":2,"C_custom":true}', [["A_custom", "1"], ["B_custom", "2"], [
    "C_custom",
    "true",
  ]]],
  ["a list", '{"params":[{"key":"A_custom","value":"1"},null,{"value":"x"},{"key":"B","value":null}]}', [[
    "A_custom",
    "1",
  ]]],
  ["another list", '{"settings":[{"key":"A_custom","value":"1"}]}', [["A_custom", "1"]]],
  ["nothing", "{}", "strange"],
  ["no JSON", "<html>", "strange"],
  ["only objects", '{"A":{}}', "strange"],
];
for (const [what, body, wanted] of READS) {
  Deno.test(`bender: settings as ${what} are ${wanted === "strange" ? "not those of this device" : "read"}`, () => {
    const { end, asked } = play(operations("bender").read!.settings(session("json")), () => [200, body]);
    deepEqual(asked, ["GET /json/settings.json"]);
    deepEqual(end.outcome === "read" ? end.settings : end.outcome, wanted);
  });
}

Deno.test("bender: the fields of the old page are its settings: boxes, lists, choices", () => {
  const html = `<form><input type="hidden" name="SUBMITTYPE" value="0d"><input name="A_ocpp" value="x &amp; y">
    <input type="checkbox" name="B_ocpp" checked><input type="checkbox" name="C_ocpp">
    <select name="D_ocpp"><option value="1">one<option value="2" selected>two</select>
    <input type="radio" name="E_ocpp" value="a"><input type="radio" name="E_ocpp" value="b" checked>
    <input type="password" name="Pwd_custom" value=""><input type="submit" name="go" value="Save"></form>`;
  const { end } = play(operations("bender").read!.settings(session("/operator/operator")), () => [200, html]);
  deepEqual(end.outcome === "read" && Object.fromEntries(end.settings), {
    A_ocpp: "x & y",
    B_ocpp: "on",
    C_ocpp: "off",
    D_ocpp: "2",
    E_ocpp: "b",
  });
  equal(play(operations("bender").read!.settings(session("json")), () => [401]).end.outcome, "strange");
});

Deno.test("charx: the password goes with the old one and the role; the answer counts, whatever its status", () => {
  const { set } = operations("charx").password!;
  const change = (answer: Answer) =>
    play(set({ session: session(), account: account("operator"), next: "New-1aaaa" }), () => answer);
  const { requests, end } = change([200, '{"status":"ok"}']);
  deepEqual(JSON.parse(requests[0]!.body!), {
    username: "operator",
    password: "Old-1aaaa",
    password_new: "New-1aaaa",
    role: "operator",
  });
  equal(end.outcome, "done");
  equal(change([200, '{"error":"password too short"}']).end.outcome, "rejected");
});

Deno.test("charx: an image is installed by a name that is plain; a page in the place of a file is none", () => {
  const { firmware, logs } = operations("charx");
  const { requests } = play(firmware!.install!(session(), "fw-1.2.raucb"), () => [200]);
  deepEqual([requests[0]!.target, requests[0]!.body], ["/api/v1.0/web/update2-install", '{"filename":"fw-1.2.raucb"}']);
  equal(firmware!.taken({ status: 200, body: '{"error":"no space"}', headers: new Map() }).outcome, "rejected");
  const isFile = (status: number, type?: string) =>
    "isFile" in logs! &&
    logs.isFile({ status, headers: new Map(type === undefined ? [] : [["content-type", [type]]]) });
  deepEqual([isFile(200, "application/zip"), isFile(200)], [true, true]);
  deepEqual(
    [isFile(200, "text/html; charset=utf-8"), isFile(200, "application/json"), isFile(404, "application/zip")],
    [
      false,
      false,
      false,
    ],
  );
});

/** A simulated device of one connection, for a conversation. */
function simulated(pages: ReturnType<typeof alfenPages>["pages"]): Device {
  const connection = {};
  return ({ method, target, body = "" }) => {
    const url = new URL(target, "http://device.invalid");
    const answer = pages({
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: {},
      body,
      sha256: "",
      connection,
    });
    return [answer.status, answer.body ?? ""];
  };
}

Deno.test("alfen: properties of all categories and pages, with a comma too many; the log to its end", () => {
  const alfen = alfenPages({ admin: "right" });
  for (const id of ["2068_0", "205B_1", "2124_A"]) alfen.properties.set(id, 5);
  const device = simulated(alfen.pages);
  device({ method: "POST", target: "/api/login", body: '{"username":"admin","password":"right"}' });
  const { end, asked } = play(operations("alfen").read!.settings(session()), device);
  deepEqual(end.outcome === "read" && end.settings.map(([id]) => id), [
    "2129_0",
    "2059_0",
    "2068_0",
    "205B_1",
    "2124_A",
  ]);
  deepEqual(asked.filter((line) => line.includes("generic")).map((line) => line.split("offset=")[1]), ["0", "2", "4"]);
  const { logs } = operations("alfen");
  const log = "collect" in logs! ? play(logs.collect(session()), device).end : undefined;
  equal(log?.outcome === "text" && log.text.split("\n").length, 4);
});

const STRANGE: readonly [what: string, device: Device, why: RegExp][] = [
  ["no categories", () => [200, "{}"], /categories/],
  ["a refusal", () => [401], /answered 401/],
  [
    "pages without properties",
    ({ target }) => target.includes("prop") ? [200, "[]"] : [200, '{"categories":["a"]}'],
    /properties/,
  ],
];
for (const [what, device, why] of STRANGE) {
  Deno.test(`alfen: ${what} is no answer of this device`, () => {
    const { end } = play(operations("alfen").read!.settings(session()), device);
    match(end.outcome === "strange" ? end.why : end.outcome, why);
  });
}

Deno.test("alfen: a category that nobody could mean is not asked for, and a device that repeats itself is left", () => {
  const device: Device = ({ target }) =>
    target === "/api/categories"
      ? [200, '{"categories":["a/../b", 5, "ok"]}']
      : [200, '{"properties":[{"id":"2129_0","value":1},{"id":"bad id","value":1},{"id":"2130_0"}],"total":999}'];
  const conversation = operations("alfen").read!.settings(session());
  let step = conversation.next(), count = 0;
  while (!step.done && count < 20) {
    const [status, body = ""] = device(step.value);
    equal(step.value.target.includes(".."), false);
    step = conversation.next({ status, body, headers: new Map() } as DeviceResponse);
    count++;
  }
  equal(count, 20, "the operator's limit of requests ends it");
});

Deno.test("alfen: a write is one request, a restart one command", () => {
  const { write, reboot } = operations("alfen");
  const written = play(write!.settings(session(), [["2129_0", "16"]]), () => [200]);
  deepEqual(JSON.parse(written.requests[0]!.body!), { "2129_0": { id: "2129_0", value: "16" } });
  const restarted = play(reboot!.now(session()), () => [200]);
  deepEqual([restarted.asked, restarted.requests[0]!.body], [["POST /api/cmd"], '{"command":"reboot"}']);
});

Deno.test("drivers: what is not publicly known is no way: nothing is guessed", () => {
  for (const driver of ["basic", "evlink-parking", "guided", "keba-p40"]) {
    equal(DRIVERS.get(driver)!.operations, undefined);
  }
  deepEqual(Object.keys(operations("bender")).sort(), ["password", "read", "version", "write"]);
  deepEqual(Object.keys(operations("alfen")).sort(), ["logs", "read", "reboot", "version", "write"]);
});
