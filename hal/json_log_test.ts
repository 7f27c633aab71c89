import assert from "node:assert/strict";
import { ManualTime } from "../tests/support/manual_time.ts";
import { createLineLogger } from "./json_log.ts";

Deno.test("hald log: one JSON line per event, with the fields of its logger first", () => {
  const lines: string[] = [];
  const log = createLineLogger((line) => lines.push(line), new ManualTime(), { uid: 5 });
  log.debug("hald.detail.seen");
  log.with({ pid: 7 }).warn("hald.caller.refused", { why: "line\nbreak" });
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [{
    ts: "2026-01-01T00:00:00.000Z",
    level: "warn",
    event: "hald.caller.refused",
    module: "hald",
    uid: 5,
    pid: 7,
    why: "line\nbreak",
  }]);
  assert.ok(lines.every((line) => !line.includes("\n")));
});
