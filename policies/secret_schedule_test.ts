import { deepEqual, equal } from "node:assert/strict";
import {
  isAccount,
  isKnownTo,
  RETRY_MS,
  rotationDue,
  SECRET_SLOTS,
  type SecretFacts,
  type SecretWitness,
  soonerOf,
  withWitness,
} from "./secret_schedule.ts";

const DAY = 86_400_000, SINCE = 100 * DAY;
const FACTS: SecretFacts = { slot: "operator", since: SINCE, isRotating: false };
const AGES = { operator: 90, manufacturer: 365 };

const DUE: readonly {
  readonly name: string;
  readonly facts?: Partial<SecretFacts>;
  readonly ages?: Parameters<typeof rotationDue>[1];
  readonly wanted: ReturnType<typeof rotationDue>;
}[] = [
  { name: "by age, counted from when it came into force", wanted: { at: SINCE + 90 * DAY, reason: "age" } },
  { name: "an age for another slot is none", facts: { slot: "user" }, wanted: undefined },
  { name: "no ages, nothing due", ages: {}, wanted: undefined },
  { name: "one that is being changed is not due", facts: { isRotating: true }, wanted: undefined },
  {
    name: "what was shown is due before its age",
    facts: { due: { at: SINCE + 3_600_000, reason: "revealed" } },
    wanted: { at: SINCE + 3_600_000, reason: "revealed" },
  },
  {
    name: "its age may come first",
    facts: { due: { at: SINCE + 91 * DAY, reason: "asked" } },
    wanted: { at: SINCE + 90 * DAY, reason: "age" },
  },
  {
    name: "at the same time the reason that was given counts",
    facts: { due: { at: SINCE + 90 * DAY, reason: "left" } },
    wanted: { at: SINCE + 90 * DAY, reason: "left" },
  },
  {
    name: "a reason counts without any ages",
    ages: {},
    facts: { due: { at: 5, reason: "brought" } },
    wanted: { at: 5, reason: "brought" },
  },
  {
    name: "after a failed try it waits",
    facts: { due: { at: SINCE, reason: "revealed" }, failedAt: SINCE + DAY },
    wanted: { at: SINCE + DAY + RETRY_MS, reason: "revealed" },
  },
  {
    name: "a failed try of long ago holds up nothing",
    facts: { failedAt: SINCE + DAY },
    wanted: { at: SINCE + 90 * DAY, reason: "age" },
  },
  { name: "a failed try alone makes nothing due", ages: {}, facts: { failedAt: SINCE }, wanted: undefined },
];

for (const { name, facts, ages = AGES, wanted } of DUE) {
  Deno.test(`secret schedule: ${name}`, () => deepEqual(rotationDue({ ...FACTS, ...facts }, ages), wanted));
}

Deno.test("secret schedule: of two reasons the earlier one stands, of two at once the one before", () => {
  const early = { at: 1, reason: "revealed" } as const, late = { at: 2, reason: "left" } as const;
  deepEqual(soonerOf(undefined, late), late);
  deepEqual(soonerOf(late, early), early);
  deepEqual(soonerOf(early, late), early);
  deepEqual(soonerOf({ at: 1, reason: "asked" }, early), { at: 1, reason: "asked" });
});

Deno.test("secret schedule: four slots are accounts, two are not", () => {
  deepEqual(SECRET_SLOTS.filter(isAccount), ["user", "operator", "installer", "manufacturer"]);
});

const WITNESSES: readonly SecretWitness[] = [
  { person: "Anna", value: 4, shownAt: 1 },
  { person: "olga", value: 4, usedAt: 1 },
  { person: "eva", value: 3, shownAt: 1, usedAt: 2 },
];

for (
  const [person, wanted, why] of [
    ["anna", true, "was shown it; names have no case"],
    ["olga", true, "had a login with it"],
    ["eva", false, "knows the one before only"],
    ["ivan", false, "neither saw nor used one"],
    ["ann", false, "a part of a name is another name"],
    ["", false, "nobody"],
  ] as const
) {
  Deno.test(`secret schedule: who leaves: "${person}" ${why}`, () => {
    equal(isKnownTo(WITNESSES, person, [4]), wanted);
    equal(isKnownTo(WITNESSES, person, []), false, "no value is in force");
  });
}

Deno.test("secret schedule: a unit whose controllers differ has several values in force", () => {
  equal(isKnownTo(WITNESSES, "eva", [4, 3]), true);
});

Deno.test("secret schedule: a witness is remembered once for each value, with all that is known", () => {
  const used = withWitness(WITNESSES, { person: "Anna", value: 4, usedAt: 9 }, 10);
  deepEqual(used.at(-1), { person: "Anna", value: 4, shownAt: 1, usedAt: 9 });
  equal(used.length, 3);
  equal(withWitness(WITNESSES, { person: "Anna", value: 5, usedAt: 9 }, 10).length, 4);
});

Deno.test("secret schedule: as many witnesses as may be remembered, and one more", () => {
  const full = withWitness(WITNESSES, { person: "ivan", value: 4 }, 4);
  deepEqual(full.map(({ person }) => person), ["Anna", "olga", "eva", "ivan"]);
  const over = withWitness(full, { person: "lea", value: 4 }, 4);
  deepEqual(over.map(({ person }) => person), ["olga", "eva", "ivan", "lea"]);
});
