import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { DeniedQuestions } from "../../core/dns_api.ts";
import { openStore } from "../../store/kv_store.ts";
import { DNS_LIMITS } from "../limits.ts";
import { DeniedNames } from "./denied_names.ts";

const DAY_MS = 86_400_000;
const TEN_MINUTES_MS = 600_000;

/** Names on a store in memory; `reopen` is a gateway that was started again. */
async function withNames(
  run: (names: DeniedNames, time: ManualTime, reopen: () => Promise<DeniedNames>) => Promise<void>,
) {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  try {
    await run(await DeniedNames.open(store, time), time, () => DeniedNames.open(store, time));
  } finally {
    await store.close();
  }
}

function asked(time: ManualTime, name: string, more: Partial<DeniedQuestions> = {}): DeniedQuestions {
  const at = time.now();
  const base = {
    source: "10.20.0.11",
    station: "CP001",
    name,
    type: "A",
    rule: "dns.default-deny",
    reason: "No rule",
    count: 1,
  };
  return { ...base, firstAt: at, lastAt: at, ...more };
}

Deno.test("dns denied: a new name is kept over a restart, audited once, and counted on", async () => {
  await withNames(async (names, time, reopen) => {
    const [event] = await names.take([asked(time, "evil.example", { count: 3 })]);
    equal([event!.event, event!.who, event!.target, event!.rule, event!.outcome, event!.detail], [
      "dns.query.refused",
      "CP001",
      "evil.example",
      "dns.default-deny",
      "refused",
      { type: "A", count: 3 },
    ]);
    time.advance(1_000);
    equal(await names.take([asked(time, "evil.example", { type: "AAAA" })]), []);
    const [entry] = names.list();
    equal([entry!.count, entry!.types, entry!.lastAt - entry!.firstAt], [4, ["A", "AAAA"], 1_000]);
    equal((await reopen()).list().map(({ name, count }) => [name, count]), [["evil.example", 3]]);
  });
});

Deno.test("dns denied: what is stored as audited is in the audit trail before, so a kill loses none", async () => {
  await withNames(async (names, time, reopen) => {
    const stored: number[] = [];
    const taking = names.take(
      [asked(time, "evil.example")],
      async () => void stored.push((await reopen()).list().length),
    );
    let isSettled = false;
    const settled = names.settled().then(() => isSettled = true);
    equal(isSettled, false);
    await taking;
    await settled;
    equal(stored, [0], "recorded before it was stored");
    equal((await reopen()).list().length, 1);
  });
});

Deno.test("dns denied: counts reach the disk every ten minutes and at the end, not with every question", async () => {
  await withNames(async (names, time, reopen) => {
    const stored = async () => (await reopen()).list()[0]!.count;
    await names.take([asked(time, "a")]);
    await names.take([asked(time, "a")]);
    equal(await stored(), 1);
    time.advance(TEN_MINUTES_MS);
    await names.take([asked(time, "a")]);
    equal(await stored(), 3);
    await names.take([asked(time, "a")]);
    equal(await stored(), 3);
    await names.flush();
    equal(await stored(), 4);
  });
});

Deno.test("dns denied: what goes on is audited once a day", async () => {
  await withNames(async (names, time) => {
    equal((await names.take([asked(time, "a")])).length, 1);
    time.advance(DAY_MS - 1);
    equal((await names.take([asked(time, "a")])).length, 0);
    time.advance(1);
    equal((await names.take([asked(time, "a")])).length, 1);
  });
});

Deno.test("dns denied: a client that invents names fills neither audit nor list", async () => {
  await withNames(async (names, time) => {
    const { deniedAudits, deniedPerClient } = DNS_LIMITS;
    const flood = Array.from({ length: deniedPerClient + 1 }, (_, at) => {
      time.advance(1);
      return asked(time, `n${at}`);
    });
    equal((await names.take(flood)).length, deniedAudits);
    equal(names.list("CP001").length, deniedPerClient);
    equal(names.list().some(({ name }) => name === "n0"), false, "the oldest made room");
    await names.take([asked(time, "other", { station: "CP002", source: "10.20.0.12" })]);
    equal(names.list("CP002").length, 1, "others are not touched");
    time.advance(3_600_000);
    const [event] = await names.take([asked(time, "later")]);
    equal(event!.detail!["leftOut"], deniedPerClient + 1 - deniedAudits);
  });
});

Deno.test("dns denied: all clients together stay within the limit", async () => {
  await withNames(async (names, time) => {
    const { deniedNames, deniedPerClient } = DNS_LIMITS;
    const clients = deniedNames / deniedPerClient;
    for (let client = 0; client <= clients; client++) {
      const of = { source: `10.20.1.${client}`, station: `S${client}` };
      const count = client === clients ? 1 : deniedPerClient;
      await names.take(Array.from({ length: count }, (_, at) => asked(time, `n${at}`, of)));
      time.advance(1);
      if (client === clients - 1) equal(names.list().length, deniedNames);
    }
    equal([names.list().length, names.list("S0").length], [deniedNames, deniedPerClient - 1]);
  });
});

Deno.test("dns denied: what nobody asks for any more is forgotten after a month", async () => {
  await withNames(async (names, time, reopen) => {
    await names.take([asked(time, "old")]);
    time.advance(DNS_LIMITS.deniedDays * DAY_MS);
    await names.take([asked(time, "new")]);
    equal(names.list().map(({ name }) => name), ["new", "old"]);
    time.advance(1);
    await names.take([asked(time, "new")]);
    equal([names.list().length, (await reopen()).list().length], [1, 1]);
  });
});

Deno.test("dns denied: a station keeps its list with another address; an address named like a station is another", async () => {
  await withNames(async (names, time) => {
    await names.take([asked(time, "a"), asked(time, "a", { source: "10.20.0.99" })]);
    const { station: _, ...stranger } = asked(time, "a", { source: "CP001" });
    await names.take([stranger]);
    equal(names.list().map(({ client, isStation, count }) => [client, isStation, count]), [
      ["CP001", true, 2],
      ["CP001", false, 1],
    ]);
  });
});

Deno.test("dns denied: forgotten by client or all at once, on the disk too", async () => {
  await withNames(async (names, time, reopen) => {
    await names.take([asked(time, "a"), asked(time, "b", { station: "CP002" })]);
    equal(await names.forget("CP001"), 1);
    equal((await reopen()).list().map(({ client }) => client), ["CP002"]);
    equal([await names.forget(), (await reopen()).list().length], [1, 0]);
  });
});

Deno.test("dns denied: what is only tried out is recorded as such", async () => {
  await withNames(async (names, time) => {
    const [event] = await names.take([asked(time, "a", { observed: true })]);
    equal([event!.outcome, event!.detail!["observed"], names.list()[0]!.observed], ["ok", true, true]);
  });
});
