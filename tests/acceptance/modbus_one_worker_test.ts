import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { waitFor } from "../support/wait_for.ts";

/** A controller of profile bender-cc, as far as it is needed here. */
function station(): Registers {
  const registers = new Registers();
  for (let at = 0; at < 1_200; at++) registers.set("holding", at, 0);
  registers.set("holding", 1_000, 16);
  return registers;
}

function connect(site: ModbusSite, role: string): Promise<ModbusClient> {
  const { certPem, keyPem } = site.client("ems-1", role);
  return ModbusClient.connect(site.tlsPort, { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" });
}

async function workersOf({ gateway }: ModbusSite): Promise<readonly string[]> {
  const { data } = await gateway.command("status");
  const { workers } = data as { readonly workers: Record<string, { readonly state: string }> };
  return Object.entries(workers).filter(([, { state }]) => state === "ready").map(([name]) => name);
}

Deno.test("modbus in one Worker, as a site with one zone with TLS has it: clients, rules, leases, commands and reloads are the same as in Workers of their own", async () => {
  const device = await TcpDevice.start(new Map([[255, station()]]));
  const line = { id: "cp001", tcp: `127.0.0.1:${device.port}` };
  const unit = { unit: 11, line: "cp001", device: 255, profile: "bender-cc" };
  await withModbusSite({ lines: [line], units: [unit], isTlsOnly: true }, async (site) => {
    ok((await workersOf(site)).includes("modbus-one"));
    const manager = await connect(site, "Manager"), reader = await connect(site, "Reader");
    deepEqual(await manager.read(11, 3, 1_000), [16]);
    equal(await manager.write(11, 1_000, 10), 0);
    equal(await reader.write(11, 1_000, 6), -1);
    deepEqual(await reader.read(11, 3, 1_000), [10]);
    match((await site.gateway.command("modbus lines")).text, /cp001/);
    match((await site.gateway.command("modbus read", { unit: "11" })).text, /current-limit +10/);

    await site.rewrite({ units: [unit, { ...unit, unit: 12 }] });
    site.gateway.reload();
    await waitFor("the new unit", async () => (await manager.read(12, 3, 1_000))[0] === 10);
    deepEqual(await reader.read(11, 3, 1_000), [10], "clients stay");

    await waitFor("the lease in the audit trail, so in the store as well", async () => {
      const { data } = await site.gateway.command("audit tail", { lines: "200" });
      return JSON.stringify(data).includes("modbus.lease.taken");
    });
    await site.gateway.kill();
    await site.restart();
    const other = await ModbusClient.connect(site.tlsPort, tlsOf(site, "ems-2"));
    equal(await other.write(11, 1_000, 6), -1, "kill -9 forgets nobody's lease");
    other.close();

    await site.rewrite({ isTlsOnly: false });
    site.gateway.reload();
    await waitFor("the plaintext zone's own Worker", async () => (await workersOf(site)).includes("modbus-1"));
    const panel = await ModbusClient.connect(site.plainPort);
    await waitFor("its way to the lines", async () => (await panel.read(11, 3, 212, 2)).length === 2);
    equal(await panel.write(11, 1_000, 6), -1);
    panel.close();

    await site.rewrite({ isTlsOnly: false, more: { workers: "separate" } });
    site.gateway.reload();
    await waitFor("Workers of their own", async () => {
      const workers = await workersOf(site);
      return workers.includes("modbus-0") && !workers.includes("modbus-one");
    });
    const again = await connect(site, "Manager");
    await waitFor("its way to the lines", async () => (await again.read(11, 3, 1_000))[0] === 10);
    again.close();
  });
  await device.stop();
});

function tlsOf(site: ModbusSite, name: string) {
  const { certPem, keyPem } = site.client(name, "Manager");
  return { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" };
}
