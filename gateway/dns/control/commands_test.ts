import { deepStrictEqual as equal, match, rejects } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { Site } from "../../config/schema.ts";
import type { CommandResult } from "../../control/contract.ts";
import type { DnsState } from "../../core/dns_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { openStore } from "../../store/kv_store.ts";
import { type DnsCommandParts, dnsCommands } from "./commands.ts";
import { DeniedNames } from "./denied_names.ts";

const DNS = {
  listen: "127.0.0.1:53",
  upstream: [{ tls: "9.9.9.9:853" }],
  allow: ["csms.example"],
  answers: { "gw.example": "10.20.0.1" },
  nameRules: [
    { id: "fw", effect: "allow", because: "Firmware", names: ["fw.example"], vendors: ["bender"], stations: ["CP001"] },
    { id: "never", effect: "deny", because: "Advertising", names: ["*.ads.example"] },
  ],
};
const STATE: DnsState = {
  upstreams: [{ id: "9.9.9.9:853", kind: "tls", state: "ok" }],
  cache: { entries: 3, bytes: 2_000 },
  outcomes: { cached: 5 },
  mode: "enforce",
};

/** The commands over a store in memory. */
async function withCommands(
  run: (
    ask: (name: string, args?: Record<string, string>) => Promise<CommandResult>,
    parts: { denied: DeniedNames; audited: unknown[]; worker: { state: DnsState | Error } },
  ) => Promise<void>,
  dns: object | null = DNS,
): Promise<void> {
  const time = new ManualTime();
  const store = await openStore({ path: ":memory:", clock: time, timers: time });
  const denied = await DeniedNames.open(store, time);
  const audited: unknown[] = [];
  const worker = { state: STATE as DnsState | Error };
  const call = (method: string) => {
    if (worker.state instanceof Error) return Promise.reject(worker.state);
    return Promise.resolve(method === "dns.flush" ? { forgotten: 3 } : worker.state);
  };
  const context = {
    site: Site.parse({ version: 1, site: { id: "g" }, ...dns ? { dns } : {} }),
    audit: { record: (event: unknown) => Promise.resolve({ sequence: audited.push(event) }) },
    workers: { get: () => ({ call }) },
  } as unknown as DnsCommandParts["context"];
  const stations = async () => [{ address: "10.20.0.11", station: "CP001", vendor: "bender" }];
  const commands = dnsCommands({ context, denied, stations });
  try {
    await run((name, args = {}) => commands[name]!(args, "eva"), { denied, audited, worker });
  } finally {
    await store.close();
  }
}

Deno.test("dns explain: every way a name can go", async () => {
  await withCommands(async (ask) => {
    const said = async (name: string, args = {}) => (await ask("dns explain", { name, ...args })).text;
    match(
      await said("CSMS.Example."),
      /^A csms\.example is looked up upstream for a client that is no station \(dns\.allow\)/,
    );
    match(await said("gw.example"), /is answered with 10\.20\.0\.1/);
    match(await said("fw.example", { station: "CP001" }), /is looked up upstream for CP001 \(fw\)/);
    match(await said("fw.example", { station: "10.20.0.11" }), /for CP001/);
    match(
      await said("fw.example", { station: "10.20.0.12" }),
      /is refused to a client that is no station by dns\.default-deny/,
    );
    match(await said("x.ads.example"), /by never: Advertising[\s\S]*change the rule itself/);
    match(await said("csms.example", { type: "txt" }), /by dns\.type[\s\S]*Add TXT to dns\.types/);
    equal((await ask("dns explain", { name: "evil.example" })).ok, false);
    await rejects(said("a b"), { code: "CLI_USAGE" });
    await rejects(said("csms.example", { station: "CP009" }), { code: "CTL_REFUSED" });
  });
});

Deno.test("dns status: the Worker's state and all names; its silence, and a site without DNS, are said", async () => {
  await withCommands(async (ask, { worker }) => {
    const { text, data, ok } = await ask("dns status");
    equal(ok, true);
    match(text, /9\.9\.9\.9:853\s+tls\s+ok[\s\S]*3 answers are kept \(2 KiB\)[\s\S]*5 cached/);
    equal(
      (data as { names: { name: string; effect: string; who: string }[] }).names.map((
        { name, effect, who },
      ) => [name, effect, who]),
      [
        ["*.ads.example", "deny", ""],
        ["gw.example", "answer", ""],
        ["csms.example", "allow", ""],
        ["fw.example", "allow", "station CP001, vendor bender"],
      ],
    );
    worker.state = new GatewayError("RPC_PEER_GONE", 'Worker "dns" is not running');
    const silent = await ask("dns status");
    equal(silent.ok, false);
    match(silent.text, /THE DNS WORKER DOES NOT ANSWER[\s\S]*csms\.example/);
  });
  await withCommands(async (ask) => {
    match((await ask("dns status")).text, /This site has no DNS[\s\S]*No name is allowed/);
    await rejects(ask("dns explain", { name: "a.example" }), { code: "CTL_REFUSED" });
  }, null);
});

Deno.test("dns denied, forget and flush: what was refused, how to allow it, and who cleared it", async () => {
  await withCommands(async (ask, { denied, audited }) => {
    equal((await ask("dns denied")).text, "No name was refused.");
    const at = Date.UTC(2026, 0, 1);
    const questions = {
      source: "10.20.0.11",
      station: "CP001",
      name: "evil.example",
      type: "A",
      count: 2,
      firstAt: at,
      lastAt: at,
    };
    await denied.take([
      { ...questions, rule: "dns.default-deny", reason: "No rule allows this name" },
      { ...questions, name: "(any)", type: "(any)", rule: "dns.rate", reason: "It asks more than 20 times a second" },
    ]);
    const { text, data } = await ask("dns denied", { station: "CP001" });
    match(text, /CP001\s+evil\.example\s+A\s+2\s+2026-01-01T00:00:00\.000Z\s+dns\.default-deny/);
    match(text, /add evil\.example to dns\.allow/);
    match(text, /\(any\): It asks more than 20 times a second \(dns\.rate\)/);
    equal((data as unknown[]).length, 2);
    equal((await ask("dns denied", { station: "CP002" })).text, "No name was refused.");
    match((await ask("dns forget", { station: "CP001" })).text, /^2 refused names/);
    match((await ask("dns flush")).text, /^3 kept answers/);
    equal((audited as { event: string; who: string }[]).map(({ event, who }) => [event, who]), [
      ["dns.denied.forgotten", "eva"],
      ["dns.cache.flushed", "eva"],
    ]);
  });
});
