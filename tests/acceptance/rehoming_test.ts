import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FIRST_PASSWORD, type RehomingRig, STATION_PASSWORD, STATIONS, withRehoming } from "../support/rehoming_rig.ts";
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
