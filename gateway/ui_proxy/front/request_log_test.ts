import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { DeviceRequestRecord } from "../../core/device_api.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { RequestLog } from "./request_log.ts";

const RECORD: DeviceRequestRecord = {
  at: 1,
  method: "GET",
  page: "/webui/**",
  capability: "view",
  decision: "allowed",
  rule: "g1",
  status: 200,
  count: 1,
  bytesIn: 0,
  bytesOut: 10,
};

function logOf() {
  const time = new ManualTime(), told: (readonly DeviceRequestRecord[])[] = [];
  const state = { away: false };
  const log = new RequestLog((requests) => {
    if (state.away) return Promise.reject(new Error("away"));
    told.push(requests);
    return Promise.resolve();
  }, time);
  return { log, time, told, state };
}

Deno.test("request log: alike requests of some seconds are one record with their sums", async () => {
  const { log, time, told } = logOf();
  log.note(RECORD);
  log.note({ ...RECORD, at: 5, bytesOut: 7, bytesIn: 2 });
  log.note({ ...RECORD, status: 404 });
  time.advance(UI_PROXY_LIMITS.recordMs - 1);
  equal(told.length, 0);
  time.advance(1);
  await log.flush();
  deepEqual(told, [[{ ...RECORD, count: 2, bytesOut: 17, bytesIn: 2 }, { ...RECORD, status: 404 }]]);
  equal(time.armed, 0);
});

Deno.test("request log: each fact that differs is a record of its own", async () => {
  const { log, told } = logOf();
  const others: Partial<DeviceRequestRecord>[] = [
    { method: "HEAD" },
    { page: "/" },
    { capability: "edit" },
    { decision: "refused" },
    { rule: "ui.page.role" },
    { settings: ["a"] },
  ];
  for (const other of [{}, ...others]) log.note({ ...RECORD, ...other });
  await log.flush();
  equal(told[0]!.length, 7);
});

Deno.test("request log: what changes something is told at once, or its sender hears of it", async () => {
  const { log, told, state } = logOf();
  await log.before(RECORD);
  deepEqual(told, [[RECORD]]);
  state.away = true;
  await rejects(log.before(RECORD), /away/);
});

Deno.test("request log: what control does not take is told again, and nothing is counted twice", async () => {
  const { log, time, told, state } = logOf();
  state.away = true;
  log.note(RECORD);
  await log.flush();
  log.note(RECORD);
  state.away = false;
  time.advance(UI_PROXY_LIMITS.recordMs);
  await log.flush();
  deepEqual(told, [[{ ...RECORD, count: 2, bytesOut: 20 }]]);
  await log.flush();
  equal(told.length, 1);
});

Deno.test("request log: so many kinds may wait, and are told in parts", async () => {
  const { log, told } = logOf();
  for (let at = 0; at < UI_PROXY_LIMITS.recordsWaiting - 1; at++) log.note({ ...RECORD, page: String(at) });
  equal(log.isFull, false);
  log.note({ ...RECORD, page: "last" });
  equal(log.isFull, true);
  await log.flush();
  equal(log.isFull, false);
  deepEqual(told.map(({ length }) => length), [UI_PROXY_LIMITS.recordsAtOnce, UI_PROXY_LIMITS.recordsAtOnce]);
});
