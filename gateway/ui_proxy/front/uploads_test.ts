import { deepEqual, equal, ok } from "node:assert/strict";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { type UploadRefusal, Uploads } from "./uploads.ts";

const { passedBytes, passedAtOnceBytes } = UI_PROXY_LIMITS;
const ruleOf = (taken: (() => void) | UploadRefusal) =>
  typeof taken === "function" ? "taken" : `${taken.status} ${taken.rule}`;

Deno.test("uploads: one at its limit is taken, one past it is not", () => {
  const uploads = new Uploads();
  equal(ruleOf(uploads.take(passedBytes)), "taken");
  equal(ruleOf(uploads.take(passedBytes + 1)), "413 ui.body.size");
});

Deno.test("uploads: a body of unknown length is not taken", () => {
  equal(ruleOf(new Uploads().take("chunked")), "411 ui.body.length");
});

Deno.test("uploads: all together have a limit, and a place is given back once", () => {
  const uploads = new Uploads(), places: (() => void)[] = [];
  for (let left = passedAtOnceBytes; left > 0; left -= passedBytes) {
    const taken = uploads.take(Math.min(left, passedBytes));
    ok(typeof taken === "function");
    places.push(taken);
  }
  equal(ruleOf(uploads.take(1)), "503 ui.body.busy");
  places[0]!();
  places[0]!();
  deepEqual([ruleOf(uploads.take(passedBytes)), ruleOf(uploads.take(1))], ["taken", "503 ui.body.busy"]);
});
