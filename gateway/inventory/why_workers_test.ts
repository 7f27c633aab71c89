import { deepEqual, match, ok } from "node:assert/strict";
import { basic, withInventory } from "./testing/inventory_rig.ts";

/** A second trust zone: stations without TLS, served by a Worker of their own. */
const PLAIN = { state: "ready", restarts: 0, listening: { "ocpp:old": "ws://10.0.1.1:8445" } } as const;
const TLS = { state: "ready", restarts: 0, listening: { "ocpp:new": "wss://10.0.0.1:8444" } } as const;
const reached = () => [{ step: "TLS", ok: true, detail: "verified" }];

Deno.test(
  "why: the CSMS is probed from the Worker of the station's own zone, whatever its place in the list",
  withInventory(async ({ command, answers, states, calls }) => {
    Object.assign(states, { "ocpp-0": PLAIN, "ocpp-1": TLS });
    Object.assign(answers, { "handshake.last": () => ({}), "upstream.probe": reached });
    await command("why", { station: "CP001" });
    deepEqual(calls.filter(({ method }) => method === "upstream.probe").map(({ worker }) => worker), ["ocpp-1"]);
  }),
);

Deno.test(
  "why: a Worker that gives no answer is passed over, for the probe and for handshakes",
  withInventory(async ({ command, answers, states }) => {
    Object.assign(states, { "ocpp-0": TLS, "ocpp-1": PLAIN });
    const gone = () => Promise.reject(new Error("the Worker has ended"));
    Object.assign(answers, { "ocpp-0 handshake.last": gone, "ocpp-0 upstream.probe": gone });
    Object.assign(answers, { "handshake.last": () => ({}), "upstream.probe": reached });
    const { text, ok: fine } = await command("why", { station: "CP001" });
    match(text, /CSMS TLS +ok +verified/);
    ok(fine, text);
  }),
);

Deno.test(
  "why: a listener whose Worker is down is down, though another zone's Worker is ready",
  withInventory(async ({ command, answers, states }) => {
    Object.assign(states, { "ocpp-0": { ...TLS, state: "backoff" }, "ocpp-1": PLAIN });
    Object.assign(answers, { "handshake.last": () => ({}), "upstream.probe": reached });
    match((await command("why", { station: "CP001" })).text, /listener +bad +127\.0\.0\.1:8444 is down/);
  }),
);

Deno.test(
  "why: failed handshakes of a station without configured address are found by where it came from before",
  withInventory(async ({ admit, command, answers }) => {
    await admit({ stationId: "CP004", source: "10.0.0.44", basic: basic("CP004", "wrong") });
    const fault = { reason: "InvalidTLSVersion", at: "2026-01-01T00:00:01.000Z" };
    answers["handshake.last"] = ({ source }: { source: string }) => source === "10.0.0.44" ? { fault } : {};
    answers["upstream.probe"] = reached;
    match((await command("why", { station: "CP004" })).text, /TLS +bad +handshake failed at 2026.*InvalidTLSVersion/);
  }),
);

Deno.test(
  "why: for a station that never came, the addresses whose handshakes failed lately are named",
  withInventory(async ({ command, answers }) => {
    const faults = [{ source: "10.0.0.9", reason: "InvalidTLSVersion", at: "2026-01-01T00:00:01.000Z" }];
    Object.assign(answers, { "handshake.recent": () => ({ faults }), "upstream.probe": reached });
    const { text } = await command("why", { station: "CP003" });
    match(text, /TLS +unknown +its address is not known; handshakes failed from 10\.0\.0\.9 at .*InvalidTLSVersion/);
    match(text, /unless one of the failed TLS handshakes above is its own/);
  }),
);
