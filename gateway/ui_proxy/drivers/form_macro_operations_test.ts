import { deepEqual, equal, match, throws } from "node:assert/strict";
import { readDeviceForm } from "../../config/device_form.ts";
import type { Conversation, DeviceRequest, DeviceSession } from "./driver.ts";
import { formDriverOf } from "./form_macro.ts";
import { actionOf, fieldsOf, findForm } from "./html_form.ts";
import type { DriverOperations } from "./operations.ts";

const FORM = `title: Small controller
formPath: /login
nameField: user
passwordField: pass
success: { status: [302] }
accounts: { operator: op, installer: admin }
password: { formPath: /password, nameField: who, oldField: old, newField: new, repeatField: again, roles: [installer], success: { text: saved } }
settings: { path: /settings, role: installer, success: { location: /settings } }
logs: { path: /log.zip, fileName: small-log.zip }
configuration: { path: /export, role: installer }
firmware: { path: /update, field: image, fields: { confirm: "yes" }, role: installer, success: { status: [200], text: OK } }
reboot: { path: /reboot, fields: { now: "1" }, success: { status: [202] } }
version: { path: /info, after: "Firmware", role: installer }
`;
const driver = formDriverOf(FORM), operations: DriverOperations = driver.operations!;
const session: DeviceSession = { headers: [["cookie", "SID=1"]] };
const account = { role: "installer", name: "admin", password: "Old-1aaaa" } as const;
type Answer = readonly [status: number, body?: string, headers?: Readonly<Record<string, string>>];

function play<T>(conversation: Conversation<T>, device: (request: DeviceRequest) => Answer) {
  const requests: DeviceRequest[] = [];
  let step = conversation.next();
  while (!step.done) {
    requests.push(step.value);
    const [status, body = "", headers = {}] = device(step.value);
    step = conversation.next({
      status,
      body,
      headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
    });
  }
  return { requests, end: step.value };
}
const PAGE =
  '<form action="save?x=1"><input type="hidden" name="csrf" value="t0k"><input name="old"><input name="new"></form>';

Deno.test("form operations: a password is changed as on the page: its hidden fields, the old one, the new one twice", () => {
  const { requests, end } = play(
    operations.password!.set({ session, account, next: "New-1aaaa" }),
    ({ method }) => method === "GET" ? [200, PAGE] : [200, "saved"],
  );
  deepEqual(requests.map(({ method, target }) => `${method} ${target}`), ["GET /password", "POST /save?x=1"]);
  deepEqual([...new URLSearchParams(requests[1]!.body)], [
    ["csrf", "t0k"],
    ["who", "admin"],
    ["old", "Old-1aaaa"],
    ["new", "New-1aaaa"],
    ["again", "New-1aaaa"],
  ]);
  deepEqual([end.outcome, operations.password!.roles], ["done", ["installer"]]);
});

const SAYS: readonly [what: string, page: Answer, answer: Answer, outcome: string][] = [
  ["the page again, with 200", [200, PAGE], [200, "wrong password"], "rejected"],
  ["an error", [200, PAGE], [500], "strange"],
  ["no form", [200, "<p>"], [200, "saved"], "rejected"],
  [
    "another host's form",
    [200, '<form action="https://elsewhere.example/"><input name="new"></form>'],
    [200, "saved"],
    "rejected",
  ],
  ["no page", [404], [200, "saved"], "rejected"],
];
for (const [what, page, answer, outcome] of SAYS) {
  Deno.test(`form operations: a change that is answered with ${what} is ${outcome}`, () => {
    const { end } = play(
      operations.password!.set({ session, account, next: "New-1aaaa" }),
      ({ method }) => method === "GET" ? page : answer,
    );
    equal(end.outcome, outcome);
  });
}

const SETTINGS = `<form method="post"><input type="hidden" name="csrf" value="t1"><input name="limit" value="16">
<select name="mode"><option value="a" selected>A<option value="b">B</select><input type="password" name="secret" value=""></form>`;

Deno.test("form operations: settings are the fields of a form, and written with the others as they are", () => {
  const read = play(operations.read!.settings(session), () => [200, SETTINGS]);
  deepEqual(read.end.outcome === "read" && read.end.settings, [["limit", "16"], ["mode", "a"]]);
  const written = play(
    operations.write!.settings(session, [["limit", "10"]]),
    ({ method }) => method === "GET" ? [200, SETTINGS] : [302, "", { location: "/settings?saved" }],
  );
  equal(written.end.outcome, "done");
  deepEqual([...new URLSearchParams(written.requests[1]!.body)], [["csrf", "t1"], ["limit", "10"], ["mode", "a"]]);
  for (const key of ["none", "secret"] as const) {
    const odd = play(operations.write!.settings(session, [[key, "1"]]), () => [200, SETTINGS]);
    deepEqual([odd.end.outcome, odd.requests.length], ["rejected", 1], "nothing is sent for a field that is not shown");
  }
  equal(play(operations.read!.settings(session), () => [200, "<p>"]).end.outcome, "strange");
});

Deno.test("form operations: files, firmware and restart by the paths and answers of the file", () => {
  const { logs, configuration, firmware, reboot } = operations;
  const request = "request" in logs! ? logs.request(session) : undefined;
  deepEqual([request?.target, logs!.role, configuration!.role], ["/log.zip", "operator", "installer"]);
  const isFile = (type: string, status = 200) =>
    "isFile" in logs! && logs.isFile({ status, headers: new Map([["content-type", [type]]]) });
  deepEqual([isFile("application/zip"), isFile("text/html"), isFile("application/zip", 302)], [true, false, false]);
  deepEqual([firmware!.target, firmware!.field, firmware!.fields, firmware!.role], [
    "/update",
    "image",
    { confirm: "yes" },
    "installer",
  ]);
  const taken = (status: number, body: string) => firmware!.taken({ status, body, headers: new Map() }).outcome;
  deepEqual([taken(200, "OK"), taken(200, "bad image"), taken(503, "OK")], ["done", "rejected", "strange"]);
  const restarted = play(reboot!.now(session), () => [202]);
  deepEqual([restarted.requests[0]!.target, restarted.requests[0]!.body, restarted.end.outcome], [
    "/reboot",
    "now=1",
    "done",
  ]);
});

Deno.test("form operations: a file that says nothing of them gives none", () => {
  const bare = FORM.split("\n").filter((line) =>
    !/^(?:password:|settings|logs|configuration|firmware|reboot|version)/.test(line)
  );
  deepEqual(formDriverOf(bare.join("\n")).operations, {});
});

const WRONG: readonly [what: string, line: string, says: RegExp][] = [
  [
    "no sign of success",
    "password: { formPath: /p, newField: n, success: {} }",
    /at least one of status, location, text/,
  ],
  ["an unknown key", "logs: { path: /l, url: x }", /logs/],
  ["a path of another host", "logs: { path: 'https://x/' }", /path that begins with/],
  ["a file name with a slash", "logs: { path: /l, fileName: ../x }", /letters, digits/],
  ["a field with a quote", "firmware: { path: /u, field: 'a\"b', success: { status: [200] } }", /letters, digits/],
  [
    "a value with a line break",
    'firmware: { path: /u, fields: { a: "b\\r\\nc" }, success: { status: [200] } }',
    /firmware/,
  ],
  ["an unknown role", "reboot: { path: /r, role: boss, success: { status: [200] } }", /reboot.role/],
];
for (const [what, line, says] of WRONG) {
  Deno.test(`form operations: a file with ${what} is refused`, () => {
    const base = FORM.split("\n").filter((one) => !one.startsWith(line.split(":")[0]! + ":")).join("\n");
    throws(() => readDeviceForm(`${base}${line}\n`), { code: "CFG_INVALID", message: says });
  });
}

Deno.test("html forms: the first form with the field, its target on this host alone", () => {
  const html = '<form action="/a"><input name="x"></form><form action="/b"><textarea name="y">1</textarea></form>';
  deepEqual([findForm(html, "x")?.action, findForm(html, "y")?.action, findForm(html, "z")], ["/a", "/b", undefined]);
  deepEqual([
    actionOf({ action: "" }, "/p?q=1"),
    actionOf({ action: "//x/y" }, "/p"),
    actionOf({ action: "../c" }, "/a/b/p"),
  ], [
    "/p?q=1",
    undefined,
    "/a/c",
  ]);
  deepEqual(fieldsOf(html), [["x", ""], ["y", "1"]]);
  match(JSON.stringify(fieldsOf('<select name="s"><option value="1">a</select>')), /"1"/);
});

const SHOWN: readonly [what: string, answer: Answer, version: string | undefined][] = [
  ["in the same cell", [200, "<td>Firmware: 5.33.11-21500</td>"], "5.33.11-21500"],
  ["in the next one", [200, "<td>Firmware</td>\n <td> v2.1+b3 </td>"], "v2.1+b3"],
  ["a number in a tag is none", [200, '<td>Firmware</td><td width="20">R8 V3.4.0.2</td>'], "R8"],
  ["without a digit", [200, "<td>Firmware</td><td>unknown</td>"], undefined],
  ["too far away", [200, `Firmware${"x ".repeat(250)}1.0`], undefined],
  ["another page", [200, "<form>Log in</form>"], undefined],
  ["no page", [404, "Firmware 1.0"], undefined],
  ["longer than a version", [200, `Firmware ${"1".repeat(65)}`], undefined],
];
for (const [what, answer, version] of SHOWN) {
  Deno.test(`form operations: the version is read as a person would: ${what}`, () => {
    const { requests, end } = play(operations.version!.read(session), () => answer);
    deepEqual(requests.map(({ method, target }) => `${method} ${target}`), ["GET /info"]);
    equal(end.outcome === "version" ? end.version : undefined, version);
    equal(operations.version!.role, "installer");
  });
}
