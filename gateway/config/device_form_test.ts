import { deepEqual, equal, throws } from "node:assert/strict";
import { ConfigError } from "../core/errors.ts";
import { readDeviceForm } from "./device_form.ts";
import { CONFIG_LIMITS } from "./limits.ts";

const FORM = `
title: Small controller
formPath: /login
nameField: user
passwordField: pass
success: { status: [302], cookie: SID, location: /home }
accounts: { installer: admin }
`;

function faults(text: string): readonly string[] {
  try {
    readDeviceForm(text);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

Deno.test("device form: a file of the site says where the form is and what tells that it worked", () => {
  deepEqual(readDeviceForm(FORM), {
    title: "Small controller",
    formPath: "/login",
    nameField: "user",
    passwordField: "pass",
    success: { status: [302], cookie: "SID", location: "/home" },
    accounts: { installer: "admin" },
  });
  const pages = `${FORM}pages: [{ id: all, path: "/**", capability: view, role: user }]\n`;
  equal(readDeviceForm(pages).pages?.length, 1);
  const live = `${FORM}pages: [{ id: values, path: /values, socket: live }]\n`;
  equal(readDeviceForm(live).pages?.[0]?.socket, "live");
});

const BAD: readonly [what: string, change: (text: string) => string, wanted: RegExp][] = [
  ["a key that nobody knows", (text) => `${text}color: red\n`, /color/],
  ["a WebSocket of another kind", (text) => `${text}pages: [{ id: a, path: /a, socket: both }]\n`, /pages\.0\.socket/],
  ["no sign of success", (text) => text.replace(/success:.*/, "success: {}"), /at least one of/],
  ["a path without /", (text) => text.replace("/login", "login"), /formPath/],
  ["a role that devices do not have", (text) => text.replace("installer:", "root:"), /accounts/],
  ["a status that is none", (text) => text.replace("302", "99"), /success.status/],
  [
    "a capability that pages do not have",
    (text) => `${text}pages: [{ id: x, path: /, capability: tunnel }]\n`,
    /pages/,
  ],
  ["no YAML", () => "a: [", /Flow sequence|flow/i],
  ["an alias", (text) => `${text}a: &x 1\nb: *x\n`, /alias/i],
  ["a list", () => "- a", /object/],
  ["nothing", () => "", /object/],
];
for (const [what, change, wanted] of BAD) {
  Deno.test(`device form: refuses ${what}`, () => {
    const found = faults(change(FORM));
    equal(found.length > 0, true);
    equal(wanted.test(found.join("; ")), true, found.join("; "));
  });
}

Deno.test("device form: limits", () => {
  const filled = (chars: number) => `${FORM}#${"x".repeat(chars - FORM.length - 1)}`;
  deepEqual(faults(filled(CONFIG_LIMITS.formFileChars)), []);
  throws(() => readDeviceForm(filled(CONFIG_LIMITS.formFileChars + 1)), { code: "CFG_INVALID" });
  const pages = (count: number) =>
    `${FORM}pages: [${Array.from({ length: count }, (_, at) => `{ id: p${at}, path: "/${at}" }`).join(", ")}]\n`;
  deepEqual(faults(pages(CONFIG_LIMITS.formPages)), []);
  equal(faults(pages(CONFIG_LIMITS.formPages + 1)).length, 1);
});

Deno.test("device form: the example is one", async () => {
  const example = new URL("../../examples/garage/forms/small-controller.yaml", import.meta.url);
  equal(readDeviceForm(await Deno.readTextFile(example)).pages?.length, 5);
});
