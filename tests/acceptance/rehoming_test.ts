import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parse, stringify } from "yaml";
import { makeRequest } from "../../gateway/inventory/upstream/upstream_certificate.ts";
import { FIRST_PASSWORD, type RehomingRig, STATION_PASSWORD, STATIONS, withRehoming } from "../support/rehoming_rig.ts";
import { runOk } from "../support/run_command.ts";
import { START_FLAGS } from "../support/run_gateway.ts";
import { waitFor } from "../support/wait_for.ts";

const HEX = "00112233445566778899aabbccddeeff00112233";
const TEXT = "set-by-the-csms-itself";
const variable = (component: string, name: string, attributeValue?: string) => ({
  ...attributeValue === undefined ? {} : { attributeValue },
  component: { name: component },
  variable: { name },
});
/** How a station proved itself at the CSMS, connection by connection. */
const passwords = ({ csms }: RehomingRig, id: string) =>
  csms.shown.filter(({ stationId }) => stationId === id).map(({ password, by }) => password ?? by);

Deno.test("product: a password that the CSMS sets is the gateway's, the station keeps its own and notices nothing", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const [s16, s201, s21] = [await rig.station("S16"), await rig.station("S201"), await rig.station("S21")];
    await s16.call("BootNotification", { chargePointVendor: "v", chargePointModel: "m" });
    csms.wanted.set("S16", Buffer.from(HEX, "hex"));
    equal(await csms.call("S16", "ChangeConfiguration", { key: "AuthorizationKey", value: HEX }), {
      status: "Accepted",
    });
    for (const id of ["S201", "S21"]) {
      csms.wanted.set(id, TEXT);
      const set = { setVariableData: [variable("SecurityCtrlr", "BasicAuthPassword", TEXT)] };
      const { setVariableResult } = await csms.call(id, "SetVariables", set);
      equal((setVariableResult as { attributeStatus: string }[])[0]!.attributeStatus, "Accepted");
    }
    const raw = Buffer.from(HEX, "hex").toString("latin1");
    await waitFor(
      "all to come back with it",
      () => Object.keys(STATIONS).every((id) => passwords(rig, id).length === 2),
    );
    equal(passwords(rig, "S16"), [FIRST_PASSWORD, raw]);
    equal([passwords(rig, "S201"), passwords(rig, "S21")], [[FIRST_PASSWORD, TEXT], [FIRST_PASSWORD, TEXT]]);
    // the stations saw nothing of it, are still connected, and charge on
    equal([...s16.requests, ...s201.requests, ...s21.requests], []);
    await s16.call("Heartbeat", {});
    await s201.call("Heartbeat", {});
    equal([s16.closed, s201.closed, s21.closed], [false, false, false]);
    await waitFor("the proof", async () => (await rig.audited("station.upstream.proven")).length === 3);
    // after kill -9 it is still there
    await rig.restart();
    await rig.station("S16");
    await waitFor("S16 to be back", () => passwords(rig, "S16").length === 3);
    equal([passwords(rig, "S16")[2], csms.refused, csms.faults], [raw, [], []]);
    await assertNoSecret(rig, [HEX, TEXT, STATION_PASSWORD, FIRST_PASSWORD]);
  }));

Deno.test("product: a CSMS that means the digits of an AuthorizationKey gets them (Q7), and one that refuses what it set keeps the old", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const station = await rig.station("S16");
    csms.wanted.set("S16", HEX);
    await csms.call("S16", "ChangeConfiguration", { key: "authorizationkey", value: HEX });
    await waitFor("the digits", () => passwords(rig, "S16").length === 2);
    equal(passwords(rig, "S16")[1], HEX);
    equal(csms.refused.length, 1);
    // now it sets one and does not mean it
    equal(await csms.call("S16", "ChangeConfiguration", { key: "AuthorizationKey", value: TEXT }), {
      status: "Accepted",
    });
    await waitFor("the old one again", () => passwords(rig, "S16").length === 3);
    equal(passwords(rig, "S16")[2], HEX);
    await waitFor("the record", async () => (await rig.audited("station.upstream.reverted")).length === 1);
    await station.call("Heartbeat", {});
    equal(station.closed, false);
    const { status } = await csms.call("S16", "ChangeConfiguration", { key: "AuthorizationKey", value: "short" });
    equal(status, "Rejected");
  }));

Deno.test("product: kill -9 right after the answer loses no password of the CSMS", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    await rig.station("S16");
    csms.wanted.set("S16", TEXT);
    const answer = csms.call("S16", "ChangeConfiguration", { key: "AuthorizationKey", value: TEXT });
    equal(await answer, { status: "Accepted" });
    await rig.restart();
    const shown = passwords(rig, "S16").length;
    await rig.station("S16");
    await waitFor("S16 to be back", () => passwords(rig, "S16").length > shown);
    equal(passwords(rig, "S16").at(-1), TEXT);
  }));

for (const id of ["S16", "S201"] as const) {
  Deno.test(`product: the CSMS raises ${STATIONS[id]} to security profile 3 on its leg; the key is made in the gateway`, () =>
    withRehoming(async (rig) => {
      const { csms } = rig;
      const is16 = id === "S16";
      const station = await rig.station(id);
      const trigger = is16 ? "ExtendedTriggerMessage" : "TriggerMessage";
      const requestedMessage = is16 ? "SignChargePointCertificate" : "SignChargingStationCertificate";
      if (is16) await csms.call(id, "ChangeConfiguration", { key: "CpoName", value: "Operator Ltd" });
      const early = is16
        ? (await csms.call(id, "ChangeConfiguration", { key: "SecurityProfile", value: "3" })).status
        : (await csms.call(id, "SetNetworkProfile", profile3(rig))).status;
      equal(early, "Rejected"); // there is no certificate yet
      equal(await csms.call(id, trigger, { requestedMessage }), { status: "Accepted" });
      await waitFor("the request", () => csms.of(id, "SignCertificate").length === 1);
      const { csr } = csms.of(id, "SignCertificate")[0]!.params as { csr: string };
      const certificateChain = csms.sign(csr, id);
      equal(
        (await csms.call(id, "CertificateSigned", { certificateChain: csms.sign(csr, "other") })).status,
        "Rejected",
      );
      equal((await csms.call(id, "CertificateSigned", { certificateChain })).status, "Accepted");
      csms.wanted.set(id, "certificate");
      if (is16) {
        equal((await csms.call(id, "ChangeConfiguration", { key: "SecurityProfile", value: "3" })).status, "Accepted");
      } else {
        equal((await csms.call(id, "SetNetworkProfile", profile3(rig))).status, "Accepted");
        const priority = variable("OCPPCommCtrlr", "NetworkConfigurationPriority", "2");
        const { setVariableResult } = await csms.call(id, "SetVariables", { setVariableData: [priority] });
        equal((setVariableResult as { attributeStatus: string }[])[0]!.attributeStatus, "RebootRequired");
        await station.close();
        await rig.station(id); // it rebooted
      }
      await waitFor("the certificate", () => passwords(rig, id).at(-1) === "certificate");
      equal(csms.refused, []);
      // the profile is never lowered again, and the CSMS reads the one that it set
      if (is16) {
        const read = await csms.call(id, "GetConfiguration", {
          key: ["SecurityProfile", "AuthorizationKey", "CpoName"],
        });
        equal(read.configurationKey, [
          { key: "SecurityProfile", readonly: false, value: "3" },
          { key: "AuthorizationKey", readonly: false },
          { key: "CpoName", readonly: false, value: "Operator Ltd" },
        ]);
        equal((await csms.call(id, "ChangeConfiguration", { key: "SecurityProfile", value: "2" })).status, "Rejected");
      }
      equal(station.requests, []);
      equal(csms.faults, []);
      await waitFor("the proof", async () => (await rig.audited("station.upstream.proven")).length === 1);
    }));
}

/** SetNetworkProfile to the way that is there, with security profile 3. */
function profile3({ csmsUrl }: RehomingRig) {
  const connectionData = {
    ...{ ocppVersion: "OCPP20", ocppTransport: "JSON", ocppCsmsUrl: csmsUrl, messageTimeout: 30 },
    ...{ securityProfile: 3, ocppInterface: "Wired0" },
  };
  return { configurationSlot: 2, connectionData };
}

/** No log line, audit record or file that is meant for people holds one of these. */
async function assertNoSecret({ gateway, folder }: RehomingRig, secrets: readonly string[]): Promise<void> {
  const { data } = await gateway.command("audit tail", { lines: "500" });
  const everything = [JSON.stringify(data), ...gateway.lines];
  for await (const { name, isFile } of Deno.readDir(`${folder}/data`)) {
    if (isFile && !name.endsWith(".sock")) everything.push((await Deno.readFile(`${folder}/data/${name}`)).toString());
  }
  for (const secret of secrets) {
    for (const form of [secret, Buffer.from(secret).toString("base64")]) {
      ok(!everything.some((part) => part.includes(form)), `a secret stands in the open`);
    }
  }
}

Deno.test("product: `station replace` cuts the old hardware off at once, and the CSMS sees no other station", () =>
  withRehoming(async (rig) => {
    const { csms, gateway } = rig;
    const old = await rig.station("S16");
    const shown = passwords(rig, "S16").length;
    const replaced = await gateway.command("station replace", {
      ...{ station: "S16", mac: "02:00:00:00:00:99", reason: "lightning" },
    });
    const { password } = replaced.data as { readonly password: string };
    await waitFor("the old one to be cut off", () => old.closed);
    await rejects(rig.station("S16"), { code: 401 });
    const next = await rig.station("S16", { password });
    equal(await next.call("Heartbeat", {}), { currentTime: "2026-01-01T00:00:00.000Z" });
    equal(passwords(rig, "S16").slice(shown), [FIRST_PASSWORD]);
    await rig.restart(); // and it stays dead
    await rejects(rig.station("S16"), { code: 401 });
    await rig.station("S16", { password });
    equal([csms.refused, (await rig.audited("station.entry.replaced")).length], [[], 1]);
    await assertNoSecret(rig, [password, STATION_PASSWORD]);
  }));

Deno.test("product: `station replace --csms-password FILE` takes any bytes, and the CSMS gets those very bytes (O-05)", () =>
  withRehoming(async (rig) => {
    const { csms, gateway, folder } = rig;
    const odd = Buffer.from([0x3a, 0xff, 0x00, 0x3a, 0xc3, 0x28, ...new Array(13).fill(0x80), 0x0a]);
    await gateway.command("station credential", { station: "S16" }); // the gateway keeps no password that it made
    csms.wanted.set("S16", odd);
    await Deno.writeFile(`${folder}/S16.csms`, odd);
    const stdout = await runOk([
      Deno.execPath(),
      ...["run", "-q", ...START_FLAGS],
      ...[new URL("../../main.ts", import.meta.url).pathname],
      ...["station", "replace", "S16", "--mac", "02:00:00:00:00:99", "--reason", "lightning", "--json"],
      ...["--csms-password", `${folder}/S16.csms`, "--config", `${folder}/site.yaml`],
    ]);
    const { password } = JSON.parse(stdout) as { readonly password: string };
    const station = await rig.station("S16", { password });
    equal(await station.call("Heartbeat", {}), { currentTime: "2026-01-01T00:00:00.000Z" });
    equal([passwords(rig, "S16"), csms.refused], [[odd.toString("latin1")], []]);
  }, { passwordFile: undefined, upstreamPasswordFile: undefined }));

Deno.test("product: a station's own request is signed by the site CA; `station replace` revokes that certificate", () =>
  withRehoming(async (rig) => {
    const { csms, gateway } = rig;
    const first = await rig.station("S201");
    const made = makeRequest("S201", "Bulkhead", Date.now());
    const bad = { csr: "nonsense", certificateType: "ChargingStationCertificate" };
    equal((await first.call("SignCertificate", bad)).status, "Rejected");
    const signed = await first.call("SignCertificate", {
      csr: made.csr,
      certificateType: "ChargingStationCertificate",
    });
    equal(signed.status, "Accepted");
    await waitFor("the certificate", () => first.requests.some(({ method }) => method === "CertificateSigned"));
    const { certificateChain } = first.requests.at(-1)!.params as { readonly certificateChain: string };
    equal(csms.of("S201", "SignCertificate"), []); // the CSMS has nothing to do with it
    await first.close();
    const file = `${rig.folder}/site.yaml`;
    const site = parse(await Deno.readTextFile(file)) as { stations: { id: string; ocpp: Record<string, unknown> }[] };
    const { ocpp } = site.stations.find(({ id }) => id === "S201")!;
    ocpp["securityProfile"] = 3;
    delete ocpp["passwordFile"];
    await Deno.writeTextFile(file, stringify(site));
    equal((await gateway.command("reload")).ok ?? true, true);
    const pair = { certPem: `${certificateChain.trim()}\n`, keyPem: made.request.keyPem };
    const station = await rig.station("S201", pair);
    await station.call("Heartbeat", {});
    const { data } = await gateway.command("station replace", {
      station: "S201",
      mac: "02:00:00:00:00:98",
      reason: "new",
    });
    equal((data as { readonly revoked: readonly string[] }).revoked.length, 1);
    await waitFor("the old one to be cut off", () => station.closed);
    ok(await rig.station("S201", pair).then(() => false, () => true), "its certificate still opens the door");
  }));

Deno.test("product: with store-and-forward, too, a password of the CSMS is used at once and nothing is lost", () =>
  withRehoming(async (rig) => {
    const { csms } = rig;
    const station = await rig.station("S16");
    await station.call("BootNotification", { chargePointVendor: "v", chargePointModel: "m" });
    csms.wanted.set("S16", TEXT);
    const set = { key: "AuthorizationKey", value: TEXT };
    equal(await csms.call("S16", "ChangeConfiguration", set), { status: "Accepted" });
    await waitFor("the leg with it", () => passwords(rig, "S16").length === 2 && csms.clients.has("S16"));
    equal(passwords(rig, "S16"), [FIRST_PASSWORD, TEXT]);
    const stop = { transactionId: 7, meterStop: 10, timestamp: "2026-01-01T00:00:00.000Z" };
    csms.answers.set("StopTransaction", () => ({}));
    equal(await station.call("StopTransaction", stop), {});
    // who answers the station is either: the CSMS, or the gateway that keeps it for the CSMS
    await waitFor("it at the CSMS", () => csms.of("S16", "StopTransaction").length > 0);
    equal(csms.of("S16", "StopTransaction").map(({ params }) => params), [stop]);
    equal([station.closed, csms.refused, csms.faults], [false, [], []]);
  }, { onLoss: "store-and-forward" }));
