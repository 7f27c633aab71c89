import { deepEqual, equal, rejects } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { openStore } from "../store/kv_store.ts";
import type { Store } from "../store/store.ts";
import { REQUEST_MS } from "../../policies/access_approval.ts";
import { SOURCE_LOCKOUT } from "../../policies/lockout.ts";
import type { AccessRequest } from "../../policies/access_types.ts";
import { AccessBook } from "./access_book.ts";
import { Accounts } from "./accounts.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { Lockouts } from "./lockouts.ts";
import type { AccountRecord } from "./records.ts";
import { PeopleRig } from "./testing/people_rig.ts";
import { BoundedTurns } from "./bounded_turns.ts";

async function withStore(test: (store: Store, time: ManualTime) => Promise<void>): Promise<void> {
  const time = new ManualTime(), store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await test(store, time);
  } finally {
    await store.close();
  }
}

const ACCOUNT: AccountRecord = {
  name: "anna",
  displayName: "Anna",
  origin: "local",
  roles: ["operator"],
  groups: [],
  state: "active",
  passkeys: [],
  recovery: [],
  createdAt: 0,
  createdBy: "test",
};
const REQUEST: AccessRequest = {
  id: "r",
  person: "anna",
  station: "CP001",
  deviceRole: "installer",
  capability: "edit",
  grant: "g",
  reason: "test",
  minutes: 10,
  state: "pending",
  createdAt: 0,
};

Deno.test("bounds: as many people as the limit are kept, one more is refused", () =>
  withStore(async (store) => {
    const accounts = await Accounts.open(store);
    const add = (at: number) => accounts.add({ ...ACCOUNT, name: `p${at}` });
    await Promise.all(Array.from({ length: PEOPLE_LIMITS.accounts }, (_, at) => add(at)));
    await rejects(add(PEOPLE_LIMITS.accounts), { code: "PERSON_INVALID" });
    equal((await Accounts.open(store)).all().length, PEOPLE_LIMITS.accounts);
  }));

Deno.test("bounds: so many logins of one name wait for each other, one more is told to come back; other names go on", async () => {
  const turns = new BoundedTurns(PEOPLE_LIMITS.waitingOfName);
  const gate = Promise.withResolvers<void>();
  const waiting = Array.from({ length: PEOPLE_LIMITS.waitingOfName }, () => turns.take("anna", () => gate.promise));
  await rejects(turns.take("anna", () => Promise.resolve()), { code: "LOGIN_BUSY" });
  equal(await turns.take("olga", () => Promise.resolve(7)), 7);
  gate.resolve();
  await Promise.all(waiting);
  equal(turns.size, 0);
  await rejects(turns.take("anna", () => Promise.reject(new Error("mine"))), /mine/);
  equal(await turns.take("anna", () => Promise.resolve(1)), 1, "a failed one holds nobody up");
});

Deno.test("bounds: as many grants as the limit are kept, one more is refused", () =>
  withStore(async (store) => {
    const book = await AccessBook.open(store);
    const add = (at: number) =>
      book.addGrant(
        {
          id: `g${at}`,
          who: { role: "technician" },
          stations: { all: true },
          deviceRoles: ["user"],
          capabilities: ["view"],
          when: { kind: "always" },
          secondFactor: false,
          maxMinutes: 1,
          because: "a test",
        },
        "eva",
        0,
      );
    await Promise.all(Array.from({ length: PEOPLE_LIMITS.grants }, (_, at) => add(at)));
    await rejects(add(PEOPLE_LIMITS.grants), { code: "GRANT_INVALID" });
    await rejects(add(0), { code: "GRANT_INVALID" });
  }));

Deno.test("bounds: as many requests as the limit wait, one more is refused until one is decided; old ones are forgotten", () =>
  withStore(async (store) => {
    const book = await AccessBook.open(store);
    const add = (at: number) => book.addRequest({ ...REQUEST, id: `r${at}` });
    await Promise.all(Array.from({ length: PEOPLE_LIMITS.requestsPending }, (_, at) => add(at)));
    await rejects(add(-1), { code: "ACCESS_REFUSED" });
    await book.requests.put("r0", { ...REQUEST, id: "r0", state: "denied" });
    await add(-1);
    await book.sweep(REQUEST_MS - 1);
    equal(book.requests.size, PEOPLE_LIMITS.requestsPending + 1);
    await book.sweep(REQUEST_MS);
    deepEqual(book.requests.all().map(({ id }) => id), ["r0"]);
    await book.sweep(PEOPLE_LIMITS.requestDays * 86_400_000);
    equal(book.requests.size, 0);
  }));

Deno.test("bounds: texts that people type are cut or refused, never kept whole", async () => {
  await using rig = await PeopleRig.open();
  const { token } = await rig.person("anna", "technician");
  const long = "x".repeat(100_000);
  await rejects(rig.login(long, long), { code: "LOGIN_REFUSED" });
  await rejects(rig.login("anna", long), { code: "LOGIN_REFUSED" });
  const by = rig.by(token);
  await rejects(rig.call("people.password.change", { by, current: long, next: long }), { code: "LOGIN_REFUSED" });
  const wish = { station: "CP001", deviceRole: "user", capability: "view" } as const;
  await rejects(rig.call("people.access.open", { by, wish: { ...wish, station: long }, reason: "test" }), {
    code: "STATION_UNKNOWN",
  });
  equal(JSON.stringify(rig.audited).includes("x".repeat(300)), false);
});

Deno.test("bounds: refusals while locked are recorded now and then with their number, not one by one", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("anna", "technician");
  for (let at = 0; at < 6; at++) await rejects(rig.login("anna", "wrong"));
  const refused = () => rig.events("people.login.refused").filter(({ rule }) => rule === "login.locked");
  for (let at = 0; at < 50; at++) await rejects(rig.login("anna", "wrong"), { code: "LOGIN_REFUSED" });
  equal(refused().length, 1);
  rig.time.advance(60_000);
  await rejects(rig.login("anna", "wrong"));
  await waitFor("the second record", () => refused().length === 2);
  deepEqual(refused()[1]!.detail, { unrecorded: 49 });
});

Deno.test("bounds: tries of many names from one address at one moment are counted each, up to the limit and no further", () =>
  withStore(async (store, time) => {
    const parts = {
      ...{ clock: time as never, digest: (_: string, text: string) => Promise.resolve(text.padEnd(32, "0")) },
      scope: () => "person" as const,
    };
    const lockouts = await Lockouts.open(store, parts as never), source = "10.0.0.9";
    const fail = (at: number) => lockouts.fail({ name: `p${at}`, source });
    await Promise.all(Array.from({ length: SOURCE_LOCKOUT.failures - 1 }, (_, at) => fail(at)));
    equal(await lockouts.lockedMs({ name: "other", source }), 0);
    await fail(1_000);
    equal(await lockouts.lockedMs({ name: "other", source }), SOURCE_LOCKOUT.lockMs);
  }));

Deno.test("bounds: two administrators who remove each other at one moment leave one", async () => {
  await using rig = await PeopleRig.open();
  await rig.person("eva", "administrator");
  await rig.person("max", "administrator");
  const remove = (name: string, by: string) => rig.command("user remove", { name }, by);
  const ends = await Promise.allSettled([remove("max", "eva"), remove("eva", "max")]);
  deepEqual(ends.map(({ status }) => status), ["fulfilled", "rejected"]);
});

Deno.test("bounds: two accounts of one name at one moment are one, and the other is told", () =>
  withStore(async (store) => {
    const accounts = await Accounts.open(store);
    const ends = await Promise.allSettled(["A", "B"].map((displayName) => accounts.add({ ...ACCOUNT, displayName })));
    deepEqual(ends.map(({ status }) => status), ["fulfilled", "rejected"]);
    equal(accounts.get("anna")!.displayName, "A");
  }));
