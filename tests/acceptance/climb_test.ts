import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ClimbSite } from "../support/climb_site.ts";
import { ClimbingWsStation } from "../support/climbing_ws_station.ts";
import { waitFor } from "../support/wait_for.ts";

const entry = (id: string, protocol: string, securityProfile: number) => ({
  id,
  address: "127.0.0.1",
  ocpp: { protocols: [protocol], securityProfile },
});

async function passwordOf(site: ClimbSite, station: string): Promise<string> {
  const { data } = await site.run("station credential", { station });
  return (data as { password: string }).password;
}

/** Switches a station on and waits until control knows which version it speaks. */
async function powerOn(station: ClimbingWsStation, site: ClimbSite): Promise<void> {
  station.powerOn();
  await waitFor(
    "the station's status at the CSMS",
    () => site.csms.requests.some(({ method }) => method === "StatusNotification"),
  );
}

Deno.test("product: a 1.6 station climbs from plain text over profile 2 to its own certificate, over a power cut", async () => {
  await using site = await ClimbSite.open([entry("CP1", "ocpp1.6", 1)]);
  const password = await passwordOf(site, "CP1");
  const url = `ws://127.0.0.1:${site.ports.plain}/ocpp`;
  const station = new ClimbingWsStation({
    id: "CP1",
    version: "ocpp1.6",
    url,
    password,
    profile: 1,
    onSwitch: "stay-away",
  });
  try {
    await powerOn(station, site);
    const args = { station: "CP1", "url-key": "CentralURL", to: "3" };
    match((await site.run("station climb", { ...args, plan: true })).text, /Profile 1 to 2:.*Profile 2 to 3:/s);
    await site.run("station climb", args);
    await waitFor("the station to leave with its new profile", () => station.isAway);
    await site.killAndStart();
    equal(await site.state("CP1"), "running", "it goes on after the power cut");
    station.comeBack();
    await waitFor("the second hop to reach its switch", () => station.isAway).catch(async (error) => {
      const { text } = await site.run("station climb", { station: "CP1", status: true });
      throw new Error(`${text}\n${station.calls} ${station.errors}\n${site.gateway.logTail()}`, { cause: error });
    });
    equal(station.profile, 2);
    await site.killAndStart();
    station.comeBack();
    const text = await site.reaches("CP1", "done");
    match(text, /Now set ocpp.securityProfile: 3/);
    equal(station.profile, 3);
    await waitFor("the station on its certificate", () => station.isConnected);
    const sent = site.csms.requests.map(({ method }) => method);
    ok(!sent.includes("SignCertificate"), "the CSMS saw nothing of it");
    deepEqual(site.csms.faults, []);
  } finally {
    station.powerOff();
  }
});

Deno.test("product: a 2.0.1 station gets its network profile and climbs to TLS, with a new password there", async () => {
  await using site = await ClimbSite.open([entry("CP2", "ocpp2.0.1", 1)]);
  const password = await passwordOf(site, "CP2");
  const url = `ws://127.0.0.1:${site.ports.plain}/ocpp`;
  const station = new ClimbingWsStation({ id: "CP2", version: "ocpp2.0.1", url, password, profile: 1 });
  try {
    await powerOn(station, site);
    await site.run("station climb", { station: "CP2" });
    const text = await site.reaches("CP2", "done");
    match(text, /the new password is proven, the old one is dead/);
    equal(station.profile, 2);
    ok(station.password !== password);
    deepEqual(site.csms.faults, []);
  } finally {
    station.powerOff();
  }
});

Deno.test("product: a station that cannot verify the gateway falls back, and the climb is taken back", async () => {
  await using site = await ClimbSite.open([entry("CP3", "ocpp1.6", 1)]);
  const password = await passwordOf(site, "CP3");
  const url = `ws://127.0.0.1:${site.ports.plain}/ocpp`;
  const station = new ClimbingWsStation({ id: "CP3", version: "ocpp1.6", url, password, profile: 1 });
  try {
    await powerOn(station, site);
    // It was told nothing of the root: no TLS handshake can succeed.
    await site.run("station climb", { station: "CP3", "url-key": "CentralURL", "root-installed": true });
    const text = await site.reaches("CP3", "reverted", 150_000);
    match(text, /came back with profile 1 and stays there/);
    equal(station.profile, 1);
    await waitFor("the station to be connected as before", () => station.isConnected);
  } finally {
    station.powerOff();
  }
});
