import { deepEqual, equal, ok } from "node:assert/strict";
import {
  isLogMissing,
  LOG_SPANS,
  type LogCollection,
  logDueAt,
  logHindrance,
  type LogHindrances,
} from "./log_collection.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR, WEEK = 7 * DAY;
const NEW: LogCollection = { since: 1_000, share: 0.5, failures: 0 };

for (
  const [what, collection, everyMs, due] of [
    ["a new station: within a day, by its share", NEW, WEEK, 1_000 + DAY / 2],
    ["a new station with share 0: at once", { ...NEW, share: 0 }, WEEK, 1_000],
    ["a new station of a short period: within that", NEW, HOUR, 1_000 + HOUR / 2],
    ["after a log: its period less its share of a tenth", { ...NEW, gotAt: WEEK }, WEEK, 2 * WEEK - WEEK / 20],
    ["after a log with share 0: exactly its period", { ...NEW, share: 0, gotAt: WEEK }, WEEK, 2 * WEEK],
    ["after the first failure: an hour", { ...NEW, askedAt: DAY, failures: 1 }, WEEK, DAY + HOUR],
    ["after the second failure: two hours", { ...NEW, askedAt: DAY, failures: 2 }, WEEK, DAY + 2 * HOUR],
    ["after the fifth failure: sixteen hours", { ...NEW, askedAt: DAY, failures: 5 }, WEEK, DAY + 16 * HOUR],
    ["after the sixth failure: a day and no more", { ...NEW, askedAt: DAY, failures: 6 }, WEEK, 2 * DAY],
    ["after very many failures: a day", { ...NEW, askedAt: DAY, failures: 5_000 }, WEEK, 2 * DAY],
    ["a failure of a short period: never later than that", { ...NEW, askedAt: DAY, failures: 9 }, HOUR, DAY + HOUR],
    ["a failure after a log: the pause counts", { ...NEW, gotAt: 1, askedAt: WEEK, failures: 1 }, WEEK, WEEK + HOUR],
    ["failures without a time of asking: as usual", { ...NEW, failures: 3 }, WEEK, 1_000 + DAY / 2],
    ["a refusal: thirty days", { ...NEW, refusedAt: DAY }, WEEK, 31 * DAY],
    ["a refusal with a longer period: that", { ...NEW, refusedAt: DAY }, 60 * DAY, 61 * DAY],
    ["a refusal counts before failures", { ...NEW, refusedAt: DAY, askedAt: DAY, failures: 2 }, WEEK, 31 * DAY],
  ] as const
) {
  Deno.test(`log collection: ${what}`, () => equal(logDueAt(collection, everyMs), due));
}

Deno.test("log collection: two hundred stations with shares of their own are never due at one moment, and none is late", () => {
  const dues = Array.from({ length: 200 }, (_, at) => logDueAt({ ...NEW, share: at / 200, gotAt: 0 }, WEEK));
  equal(new Set(dues).size, 200);
  ok(dues.every((due) => due <= WEEK && due >= WEEK * (1 - LOG_SPANS.jitterPart)));
});

for (
  const [what, collection, now, isMissing] of [
    ["a new station has its periods and a day", NEW, 1_000 + 2 * WEEK + DAY, false],
    ["a new station after that", NEW, 1_001 + 2 * WEEK + DAY, true],
    ["one that brought a log counts from then", { ...NEW, gotAt: WEEK }, 3 * WEEK + DAY, false],
    ["one that brought a log, a moment later", { ...NEW, gotAt: WEEK }, 3 * WEEK + DAY + 1, true],
    ["one that refuses is missing all the same", { ...NEW, refusedAt: WEEK }, 4 * WEEK, true],
    ["one that was asked often is missing all the same", { ...NEW, askedAt: 4 * WEEK, failures: 9 }, 4 * WEEK, true],
  ] as const
) {
  Deno.test(`log collection: missing: ${what}`, () => equal(isLogMissing(collection, WEEK, 2, now), isMissing));
}

const FREE: LogHindrances = {
  isConnected: true,
  isDiskFull: false,
  bringsFile: false,
  isInHours: true,
  running: 0,
  atOnce: 1,
};

for (
  const [change, rule, why] of [
    [{ isConnected: false }, "log.away", "it is not connected"],
    [{ isDiskFull: true }, "log.disk", "the gateway's disk is full"],
    [{ transaction: "a transaction runs (1)" }, "log.transaction", "a transaction runs (1)"],
    [{ update: "campaign 12 updates it now" }, "log.update", "campaign 12 updates it now"],
    [{ bringsFile: true }, "log.file", "it brings a file for its CSMS"],
    [{ isInHours: false }, "log.hours", "it is not within firmware.securityLogs.hours"],
    [{ running: 1 }, "log.at-once", "1 of 1 stations bring theirs now"],
    [{ running: 5, atOnce: 4 }, "log.at-once", "5 of 4 stations bring theirs now"],
  ] as const
) {
  Deno.test(`log collection: not now: ${why}`, () => deepEqual(logHindrance({ ...FREE, ...change }), { rule, why }));
}

Deno.test("log collection: nothing stands against it, up to one less than may at one time", () => {
  equal(logHindrance(FREE), undefined);
  equal(logHindrance({ ...FREE, running: 3, atOnce: 4 }), undefined);
});

Deno.test("log collection: a transaction is named before an update, and what a person can do nothing about comes first", () => {
  const all = { ...FREE, isConnected: false, transaction: "t", update: "u", bringsFile: true, running: 9 };
  equal(logHindrance(all)?.rule, "log.away");
  equal(logHindrance({ ...all, isConnected: true })?.rule, "log.transaction");
});
