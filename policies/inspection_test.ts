import { deepEqual, equal, match } from "node:assert/strict";
import {
  dueAt,
  type DueFacts,
  type DueState,
  dueState,
  INSPECTION_GRACE_DAYS,
  isInOrder,
  listFault,
  type SaidItem,
} from "./inspection.ts";

const DAY = 86_400_000, NOW = Date.UTC(2026, 10, 21), GRACE = INSPECTION_GRACE_DAYS;
const ago = (days: number) => NOW - days * DAY;

/** An inspection every 90 days, and how it stands. */
const DUE:
  readonly (readonly [name: string, facts: Omit<DueFacts, "everyDays">, state: DueState, dueInDays: number])[] = [
    ["never made, assigned today", { assignedAt: NOW }, "due", 0],
    ["never made, assigned six days ago", { assignedAt: ago(GRACE - 1) }, "due", 1 - GRACE],
    ["never made, assigned a week ago", { assignedAt: ago(GRACE) }, "overdue", -GRACE],
    ["made today", { assignedAt: ago(900), doneAt: NOW }, "fine", 90],
    ["made 82 days ago", { assignedAt: ago(900), doneAt: ago(82) }, "fine", 8],
    ["made 83 days ago", { assignedAt: ago(900), doneAt: ago(83) }, "soon", 7],
    ["made 89 days ago", { assignedAt: ago(900), doneAt: ago(89) }, "soon", 1],
    ["made 90 days ago", { assignedAt: ago(900), doneAt: ago(90) }, "due", 0],
    ["made 96 days ago", { assignedAt: ago(900), doneAt: ago(96) }, "due", -6],
    ["made 97 days ago", { assignedAt: ago(900), doneAt: ago(97) }, "overdue", -7],
    ["made before it was assigned anew", { assignedAt: ago(1), doneAt: ago(30) }, "fine", 60],
    ["made in a future that a clock told", { assignedAt: ago(1), doneAt: NOW + DAY }, "fine", 91],
  ];
for (const [name, facts, state, days] of DUE) {
  Deno.test(`inspection: ${name} is ${state}`, () => {
    const all = { ...facts, everyDays: 90 };
    equal(dueState(all, NOW), state);
    equal((dueAt(all) - NOW) / DAY, days);
  });
}

const ITEMS = { items: ["seal", "lock"], noteChars: 10 };
const ok = (item: string): SaidItem => ({ item, result: "ok" });

/** A filled list, and what is wrong with it. */
const LISTS: readonly (readonly [name: string, said: readonly SaidItem[], fault: RegExp | undefined])[] = [
  ["everything in order", [ok("seal"), ok("lock")], undefined],
  ["in another order", [ok("lock"), ok("seal")], undefined],
  ["one that does not apply", [ok("seal"), { item: "lock", result: "not-applicable" }], undefined],
  ["one that is described", [ok("seal"), { item: "lock", result: "not-ok", note: "bent" }], undefined],
  ["a note where all is well", [ok("lock"), { ...ok("seal"), note: "4711" }], undefined],
  ["a note of ten characters", [ok("lock"), { ...ok("seal"), note: "x".repeat(10) }], undefined],
  ["a note of eleven", [ok("lock"), { ...ok("seal"), note: "x".repeat(11) }], /"seal" has more than 10 characters/],
  ["nothing", [], /Nothing is said of seal, lock/],
  ["one too few", [ok("seal")], /Nothing is said of lock/],
  ["one twice", [ok("seal"), ok("lock"), ok("seal")], /"seal" is there twice/],
  ["one that is none", [ok("seal"), ok("lock"), ok("paint")], /no item "paint"; the items are seal, lock/],
  ["one not in order without a word", [ok("seal"), { item: "lock", result: "not-ok" }], /say in a note/],
  ["one not in order with blanks", [ok("seal"), { item: "lock", result: "not-ok", note: "  " }], /say in a note/],
];
for (const [name, said, fault] of LISTS) {
  Deno.test(`inspection list: ${name} ${fault ? "is refused" : "is taken"}`, () => {
    const found = listFault(said, ITEMS);
    if (fault) match(found ?? "", fault);
    else equal(found, undefined);
  });
}

Deno.test("inspection list: one thing that is not in order makes the whole not so; what does not apply does not", () => {
  const states = [[ok("seal")], [{ item: "lock", result: "not-applicable" }], [ok("seal"), {
    ...{ item: "lock", result: "not-ok", note: "bent" },
  }], []] as SaidItem[][];
  deepEqual(states.map(isInOrder), [true, true, false, true]);
});
