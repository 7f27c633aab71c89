import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { ClimbSite } from "../support/climb_site.ts";
import { ClimbingWsStation } from "../support/climbing_ws_station.ts";
import { waitFor } from "../support/wait_for.ts";

const ocpp = { protocols: ["ocpp1.6"], securityProfile: 1, factoryPasswordFile: "factory" };

Deno.test("product: a station with the password of its factory cannot charge until it has one of its own (O-21)", async () => {
  await using site = await ClimbSite.open([{ id: "CP9", address: "127.0.0.1", ocpp }], { factory: "admin" });
  const url = `ws://127.0.0.1:${site.ports.plain}/ocpp`;
  const station = new ClimbingWsStation({ id: "CP9", version: "ocpp1.6", url, password: "admin", profile: 1 });
  try {
    station.powerOn();
    await waitFor("a password of its own", () => station.password !== "admin");
    const booted = () => site.csms.requests.filter(({ method }) => method === "BootNotification").length;
    await waitFor("its boot to reach the CSMS", () => booted() === 1);
    equal(site.csms.requests[0]?.method, "StatusNotification", "in quarantine the CSMS heard no boot");
    match(await site.reaches("CP9", "done"), /Renewal of its password:.*the old one is dead/s);
    const audit = JSON.stringify((await site.run("audit export", {})).data ?? {}) +
      (await site.run("audit export", {})).text;
    match(audit, /station\.session\.quarantined/);
    equal(audit.includes(station.password!), false);
    deepEqual(site.csms.faults, []);

    const thief = new ClimbingWsStation({ id: "CP9", version: "ocpp1.6", url, password: "admin", profile: 1 });
    thief.powerOn();
    await waitFor("the factory's password to be refused", () => thief.errors.some((error) => /401/.test(error)));
    thief.powerOff();
    ok(station.isConnected, "nobody is disturbed by it");

    const given = station.password; // before: the station may have the next one sooner than the command its answer
    await site.run("station renew", { station: "CP9" });
    await waitFor("another password", () => station.password !== given);
    await site.reaches("CP9", "done");
  } finally {
    station.powerOff();
  }
  const isConnected = async () => {
    const { data } = await site.run("stations", {});
    return (data as { id: string; connected: boolean }[]).some(({ id, connected }) => id === "CP9" && connected);
  };
  await waitFor("the gateway to see it leave", async () => !await isConnected());
  await rejects(() => site.run("station renew", { station: "CP9" }), /it is not connected \(renewal\.away\)/);
});
