import { deepEqual, match, throws } from "node:assert/strict";
import { readImportFile } from "./import_file.ts";
import { OPERATION_LIMITS } from "./limits.ts";

const GOOD: readonly [what: string, text: string, settings: readonly (readonly [string, string])[]][] = [
  ["lines", "A_ocpp=1\nB_ocpp = x y \n", [["A_ocpp", "1"], ["B_ocpp", "x y"]]],
  ["lines of another system, with remarks", "# golden\r\n\r\nA_ocpp=1\r\n", [["A_ocpp", "1"]]],
  ["a value with =", "A_ocpp=a=b", [["A_ocpp", "a=b"]]],
  ["an empty value", "A_ocpp=", [["A_ocpp", ""]]],
  ["the export's JSON", '{"station":"CP001","settings":{"A_ocpp":"1","B_ocpp":2,"C_ocpp":true}}', [
    ["A_ocpp", "1"],
    ["B_ocpp", "2"],
    ["C_ocpp", "true"],
  ]],
  ["the maker's JSON", ' {"params":[{"key":"A_ocpp","value":"1"},{"key":"A_ocpp","value":"2"}]}', [
    ["A_ocpp", "1"],
    ["A_ocpp", "2"],
  ]],
  ["nothing", "", []],
];
for (const [what, text, settings] of GOOD) {
  Deno.test(`import file: ${what} is read, what stands twice twice`, () => deepEqual(readImportFile(text), settings));
}

const BAD: readonly [what: string, text: string, says: RegExp][] = [
  ["a line without =", "A_ocpp", /line 1 is not Key=value/],
  ["a key with a blank", "A ocpp=1", /line 1/],
  ["a key of 65 letters", `${"a".repeat(65)}=1`, /line 1/],
  ["broken JSON", "{", /no JSON/],
  ["JSON without settings", "{}", /neither "settings"/],
  ["settings as a list", '{"settings":[]}', /neither "settings"/],
  ["a member twice, of which only one would count", '{"settings":{"A_ocpp":1,"A_ocpp":2}}', /twice/],
  ["a member twice by an escape", '{"settings":{"A_ocpp":1,"\\u0041_ocpp":2}}', /twice/],
  ["an object as a value", '{"settings":{"A_ocpp":{}}}', /"A_ocpp" is neither/],
  ["null as a value", '{"params":[{"key":"A_ocpp","value":null}]}', /"A_ocpp" is neither/],
  ["an entry without a key", '{"params":[{"value":1}]}', /entry 1 of "params"/],
  ["an entry that is none", '{"params":[5]}', /entry 1/],
  ["one character too many", "#".repeat(OPERATION_LIMITS.importChars + 1), /at most/],
];
for (const [what, text, says] of BAD) {
  Deno.test(`import file: ${what} is refused, with what is wanted`, () => {
    throws(() => readImportFile(text), (error: { code: string; message: string; hint: string }) => {
      match(error.message, says);
      match(error.hint, /device download/);
      return error.code === "DEVICE_IMPORT_INVALID";
    });
  });
}

Deno.test("import file: as many characters as may be", () =>
  deepEqual(readImportFile(`#${"x".repeat(OPERATION_LIMITS.importChars - 1)}`), []));
