import { deepEqual, equal } from "node:assert/strict";
import { BenderPages } from "../../demo/controllers/bender.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { readItemList, readKeyTable } from "./bender_catalogue.ts";

const pageOf = (path: string) =>
  new BenderPages({ passwords: {}, dialects: [] }).pages({
    ...{ method: "GET", path, query: new URLSearchParams(), headers: {}, body: "", sha256: "", connection: {} },
  }).body!;

Deno.test("bender catalogue: the table of keys of the device itself, with type, range, scope and reboot", () => {
  deepEqual(readKeyTable(pageOf("/doc/doc_1")), [
    { key: "RCMBDelta", access: "RW", type: "uint", range: "0..999, 0", scope: "Both", reboot: false },
    { key: "SSHAccessUsb", access: "R", type: "enum", range: "Off, On; On", scope: "Individual", reboot: true },
    { key: "NewKeyOfThisFirmware", access: "RW", type: "string", range: "", scope: "Both", reboot: false },
  ]);
});

Deno.test("bender catalogue: the list of items", () => {
  deepEqual(readItemList(pageOf("/doc/doc_2")), [
    "OperatorCurrentLimit_vehicleif",
    "OperatorPwdPlain_custom",
    "NewItem_custom",
  ]);
});

const table = (...rows: string[]) => `<table><tr><th>Key Name</th><th>Type</th></tr>${rows.join("")}</table>`;
const ODD: readonly [what: string, html: string, keys: readonly string[]][] = [
  ["no table", "<p>Key Name</p>", []],
  ["another table", "<table><tr><th>Name</th></tr><tr><td>A1</td></tr></table>", []],
  ["nothing", "", []],
  ["a table that is never closed", "<table><tr><th>Key Name<tr><td>Abc<tr><td>Def", ["Abc", "Def"]],
  ["prose among the rows", table("<tr><td>Some words here</td></tr>", "<tr><td>Abc</td></tr>"), ["Abc"]],
  ["a key twice", table("<tr><td>Abc</td><td>a</td></tr>", "<tr><td>Abc</td><td>b</td></tr>"), ["Abc"]],
  ["markup in a cell", table("<tr><td><b>Ab</b>c</td></tr>"), ["Abc"]],
  ["a script for a key", table("<tr><td>&lt;script&gt;</td></tr>"), []],
  ["other columns first", "<table><tr><th>Type</th><th>Key Name</th></tr><tr><td>x</td><td>Abc</td></tr></table>", [
    "Abc",
  ]],
];
for (const [what, html, keys] of ODD) {
  Deno.test(`bender catalogue: ${what}`, () => deepEqual(readKeyTable(html).map(({ key }) => key), keys));
}

Deno.test("bender catalogue: limits of settings and of characters in a cell", () => {
  const rows = (count: number) => Array.from({ length: count }, (_, at) => `<tr><td>Key${at}</td></tr>`);
  equal(readKeyTable(table(...rows(UI_PROXY_LIMITS.learnedSettings + 1))).length, UI_PROXY_LIMITS.learnedSettings);
  const items = Array.from({ length: UI_PROXY_LIMITS.learnedSettings + 1 }, (_, at) => `Key${at}_custom`).join(" ");
  equal(readItemList(items).length, UI_PROXY_LIMITS.learnedSettings);
  const [{ type } = { type: "" }] = readKeyTable(
    table(`<tr><td>Abc</td><td>${"x".repeat(UI_PROXY_LIMITS.learnedChars + 1)}</td></tr>`),
  );
  equal(type.length, UI_PROXY_LIMITS.learnedChars);
});
