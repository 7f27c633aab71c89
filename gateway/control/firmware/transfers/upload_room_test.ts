import { deepEqual, equal } from "node:assert/strict";
import { FirmwareConfig } from "../../../firmware/config.ts";
import type { StoredUpload } from "./upload_book.ts";
import { surplusOf } from "./upload_room.ts";

const DAY = 86_400_000, MB = 1_048_576, NOW = 1_000 * DAY;

/** Uploads in the order of their names, the newest first, a minute apart. */
function uploads(...each: (Partial<StoredUpload> & { readonly id: string })[]): StoredUpload[] {
  return each.map((upload, at) => ({
    ...{
      stationId: "CP001",
      ask: { dialect: "log-2.x", requestId: 1 },
      protocol: "https",
      digest: "",
      file: "",
      key: "",
    },
    ...{ state: "kept", createdAt: NOW - at * 60_000, expiresAt: 0, dueAt: 0, forwards: 0 },
    ...upload,
  }));
}
const config = (firmware: object) => FirmwareConfig.parse({ listen: "10.20.0.1:1", ...firmware });
const goes = (all: readonly StoredUpload[], firmware: object = {}) =>
  surplusOf(all, config(firmware), NOW).map(({ id }) => id);

Deno.test("room for logs: of each station as many as are kept, and one more: its oldest goes", () => {
  const logs = { securityLogs: { keepFiles: 2 } };
  deepEqual(goes(uploads({ id: "a" }, { id: "b" }), logs), []);
  deepEqual(goes(uploads({ id: "a" }, { id: "b" }, { id: "c" }), logs), ["c"]);
  deepEqual(goes(uploads({ id: "a" }, { id: "b", stationId: "CP002" }, { id: "c" }), logs), [], "each on its own");
});

Deno.test("room for logs: as old as may be stays, a moment older goes, the newest of a station as well", () => {
  const logs = { securityLogs: { keepDays: 30 } };
  deepEqual(goes(uploads({ id: "a", createdAt: NOW - 30 * DAY }), logs), []);
  deepEqual(goes(uploads({ id: "a", createdAt: NOW - 30 * DAY - 1 }), logs), ["a"]);
});

Deno.test("room for logs: as many megabytes as there are, and one byte more: the oldest goes, never a station's newest", () => {
  const logs = { securityLogs: { quotaMegabytes: 2 } }, half = { bytes: MB };
  deepEqual(goes(uploads({ id: "a", ...half }, { id: "b", ...half }), logs), []);
  deepEqual(goes(uploads({ id: "a", ...half }, { id: "b", bytes: MB + 1 }), logs), ["b"]);
  const each = [{ id: "a" }, { id: "b", stationId: "CP002" }, { id: "c", stationId: "CP003" }, { id: "d" }];
  deepEqual(goes(uploads(...each.map((one) => ({ ...one, ...half }))), logs), ["d"]);
});

Deno.test("room for logs: files for CSMSs and those of the gateway do not take each other's room", () => {
  const firmware = { uploads: { quotaMegabytes: 1, keepDays: 3 }, securityLogs: { quotaMegabytes: 1, keepDays: 9 } };
  const theirs = { csms: "main", state: "sent", bytes: MB } as const;
  deepEqual(goes(uploads({ id: "a", bytes: MB }, { id: "b", ...theirs }), firmware), []);
  deepEqual(goes(uploads({ id: "a", ...theirs }, { id: "b", ...theirs }), firmware), ["b"]);
  const old = { createdAt: NOW - 4 * DAY };
  deepEqual(goes(uploads({ id: "a", ...old }, { id: "b", ...theirs, ...old }), firmware), ["b"]);
});

Deno.test("room for logs: what is under way, or has to be told yet, stays whatever its age", () => {
  const old = { createdAt: NOW - 9_999 * DAY };
  for (const state of ["asked", "expected"] as const) deepEqual(goes(uploads({ id: "a", state, ...old })), []);
  const theirs = { csms: "main", ...old };
  deepEqual(goes(uploads({ id: "a", state: "received", ...theirs })), []);
  deepEqual(goes(uploads({ id: "a", state: "sent", telling: "good", ...theirs })), []);
  deepEqual(goes(uploads({ id: "a", state: "sent", ...theirs })), ["a"]);
});

Deno.test("room for logs: a try of the gateway's own that brought nothing is forgotten with the next one", () => {
  for (const state of ["failed", "none"] as const) {
    deepEqual(goes(uploads({ id: "a", state })), [], "the newest says why");
    deepEqual(goes(uploads({ id: "a", state: "expected" }, { id: "b", state })), ["b"]);
    deepEqual(goes(uploads({ id: "a", state: "expected" }, { id: "b", state, csms: "main" })), [], "a CSMS's is kept");
    deepEqual(goes(uploads({ id: "a", stationId: "CP002" }, { id: "b", state })), []);
  }
});

Deno.test("room for logs: a site that has stopped to ask keeps what it has within the usual bounds", () => {
  equal(surplusOf(uploads({ id: "a", createdAt: NOW - 400 * DAY }), undefined, NOW).length, 0);
  equal(surplusOf(uploads({ id: "a", createdAt: NOW - 401 * DAY }), undefined, NOW).length, 1);
});
