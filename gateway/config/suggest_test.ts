import assert from "node:assert/strict";
import { editDistance, suggest } from "./suggest.ts";

const CASES: readonly [string, readonly string[], string | undefined][] = [
  ["retires", ["retries", "timeout"], "retries"],
  ["Listen", ["listen"], "listen"],
  ["password", ["protocols", "passwordFile"], "passwordFile"],
  ["ocpp16", ["ocpp1.6", "ocpp2.0.1"], "ocpp1.6"],
  ["modbus", ["ocpp", "dns"], undefined],
  ["x", ["id"], undefined],
  ["", ["id"], undefined],
  ["a".repeat(65), ["a".repeat(65)], undefined],
];

for (const [word, candidates, wanted] of CASES) {
  Deno.test(`config suggest: "${word.slice(0, 20)}" among ${candidates.length} suggests ${wanted}`, () => {
    assert.equal(suggest(word, candidates), wanted);
  });
}

Deno.test("config suggest: edit distance counts changes and swaps", () => {
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("abc", ""), 3);
  assert.equal(editDistance("ab", "ba"), 1);
  assert.equal(editDistance("same", "same"), 0);
});
