import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { OcppRule } from "../../policies/ocpp_rule.ts";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../../tests/support/ocpp_rig.ts";
import { startOcpp } from "./service.ts";
import type { OcppSiteRules } from "./worker_config.ts";

const RULES: readonly OcppRule[] = [
  {
    id: "firmware-hosts",
    effect: "deny",
    because: "Not from there",
    from: "csms",
    actions: ["UpdateFirmware"],
    hostsOutside: ["fw.example"],
  },
  { id: "bender", effect: "deny", because: "Not this one", vendors: ["bender"], actions: ["ClearCache"] },
  { id: "streams", effect: "deny", because: "No", from: "station", actions: ["NotifyPeriodicEventStream"] },
  { id: "rest", effect: "allow", because: "The rest" },
];

/** A real Worker service between real sockets, one station of this version. */
async function withRules(
  protocol: string,
  run: (rig: {
    station: Peer;
    csms: Peer;
    control: FakeControl;
    apply: (rules: OcppSiteRules | undefined) => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const far = new FakeCsms();
  const upstream = `ws://127.0.0.1:${await far.listen()}/csms`;
  const control = new FakeControl(({ stationId }) =>
    admission(upstream, stationId, { resource: { vendor: "bender" } })
  );
  const context = workerContext(control, [PLAIN]);
  const siteRules: OcppSiteRules = { rules: RULES, mode: "enforce", timeZone: "UTC" };
  const config = { ...context.config, siteRules };
  const service = await startOcpp({ ...context, config });
  const station = await connectStation(`${service.listening!["ocpp:plain"]}/ocpp/CP001`, { protocols: [protocol] });
  ok(station instanceof Peer, `refused with ${station}`);
  await until(() => far.peers.length === 1);
  const apply = async (rules: OcppSiteRules | undefined) => {
    const { siteRules: _, ...rest } = config;
    await service.reconfigure!(rules ? { ...rest, siteRules: rules } : rest);
  };
  try {
    await run({ station, csms: far.peers[0]!, control, apply });
  } finally {
    await service.drain(1_000);
    station.socket.terminate();
    await far.close();
  }
}

const TRICKS = [
  `{"location":"https://evil.example/1"}`,
  `{"\\u006cocation":"https://evil\\u002eexample/1"}`,
  `{"location":"https://fw.example/1","location":"https://evil.example/1"}`,
  `{"location":"https://fw.example@evil.example/1"}`,
  `{"Location":"https://evil.example/1"}`,
];

Deno.test("site rules on the wire: what the CSMS may not send is answered with the rule, and no byte of it reaches the station", () =>
  withRules("ocpp1.6", async ({ station, csms, control }) => {
    for (const [at, payload] of TRICKS.entries()) csms.send(`[2,"t${at}","UpdateFirmware",${payload}]`);
    csms.send(`[2,"v","ClearCache",{}]`);
    await until(() => csms.texts.length === TRICKS.length + 1);
    const answers = csms.texts.map((text) => JSON.parse(text));
    for (const [at] of TRICKS.entries()) {
      deepEqual(answers[at], [4, `t${at}`, "SecurityError", "Not from there", { rule: "site.firmware-hosts" }]);
    }
    deepEqual(answers.at(-1), [4, "v", "SecurityError", "Not this one", { rule: "site.bender" }]);
    const good =
      `[2, "g" ,"Update\\u0046irmware",{"location":"https:\\/\\/fw.example/1.0","retrieveDate" : "2026-01-01T00:00:00Z"}]`;
    csms.send(good);
    await until(() => station.texts.length === 1);
    deepEqual(station.texts, [good], "what is allowed passes with the bytes it came in");
    const refused = control.audited.filter(({ event }) => event === "ocpp.message.refused");
    deepEqual(refused.map(({ rule, outcome }) => [rule, outcome]), [
      ["site.firmware-hosts", "refused"],
      ["site.bender", "refused"],
    ], "equal refusals are one record");
    deepEqual(control.alarms.map(({ kind, subject }) => [kind, subject]), [["ocpp.rules.refused", "main"]]);
  }));

Deno.test("site rules on the wire: a signed message is judged by what it signs and passes byte for byte", () =>
  withRules("ocpp2.0.1", async ({ station, csms }) => {
    const signed = (location: string, id: string) => {
      const content = JSON.stringify({
        requestId: 1,
        firmware: { location, retrieveDateTime: "2026-01-01T00:00:00Z" },
      });
      return `[2,"${id}","UpdateFirmware-Signed",{ "payload":"${
        Buffer.from(content).toString("base64url")
      }","signatures":[]}]`;
    };
    csms.send(signed("https://evil.example/1", "bad"));
    csms.send(signed("https://fw.example/1", "good"));
    await until(() => station.texts.length === 1 && csms.texts.length === 1);
    equal(station.texts[0], signed("https://fw.example/1", "good"));
    match(csms.texts[0]!, /^\[4,"bad","SecurityError"/);
  }));

Deno.test("site rules on the wire: a refused SEND of OCPP 2.1 is dropped and recorded, there is no answer to it", () =>
  withRules("ocpp2.1", async ({ station, csms, control }) => {
    station.send(
      `[6,"s","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[]}]`,
    );
    station.send(`[2,"h","Heartbeat",{}]`);
    await until(() => csms.texts.length === 1);
    match(csms.texts[0]!, /Heartbeat/);
    deepEqual(station.texts, []);
    equal(control.audited.some(({ rule }) => rule === "site.streams"), true);
  }));

Deno.test("site rules on the wire: new rules hold for the next message of a live connection, which stays open", () =>
  withRules("ocpp1.6", async ({ station, csms, control, apply }) => {
    const clear = (id: string) => csms.send(`[2,"${id}","ClearCache",{}]`);
    clear("a");
    await until(() => csms.texts.length === 1);
    await apply({ rules: RULES, mode: "observe", timeZone: "UTC" });
    clear("b");
    await until(() => station.texts.length === 1);
    station.send(`[3,"b",{"status":"Accepted"}]`);
    await until(() => csms.texts.length === 2);
    const noted = control.audited.find(({ event, rule }) => event === "ocpp.message.unusual" && rule === "site.bender");
    equal(noted?.detail?.["kind"], "would-refuse");
    await apply(undefined);
    clear("c");
    await until(() => station.texts.length === 2);
    station.send(`[3,"c",{"status":"Accepted"}]`);
    await apply({ rules: RULES, mode: "enforce", timeZone: "UTC" });
    clear("d");
    await until(() => csms.texts.length === 4);
    match(csms.texts[3]!, /^\[4,"d","SecurityError"/);
    equal(station.closed, undefined);
  }));
