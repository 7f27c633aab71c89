import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { systemTimers } from "../../gateway/core/timers.ts";
import { runPolicyDiff } from "../../gateway/cli/policy_diff.ts";
import { runPolicyPropose } from "../../gateway/cli/policy_propose.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { waitFor } from "../support/wait_for.ts";

const RULES = `
- { id: reads, effect: allow, because: Reads, roles: [Manager, Grid], access: read, classes: [measured, commanded] }
- { id: hide, effect: mask, because: Nobody's business, classes: [personal] }
- { id: grid, effect: allow, because: The grid operator goes first, roles: [Grid], access: write, points: [current-limit], lease: { seconds: 600, priority: 5 } }
- { id: limits, effect: allow, because: Managers, roles: [Manager], access: write, points: [current-limit], clamp: { max: 16 }, lease: { seconds: 600 } }
`;

/** A controller of a station with a badge, as far as profile bender-cc is needed here; and a SunSpec inverter. */
function devices(): { readonly station: Registers; readonly roof: Registers } {
  const station = new Registers(), roof = new Registers();
  for (let at = 0; at < 1_200; at++) station.set("holding", at, 0);
  station.setLong("holding", 220, 11_000);
  station.set("holding", 720, ...Array<number>(10).fill(0x4141));
  roof.set("holding", 40_000, 0x5375, 0x6e53, 103, 50, ...Array<number>(50).fill(0), 0xffff, 0);
  roof.set("holding", 40_004 + 12, 4_200);
  return { station, roof };
}

async function withStation(
  test: (site: ModbusSite, registers: Registers) => Promise<void>,
  more: { readonly rules?: string; readonly mode?: string } = {},
): Promise<void> {
  const { station, roof } = devices();
  const device = await TcpDevice.start(new Map([[255, station], [5, roof]]));
  const lines = [{ id: "cp001", tcp: `127.0.0.1:${device.port}` }];
  const units = [{ unit: 11, line: "cp001", device: 255, profile: "bender-cc" }, { unit: 5, line: "cp001", device: 5 }];
  const mode = more.mode === undefined ? {} : { more: { mode: more.mode } };
  try {
    await withModbusSite({ lines, units, rules: more.rules ?? RULES, ...mode }, (site) => test(site, station));
  } finally {
    await device.stop();
  }
}

function connect(site: ModbusSite, name: string, role: string): Promise<ModbusClient> {
  const { certPem, keyPem } = site.client(name, role);
  return ModbusClient.connect(site.tlsPort, { ca: [site.ca.pem], cert: certPem, key: keyPem, servername: "localhost" });
}

async function audited({ gateway }: Pick<ModbusSite, "gateway">, event: string) {
  const { data } = await gateway.command("audit tail", { lines: "300" });
  const lines = (data as { readonly lines: readonly string[] }).lines;
  return lines.map((line) => JSON.parse(line)).filter((record) => record.event === event);
}

Deno.test("modbus policy: one commands, a clamp holds the fuse, the grid goes first; kill -9 forgets none of it", () =>
  withStation(async (site, registers) => {
    const ems = await connect(site, "ems-1", "Manager"), other = await connect(site, "ems-2", "Manager");
    equal(await ems.write(11, 1_000, 32), 0, "the client gets its own echo");
    equal(registers.get("holding", 1_000), 16, "the device gets the fuse");
    equal(await other.write(11, 1_000, 6), -1);
    deepEqual(await other.read(11, 3, 1_000), [16]);
    deepEqual(await ems.read(11, 3, 718, 4), [0, 0, 0, 0], "the badge is shown as zeros");
    const { text } = await site.gateway.command("status");
    match(text, /^11 +current-limit +ems-1 at ems +0 +\d+ s$/m);
    await waitFor(
      "the lease in the audit trail, so in the store as well, and the clamped write",
      async () =>
        (await audited(site, "modbus.lease.taken")).length === 1 &&
        (await audited(site, "modbus.write.clamped")).length === 1,
    );
    await site.gateway.kill();
    const again = await GatewayProcess.start({
      ...{ configFile: `${site.folder}/site.yaml`, dataDir: `${site.folder}/data`, timers: systemTimers },
    });
    try {
      const late = await connect(site, "ems-2", "Manager");
      equal(await late.write(11, 1_000, 6), -1, "ems-1 still commands after kill -9");
      const back = await connect(site, "ems-1", "Manager");
      equal(await back.write(11, 1_000, 10), 0);
      const grid = await connect(site, "dso", "Grid");
      equal(await grid.write(11, 1_000, 0), 0, "a higher priority takes over");
      equal(await back.write(11, 1_000, 16), -1);
      equal(registers.get("holding", 1_000), 0);
      const taken = await waitFor("the change of command", async () => {
        const records = await audited({ gateway: again }, "modbus.lease.taken");
        return records.length >= 2 && records;
      });
      deepEqual([taken.at(-1).who, taken.at(-1).detail.from], ["dso at ems", "ems-1 at ems"]);
      ok((await audited({ gateway: again }, "modbus.write.clamped")).some(({ detail }) => detail.asked === 32));
      for (const client of [late, back, grid]) client.close();
    } finally {
      await again.stop();
    }
    for (const client of [ems, other]) client.close();
  }));

Deno.test("modbus policy: people read named values, look at units and lines, and discover a SunSpec device", () =>
  withStation(async ({ gateway }) => {
    const read = await gateway.command("modbus read", { unit: "11" });
    match(read.text, /^power-total +11000 W +measured/m);
    ok(!/session-badge/.test(read.text));
    match((await gateway.command("modbus units")).text, /^11 +cp001 +255 +bender-cc/m);
    match((await gateway.command("modbus lines")).text, /^cp001 +127\.0\.0\.1:\d+ +resting/m);
    match(
      (await gateway.command("modbus discover", { unit: "5" })).text,
      /^id: sunspec-unit-5[^]*name: inverter-power\n {4}at: 40016/m,
    );
    await rejects(gateway.command("modbus discover", { unit: "11" }), /cannot be read as SunSpec/);
    const explained = await gateway.command("policy explain", {
      station: "11",
      direction: "write",
      action: "current-limit",
      payload: "32",
      role: "Manager",
    });
    match(explained.text, /FORWARDED by site\.limits\n {2}current-limit is forwarded as 16/);
    await waitFor("the record that it was read in the name of a person", async () => {
      return (await audited({ gateway }, "control.command.ran")).some(({ detail }) => detail.command === "modbus read");
    });
  }));

Deno.test("modbus policy: other rules hold for live clients from a reload on, bad ones leave the old in force (invariant 4)", () =>
  withStation(async (site) => {
    const ems = await connect(site, "ems-1", "Manager");
    equal(await ems.write(11, 1_000, 10), 0);
    await site.rewrite({ rules: "- { id: broken, effect: allow, because: x, acces: read }\n" });
    const bad = await site.gateway.command("reload");
    equal(bad.ok, false);
    match(bad.text, /modbus-rules\.yaml:1:\d+ \[0\]\.acces: there is no such key here/);
    equal(await ems.write(11, 1_000, 12), 0, "the old rules are in force");
    await site.rewrite({ rules: RULES.replace("roles: [Manager], access: write", "roles: [Nobody], access: write") });
    match((await site.gateway.command("reload")).text, /^Applied/);
    equal(await ems.write(11, 1_000, 14), -1, "the same connection under the new rules");
    deepEqual(await ems.read(11, 3, 1_000), [12]);
    ems.close();
  }));

Deno.test("modbus policy: observe, propose, diff and enforce: what clients did goes on, what is dangerous does not", () =>
  withStation(async (site, registers) => {
    const ems = await connect(site, "ems-1", "Manager");
    for (const value of [6, 16, 0]) equal(await ems.write(11, 1_000, value), 0);
    deepEqual(await ems.read(11, 3, 220, 2), [0, 11_000]);
    equal(await ems.write(11, 131, 6), 0, "observe refuses nothing");
    const would = await waitFor("what would be refused", async () => {
      const records = await audited(site, "modbus.request.would-refuse");
      return records.length >= 3 && records;
    });
    ok(would.every(({ rule }) => rule === "modbus.default-deny"));
    const run = (command: string, args: object) => site.gateway.command(command, { ...args });
    const proposed = await runPolicyPropose({}, run);
    match(
      proposed.text,
      /^# Seen 1 time\. It is a limit or failsafe of the installation\n# - id: manager-writes-safe-current$/m,
    );
    const file = `${site.folder}/proposed.yaml`;
    await Deno.writeTextFile(file, proposed.text);
    const { text } = await runPolicyDiff({ rules: file, mode: "enforce" }, run);
    match(
      text,
      /3 decisions change:[^]*safe-current=6 +1 +passes, noted as modbus\.default-deny +refused by modbus\.default-deny$/m,
    );
    await site.rewrite({ rules: proposed.text, more: { mode: "enforce" } });
    match((await site.gateway.command("reload")).text, /^Applied/);
    equal(await ems.write(11, 1_000, 16), 0);
    equal(await ems.write(11, 1_000, 20), -1, "more than was ever seen");
    equal(await ems.write(11, 131, 32), -1);
    equal(registers.get("holding", 131), 6);
    ems.close();
  }, { rules: "- { id: none, effect: deny, because: Nothing is allowed yet, roles: [Nobody] }\n", mode: "observe" }));
