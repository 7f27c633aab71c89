import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import type { CommandArgs } from "../../control/contract.ts";
import type { AlarmRaise, AuditEvent } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import type { RecoveryOption } from "../../core/recovery.ts";
import { openStore } from "../../store/kv_store.ts";
import type { Store } from "../../store/store.ts";
import { Station } from "../config.ts";
import type { Adoptions, FactoryPassword, OldPages } from "./adoption.ts";
import { createAdoptionFeature, SEEN_CHARS } from "./feature.ts";

const UI = { url: "https://10.20.0.11", driver: "bender" };
const FACTORY: FactoryPassword = { role: "installer", name: "installer", verdict: "default" };
const CHANGED: FactoryPassword = { ...FACTORY, verdict: "changed" };
const UNKNOWN: FactoryPassword = { role: "operator", name: "operator", verdict: "unknown", why: "the device is away" };

const COPY: RecoveryOption = { kind: "copy", of: "operator", at: Date.UTC(2026, 10, 20) };
const CARD: RecoveryOption = { kind: "reset-card", of: "1f0c9a2b", at: Date.UTC(2026, 0, 2) };
const NO_WAY_IN = { code: "ADOPTION_OPEN", message: 'Nobody could get into "CP001" again if its password were lost' };

/** Adoption on a store in memory; what the controllers say is set by the test. */
class AdoptionRig {
  readonly audited: AuditEvent[] = [];
  readonly raised: AlarmRaise[] = [];
  readonly cleared: string[] = [];
  readonly asked: { station: string; who: string; again: boolean }[] = [];
  answer: () => readonly FactoryPassword[] = () => [CHANGED];
  /** Ways in by station; undefined: the site keeps no vault. */
  recovery: Readonly<Record<string, readonly RecoveryOption[]>> | undefined = { CP001: [COPY], CP002: [COPY] };
  oldPages: OldPages = "blocked";
  stations = [
    Station.parse({ id: "CP001", mac: "02:00:00:00:00:11", ui: UI }),
    Station.parse({ id: "CP002", ui: { ...UI, url: "https://10.20.0.12" } }),
    Station.parse({ id: "CP003" }),
  ];
  adoptions!: Adoptions;
  #commands: Awaited<ReturnType<typeof createAdoptionFeature>>["commands"];

  private constructor(readonly store: Store, readonly time: ManualTime) {}

  static async open(): Promise<AdoptionRig> {
    const time = new ManualTime(Date.UTC(2026, 10, 21));
    const rig = new AdoptionRig(await openStore({ path: ":memory:", clock: time, timers: time }), time);
    await rig.restart();
    return rig;
  }

  /** As after kill -9: everything anew from the store. */
  async restart(): Promise<void> {
    const feature = await createAdoptionFeature({
      context: {
        audit: { record: (event) => Promise.resolve({ sequence: this.audited.push(event) }) },
        alarms: {
          raise: (alarm) => Promise.resolve(void this.raised.push(alarm)),
          clear: (kind, subject) => Promise.resolve(void this.cleared.push(`${kind} ${subject}`)),
        },
        clock: this.time,
        store: this.store,
      },
      stations: { get: (id) => this.stations.find((each) => each.id === id), all: () => this.stations },
      check: (ask) => {
        this.asked.push(ask);
        return Promise.resolve().then(this.answer);
      },
      recovery: ({ id }) => this.recovery?.[id],
      oldPages: () => this.oldPages,
    });
    this.#commands = feature.commands;
    this.adoptions = feature.adoptions;
  }

  async run(command: "station adoption" | "station adoption finish", args: CommandArgs = {}) {
    return await this.#commands![command]!(args, "anna");
  }

  async states(): Promise<string[]> {
    const { data } = await this.run("station adoption");
    return (data as unknown as { station: string; state: string }[]).map(({ station, state }) => `${station} ${state}`);
  }
}

function withAdoption(test: (rig: AdoptionRig) => Promise<void>): () => Promise<void> {
  return async () => {
    const rig = await AdoptionRig.open();
    try {
      await test(rig);
    } finally {
      await rig.store.close();
    }
  };
}

const finish = (rig: AdoptionRig, station = "CP001", seen?: string) =>
  rig.run("station adoption finish", { station, ...seen === undefined ? {} : { seen } });

Deno.test(
  "EV-01: an adoption does not finish while a password of the factory works, also not on a person's word",
  withAdoption(async (rig) => {
    rig.answer = () => [CHANGED, FACTORY, { role: "manufacturer", name: "root", verdict: "default" }];
    for (const seen of [undefined, "all is well"]) {
      await rejects(finish(rig, "CP001", seen), {
        code: "ADOPTION_OPEN",
        message: 'A password of the factory still works at "CP001": installer, manufacturer (root)',
        hint: "Change it there, then finish the adoption again",
      });
    }
    deepEqual(await rig.states(), ["CP001 default", "CP002 open"]);
    deepEqual(rig.raised[0], {
      kind: "device.password.default",
      subject: "CP001",
      detail: "installer, manufacturer (root)",
    });
    const { event, outcome, rule, who, target, detail } = rig.audited[0]!;
    deepEqual([event, outcome, rule, who, target], ["station.adoption.refused", "refused", "EV-01", "anna", "CP001"]);
    deepEqual(detail, { accounts: "installer, manufacturer (root)" });
  }),
);

Deno.test(
  "EV-01: what is known of a factory password survives a restart, and the changed one is tried once more",
  withAdoption(async (rig) => {
    rig.answer = () => [FACTORY];
    await rejects(finish(rig), { code: "ADOPTION_OPEN" });
    await rig.restart();
    deepEqual(await rig.states(), ["CP001 default", "CP002 open"]);
    match((await rig.run("station adoption")).text, /CP001 +NOT finished: a password of the factory works: installer/);
    rig.answer = () => [CHANGED];
    await finish(rig);
    deepEqual(rig.asked.map(({ again }) => again), [false, true]);
    deepEqual(rig.cleared, ["device.password.default CP001"]);
    deepEqual(await rig.states(), ["CP002 open", "CP001 finished"]);
  }),
);

Deno.test(
  "EV-01: proven as changed, an adoption is finished, audited, and stays so over a restart without another try",
  withAdoption(async (rig) => {
    equal((await finish(rig)).text, "The adoption of CP001 is finished.");
    await rig.restart();
    await finish(rig);
    equal(rig.asked.length, 1, "what is finished is not tried again");
    deepEqual(rig.audited.map(({ event }) => event), ["station.adoption.finished"]);
    deepEqual(rig.asked[0], { station: "CP001", who: "anna", again: false });
  }),
);

for (
  const [name, answer, says] of [
    ["nothing is documented for the controller", [], /No password of the factory is documented/],
    ["one could not be tried", [CHANGED, UNKNOWN], /is not known for operator \(the device is away\)/],
  ] as const
) {
  Deno.test(
    `EV-01: where ${name}, a person says what was seen, and that stands in the audit`,
    withAdoption(async (rig) => {
      rig.answer = () => answer;
      await rejects(finish(rig), { code: "ADOPTION_OPEN", message: says, hint: /--seen/ });
      deepEqual(await rig.states(), ["CP001 open", "CP002 open"]);
      equal(rig.audited.length, 0, "nothing was found, nothing was decided");
      await finish(rig, "CP001", " all four set, sheet 12 ");
      equal(rig.audited[0]!.detail!["seen"], "all four set, sheet 12");
      match((await rig.run("station adoption")).text, /CP001 +finished +anna +all four set, sheet 12/);
    }),
  );
}

Deno.test(
  "EV-01: replaced hardware is adopted anew",
  withAdoption(async (rig) => {
    await finish(rig);
    rig.stations[0] = { ...rig.stations[0]!, mac: "02:00:00:00:00:99" };
    deepEqual(await rig.states(), ["CP001 other-hardware", "CP002 open"]);
    rig.answer = () => [FACTORY];
    await rejects(finish(rig), { code: "ADOPTION_OPEN" });
  }),
);

Deno.test(
  "EV-01: a check that fails finishes nothing and keeps what was known",
  withAdoption(async (rig) => {
    rig.answer = () => {
      throw new GatewayError("UI_NO_PAGES", "no driver");
    };
    await rejects(finish(rig, "CP001", "seen"), { code: "UI_NO_PAGES" });
    deepEqual(await rig.states(), ["CP001 open", "CP002 open"]);
  }),
);

Deno.test(
  "BC-13: an adoption does not finish without a way in, also not on a person's word, and says what to do",
  withAdoption(async (rig) => {
    rig.recovery = { CP001: [], CP002: [COPY] };
    for (const seen of [undefined, "the PUK is in my head"]) {
      await rejects(finish(rig, "CP001", seen), {
        ...NO_WAY_IN,
        hint: /secret rotate CP001 operator.*copy kept off this box.*secret import CP001 puk.*secret card-add CP001/,
      });
    }
    const { event, outcome, rule, who, target } = rig.audited[0]!;
    deepEqual([event, outcome, rule, who, target], ["station.adoption.refused", "refused", "BC-13", "anna", "CP001"]);
    await rig.restart();
    deepEqual(await rig.states(), ["CP001 no-recovery", "CP002 open"]);
    match((await rig.run("station adoption")).text, /CP001 +NOT finished: there is no way in if its password is lost/);
    await finish(rig, "CP002");
    rig.recovery = { CP001: [COPY, CARD] };
    const { text } = await finish(rig);
    ok(!text.includes("Warning"));
    deepEqual(await rig.states(), ["CP001 finished", "CP002 finished"]);
    const ways = "copy of operator (2026-11-20), reset card 1f0c9a2b (2026-01-02)";
    deepEqual(rig.audited.at(-1)!.detail, { recovery: ways, oldPages: "blocked" }, "the audit says how");
  }),
);

Deno.test(
  "BC-13: a factory password comes first; changed, its alarm ends although the way in is still missing",
  withAdoption(async (rig) => {
    rig.recovery = { CP001: [] };
    rig.answer = () => [FACTORY];
    await rejects(finish(rig), { message: /password of the factory still works/ });
    rig.answer = () => [CHANGED];
    await rejects(finish(rig), NO_WAY_IN);
    deepEqual(rig.cleared, ["device.password.default CP001"]);
    rig.recovery = { CP001: [CARD] };
    await finish(rig);
    deepEqual(rig.asked.map(({ again }) => again), [false, true, false]);
  }),
);

Deno.test(
  "BC-13: a site without a vault is not held up: it is warned once, and the audit says that nobody looked",
  withAdoption(async (rig) => {
    rig.recovery = undefined;
    const { text, data } = await finish(rig);
    match(text, /^The adoption of CP001 is finished\.\nWarning: .*was not looked at: this site keeps no vault/);
    match((data as { warning: string }).warning, /docs\/secrets\.md/);
    deepEqual(rig.audited[0]!.detail, { recovery: "not looked at", oldPages: "blocked" });
    equal((await finish(rig)).text.includes("Warning"), false);
  }),
);

Deno.test(
  "BC-13: a controller that was finished before the site kept a vault stays finished",
  withAdoption(async (rig) => {
    rig.recovery = undefined;
    await finish(rig);
    rig.recovery = { CP001: [], CP002: [] };
    await rig.restart();
    await finish(rig);
    deepEqual(await rig.states(), ["CP002 open", "CP001 finished"]);
  }),
);

Deno.test(
  "BC-14: an adoption does not finish while the old pages are open to everybody, also not on a person's word",
  withAdoption(async (rig) => {
    rig.oldPages = "open";
    for (const seen of [undefined, "the web interface is set to 2.0"]) {
      await rejects(finish(rig, "CP001", seen), {
        code: "ADOPTION_OPEN",
        message: /old pages of "CP001" are open/,
        hint: /`oldPages: allowed`/,
      });
    }
    const { event, outcome, rule, target } = rig.audited[0]!;
    deepEqual([event, outcome, rule, target], ["station.adoption.refused", "refused", "BC-14", "CP001"]);
    await rig.restart();
    deepEqual(await rig.states(), ["CP001 old-pages", "CP002 open"]);
    match((await rig.run("station adoption")).text, /CP001 +NOT finished: the maker's old pages are open to everybody/);
    for (const [station, oldPages] of [["CP001", "by-grant"], ["CP002", "none"]] as const) {
      rig.oldPages = oldPages;
      await finish(rig, station);
      equal(rig.audited.at(-1)!.detail!["oldPages"], oldPages, "the audit says how they are kept closed");
    }
  }),
);

Deno.test(
  "adoption: what keeps a controller from being handed over is named by its rules, without trying a password",
  withAdoption(async (rig) => {
    rig.recovery = { CP001: [] };
    rig.oldPages = "open";
    const rules = () => rig.adoptions.faults("CP001").map(({ rule }) => rule);
    deepEqual(rules(), ["EV-01", "BC-13", "BC-14"]);
    match(rig.adoptions.faults("CP001")[0]!.why, /^Nobody has looked for passwords of the factory at "CP001"/);
    equal(rig.asked.length, 0);
    rig.answer = () => [FACTORY];
    await rejects(finish(rig), { code: "ADOPTION_OPEN" });
    match(rig.adoptions.faults("CP001")[0]!.why, /^A password of the factory works: installer at "CP001"/);
    rig.answer = () => [CHANGED];
    await rejects(finish(rig), { code: "ADOPTION_OPEN" });
    deepEqual(rules(), ["BC-13", "BC-14"]);
    rig.recovery = undefined;
    deepEqual(rules(), ["BC-14"]);
    rig.oldPages = "blocked";
    await finish(rig);
    deepEqual(rules(), []);
    rig.recovery = { CP001: [] };
    deepEqual(rules(), ["BC-13"], "a way in that is lost later counts when a bay is handed over");
    rig.stations[0] = { ...rig.stations[0]!, serial: "other" };
    deepEqual(rules(), ["EV-01", "BC-13"], "other hardware has to be looked at anew");
    throws(() => rig.adoptions.faults("CP999"), { code: "STATION_UNKNOWN" });
  }),
);

Deno.test(
  "adoption: a station without pages, an unknown one, and a word that is none are refused by name",
  withAdoption(async (rig) => {
    await rejects(finish(rig, "CP003"), { code: "STATION_INVALID", hint: /posture confirm/ });
    await rejects(finish(rig, "CP999"), { code: "STATION_UNKNOWN" });
    for (const seen of ["", "  ", "x".repeat(SEEN_CHARS + 1)]) {
      await rejects(finish(rig, "CP001", seen), { code: "CLI_USAGE" });
    }
    equal(rig.asked.length, 0);
    await finish(rig, "CP001", "x".repeat(SEEN_CHARS));
  }),
);

Deno.test(
  "adoption: the list says by its exit whether all is finished, and so for a site without pages",
  withAdoption(async (rig) => {
    equal((await rig.run("station adoption")).ok, false);
    await finish(rig);
    await finish(rig, "CP002");
    equal((await rig.run("station adoption")).ok, true);
    rig.stations = [Station.parse({ id: "CP003" })];
    match((await rig.run("station adoption")).text, /opens no controller's pages/);
  }),
);
