import { deepEqual, equal, match, ok } from "node:assert/strict";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { type UploadRefusal, Uploads } from "./uploads.ts";

const { passedBytes, passedAtOnceBytes } = UI_PROXY_LIMITS;
const MOST = 200_000_000;
const ruleOf = (taken: (() => void) | UploadRefusal) =>
  typeof taken === "function" ? "taken" : `${taken.status} ${taken.rule}`;

Deno.test("uploads: one at the site's limit is taken, one past it is not and hears where the limit stands", () => {
  const uploads = new Uploads();
  equal(ruleOf(uploads.take(MOST, MOST, true)), "taken");
  const past = uploads.take(MOST + 1, MOST, true);
  equal(ruleOf(past), "413 ui.body.size");
  match((past as UploadRefusal).reason, /at most 200000000 bytes, this one 200000001: see uploadMegabytes/);
});

Deno.test("uploads: a body of unknown length is not taken", () => {
  for (const isHeld of [true, false]) equal(ruleOf(new Uploads().take("chunked", MOST, isHeld)), "411 ui.body.length");
});

Deno.test("uploads: what is held back counts with the memory it may take, what is not with its length", () => {
  equal(ruleOf(new Uploads().take(passedAtOnceBytes, MOST, false)), "taken");
  equal(ruleOf(new Uploads().take(passedAtOnceBytes + 1, MOST, false)), "503 ui.body.busy");
  equal(ruleOf(new Uploads().take(passedAtOnceBytes + 1, MOST, true)), "taken");
});

Deno.test("uploads: all together have a limit, and a place is given back once", () => {
  const uploads = new Uploads(), places: (() => void)[] = [];
  for (let left = passedAtOnceBytes; left > 0; left -= passedBytes) {
    const taken = uploads.take(MOST, MOST, true);
    ok(typeof taken === "function");
    places.push(taken);
  }
  equal(ruleOf(uploads.take(1, MOST, true)), "503 ui.body.busy");
  places[0]!();
  places[0]!();
  deepEqual(
    [ruleOf(uploads.take(MOST, MOST, true)), ruleOf(uploads.take(1, MOST, true))],
    ["taken", "503 ui.body.busy"],
  );
});
