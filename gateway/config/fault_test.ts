import assert from "node:assert/strict";
import { faultText, pathText, quoted } from "./fault.ts";
import { CONFIG_LIMITS } from "./limits.ts";

Deno.test("config fault: one line holds file, place, key, what is wrong, what is wanted and what was meant", () => {
  const fault = { path: ["ocpp", "csms", 0, "url"], wrong: '"x" is not a URL', wanted: "wss://", suggestion: "url" };
  assert.equal(
    faultText("site.yaml", { line: 5, column: 13 }, fault),
    'site.yaml:5:13 ocpp.csms[0].url: "x" is not a URL, wanted wss://; did you mean "url"?',
  );
});

Deno.test("config fault: a path stays on one line whatever the key is", () => {
  assert.equal(pathText([]), "site.yaml");
  assert.equal(pathText(["a\nb", 0, "c d"]), '"a\\nb"[0]."c d"');
  assert.ok(pathText(["x".repeat(1_000)]).length <= 66);
});

Deno.test("config fault: a quoted value is whole at the limit and cut one past it", () => {
  const { quotedChars } = CONFIG_LIMITS;
  assert.equal(quoted("x".repeat(quotedChars)), `"${"x".repeat(quotedChars)}"`);
  assert.equal(quoted("x".repeat(quotedChars + 1)), `"${"x".repeat(quotedChars)}..."`);
});

Deno.test("config fault: user info of a URL and the insides of maps are not quoted", () => {
  assert.equal(quoted("wss://u:secret@h/"), '"wss://***@h/"');
  assert.equal(quoted({ password: "secret" }), "a map");
  assert.equal(quoted(["secret"]), "a list");
  assert.equal(quoted(null), "null");
});
