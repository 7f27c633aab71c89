import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { systemRandom } from "../../core/timers.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import type { LoginEnd } from "../../core/device_link_api.ts";
import { LoginBudget } from "./login_budget.ts";

const STATION = "CP001";

/** A budget on a store in memory; `login` tries a secret and tells how it went. */
async function withBudget(
  use: (login: Login, budget: LoginBudget, store: Store) => Promise<void>,
): Promise<void> {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    const budget = await LoginBudget.open(store, systemRandom);
    await use(loginsOf(budget), budget, store);
  } finally {
    await store.close();
  }
}

type Login = (secret: string, end: LoginEnd, isTried?: boolean, role?: string) => Promise<string>;

function loginsOf(budget: LoginBudget): Login {
  return async (secret, end, isTried = false, role = "operator") => {
    const turn = await budget.begin({ station: STATION, role, secret, ...isTried ? { isTried } : {} }, 1);
    if (!turn.allowed) return "spent";
    await budget.end(turn.attempt, end);
    return end;
  };
}

Deno.test("EV-11: another secret that a person wrote is another matter; one that a program tries is not", () =>
  withBudget(async (login) => {
    deepEqual([await login("a", "refused"), await login("a", "refused"), await login("a", "in")], [
      "refused",
      "refused",
      "spent",
    ]);
    equal(await login("b", "refused"), "refused", "the person wrote another one");
    equal(await login("c", "refused", true), "refused", "the second in all");
    equal(await login("d", "in", true), "spent");
    equal(await login("e", "in"), "spent", "a program's try is not forgotten by another file");
  }));

Deno.test("EV-11: a login that comes in ends the count of its account, whoever tried before", () =>
  withBudget(async (login, budget) => {
    await login("a", "refused", true);
    equal(budget.hasTries(STATION), true);
    equal(await login("b", "in", true), "in");
    equal(budget.hasTries(STATION), false);
    deepEqual([await login("a", "refused", true), await login("a", "unknown", true), await login("b", "in", true)], [
      "refused",
      "unknown",
      "spent",
    ]);
  }));

Deno.test("EV-11: tries of a program at one role count for the others, and over a restart", () =>
  withBudget(async (login, _, store) => {
    await login("a", "refused", true, "operator");
    await login("a", "refused", true, "manufacturer");
    const again = await LoginBudget.open(store, systemRandom);
    equal(await loginsOf(again)("b", "in", true, "user"), "spent");
    equal(await again.reset(STATION), 2);
    equal(await loginsOf(again)("b", "in", true, "user"), "in");
  }));

Deno.test("EV-11: what the device has not seen costs nothing", () =>
  withBudget(async (login, budget) => {
    for (const end of ["busy", "closed", "must-change", "strange", "unreachable"] as const) {
      equal(await login("a", end, true), end);
      equal(budget.hasTries(STATION), false, end);
    }
  }));
