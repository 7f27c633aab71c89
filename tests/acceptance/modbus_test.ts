import { deepEqual, equal, ok } from "node:assert/strict";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { waitFor } from "../support/wait_for.ts";

/** A controller of a station: relevant registers of profile bender-cc. */
function station(): Registers {
  const registers = new Registers();
  registers.set("holding", 122, 2);
  registers.set("holding", 131, 6);
  registers.setLong("holding", 220, 11_000);
  registers.set("holding", 1_000, 32);
  registers.set("holding", 1_110, ...Array<number>(10).fill(0));
  return registers;
}

const tlsOf = (site: ModbusSite, name: string, role?: string) => {
  const { certPem, keyPem } = site.client(name, role);
  return { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" };
};

/** Newest audit records of an event. */
async function audited({ gateway }: ModbusSite, event: string) {
  const { data } = await gateway.command("audit tail", { lines: "200" });
  const lines = (data as { readonly lines: readonly string[] }).lines;
  return lines.map((line) => JSON.parse(line)).filter((record) => record.event === event);
}

Deno.test("modbus: roles read and write what the rules say, and nothing else reaches the device", async () => {
  const registers = station();
  const device = await TcpDevice.start(new Map([[255, registers]]));
  const lines = [{ id: "cp001", tcp: `127.0.0.1:${device.port}` }];
  const units = [{ unit: 11, line: "cp001", device: 255, profile: "bender-cc" }];
  try {
    await withModbusSite({ lines, units }, async (site) => {
      const manager = await ModbusClient.connect(site.tlsPort, tlsOf(site, "ems-1", "Manager"));
      deepEqual(await manager.read(11, 3, 220, 2), [0, 11_000]);
      equal(await manager.write(11, 1_000, 16), 0);
      equal(registers.get("holding", 1_000), 16);
      equal(await manager.write(11, 131, 32), -1, "a failsafe is protected");
      equal(await manager.write(11, 1_110, 1), -1, "presenting a badge");
      deepEqual(await manager.read(12, 3, 220, 2), [-1], "a unit that does not exist is refused by default");
      const reader = await ModbusClient.connect(site.tlsPort, tlsOf(site, "scada", "Reader"));
      deepEqual(await reader.read(11, 3, 1_000), [16]);
      equal(await reader.write(11, 1_000, 6), -1);
      const nobody = await ModbusClient.connect(site.tlsPort, tlsOf(site, "guest"));
      deepEqual(await nobody.read(11, 3, 220, 2), [-1], "without a role everything is refused");
      const panel = await ModbusClient.connect(site.plainPort);
      deepEqual(await panel.read(11, 3, 220, 2), [0, 11_000]);
      equal(await panel.write(11, 1_000, 6), -1);
      deepEqual(registers.writes, [{ address: 1_000, values: [16] }]);
      const refused = await waitFor("the refusals in the audit trail", async () => {
        const records = await audited(site, "modbus.request.refused");
        return records.length >= 6 && records;
      });
      const badge = refused.find(({ detail }) => detail.points === "present-badge");
      ok(badge && badge.who === "ems-1" && badge.rule, JSON.stringify(refused));
      for (const client of [manager, reader, nobody, panel]) client.close();
    });
  } finally {
    await device.stop();
  }
});
