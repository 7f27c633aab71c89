import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { systemClock } from "../core/clock.ts";
import { systemRandom } from "../core/timers.ts";
import { createAuthority } from "./demo_pki.ts";
import { createRpcClient } from "./ocpp_rpc.ts";
import type { StationAccess } from "./model.ts";
import { StrictCsms } from "./strict_csms.ts";
import { accessTo, PASSWORD, specOf, startCsms } from "./testing/bench.ts";

const tryAs = async (id: string, access: StationAccess): Promise<number | string> => {
  const client = createRpcClient(id, "ocpp1.6", access);
  try {
    await client.connect();
    return 101;
  } catch (error) {
    return (error as { code: number | string }).code;
  } finally {
    await client.close();
  }
};

Deno.test("demo CSMS: refuses unknown ids with 404, wrong passwords and wrong paths", async () => {
  const { csms } = await startCsms(1, ["CP001"]);
  try {
    equal(await tryAs("CP001", { endpoint: csms.url, password: PASSWORD }), 101);
    equal(await tryAs("CP002", { endpoint: csms.url, password: PASSWORD }), 404);
    equal(await tryAs("CP001", { endpoint: csms.url, password: PASSWORD.slice(1) }), 401);
    equal(await tryAs("CP001", { endpoint: csms.url }), 401);
    equal(await tryAs("CP001", { endpoint: `${csms.url}/deeper`, password: PASSWORD }), 404);
    equal(csms.refused, 4);
  } finally {
    await csms.stop();
  }
});

Deno.test("demo CSMS: with client certificates, refuses none, a foreign one and another station's", async () => {
  const { csms, authority } = await startCsms(3, ["CP001"]);
  const other = await startCsms(3, ["CP001"]);
  const spec = specOf("CP001", "ocpp1.6", 3);
  const access = accessTo(csms, authority, spec);
  try {
    equal(await tryAs("CP001", access), 101);
    equal(await tryAs("CP001", { ...access, ...authority.issue({ commonName: "CP002", usage: "client" }) }), 401);
    const foreign = other.authority.issue({ commonName: "CP001", usage: "client" });
    equal(await tryAs("CP001", { ...access, ...foreign }), "ECONNRESET");
  } finally {
    await csms.stop();
    await other.csms.stop();
  }
});

Deno.test("demo CSMS: a message that breaks the schema is answered an error and remembered", async () => {
  const { csms, authority } = await startCsms(1, ["CP001"]);
  const { endpoint, password } = accessTo(csms, authority, specOf("CP001", "ocpp1.6", 1));
  const url = new URL(`${endpoint}/CP001`);
  url.username = "CP001";
  const { WebSocket } = await import("ws");
  const basic = btoa("CP001:" + String.fromCharCode(...password!));
  const socket = new WebSocket(`${endpoint}/CP001`, ["ocpp1.6"], { headers: { authorization: `Basic ${basic}` } });
  try {
    const answers: string[] = [];
    socket.on("message", (data) => void answers.push(String(data)));
    await waitFor("the upgrade", () => socket.readyState === socket.OPEN);
    socket.send('[2,"1","BootNotification",{"chargePointVendor":"x"}]');
    socket.send("no json");
    await waitFor("both answers", () => answers.length === 2);
    match(answers.join(), /\[4,"1","Occur+enceConstraintViolation"/);
    match(csms.faults.join(), /BootNotification.*chargePointModel.*bad message/);
  } finally {
    socket.terminate();
    await csms.stop();
  }
});

Deno.test("demo CSMS: a newer connection of the same station replaces the older one", async () => {
  const { csms } = await startCsms(1, ["CP001"]);
  const access = { endpoint: csms.url, password: PASSWORD };
  const [older, newer] = [createRpcClient("CP001", "ocpp1.6", access), createRpcClient("CP001", "ocpp1.6", access)];
  let closed = 0;
  older.on("disconnect", ({ code }) => void (closed = code));
  try {
    await older.connect();
    await newer.connect();
    await waitFor("the older one to be closed", () => closed === 1000);
    deepEqual(csms.connected, ["CP001"]);
    await rejects(csms.call("CP404", "Reset", { type: "Soft" }), /not connected/);
  } finally {
    await newer.close();
    await csms.stop();
  }
});

for (const [how, code] of [["drain", 1001], ["crash", 1006]] as const) {
  Deno.test(`demo CSMS: ${how} ends every connection with ${code}`, async () => {
    const { csms } = await startCsms(1, ["CP001"]);
    const client = createRpcClient("CP001", "ocpp1.6", { endpoint: csms.url, password: PASSWORD });
    let closed = 0;
    client.on("disconnect", (event) => void (closed = event.code));
    await client.connect();
    await csms.stop(how);
    await waitFor("the close", () => closed === code);
    await client.close();
  });
}

Deno.test("demo CSMS: a plain request is told to upgrade", async () => {
  const { csms } = await startCsms(1, ["CP001"]);
  try {
    const response = await fetch(csms.url.replace("ws:", "http:"));
    await response.body?.cancel();
    equal(response.status, 426);
  } finally {
    await csms.stop();
  }
});

Deno.test("demo CSMS: a station with a certificate of its own needs no password, one with a password no certificate", async () => {
  const authority = createAuthority("CSMS CA", systemClock.now(), systemRandom);
  const server = authority.issue({ commonName: "127.0.0.1", usage: "server", names: ["127.0.0.1"] });
  const csms = await StrictCsms.start({
    ...{ host: "127.0.0.1", port: 0, badges: new Set(), heartbeatSeconds: 60, clock: systemClock },
    tls: { ...server, clientCaPem: authority.certPem },
    passwords: new Map([["CP001", PASSWORD]]),
    certificateOnly: new Set(["CP002"]),
  });
  const access = { endpoint: csms.url, caPem: authority.certPem };
  const own = authority.issue({ commonName: "CP002", usage: "client" });
  const foreign = createAuthority("Other", systemClock.now(), systemRandom);
  try {
    equal(await tryAs("CP001", { ...access, password: PASSWORD }), 101);
    equal(await tryAs("CP001", { ...access, ...own }), 401);
    equal(await tryAs("CP002", { ...access, ...own }), 101);
    equal(await tryAs("CP002", { ...access, password: PASSWORD }), 401);
    equal(await tryAs("CP002", { ...access, ...foreign.issue({ commonName: "CP002", usage: "client" }) }), 401);
  } finally {
    await csms.stop();
  }
});
