import { deepEqual, equal, match } from "node:assert/strict";
import { HaldProcess } from "../support/hald_process.ts";
import { LibmodbusSerial, LibmodbusTcp } from "../support/libmodbus.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { type CommandOutcome, runCommand } from "../support/run_command.ts";
import { Stunnel } from "../support/stunnel.ts";
import { waitFor } from "../support/wait_for.ts";

/** Units by the line that they are on: a meter and a station each. */
const UNITS = { serial: { meter: 1, station: 11 }, tcp: { meter: 2, station: 12 } } as const;

/** A site between programs that are not ours: mbpoll and stunnel on one side, libmodbus on the other. */
async function withChain(
  turnaroundMs: number,
  speed: "kept" | "ignored",
  test: (site: ModbusSite) => Promise<void>,
): Promise<void> {
  await using serial = await LibmodbusSerial.start(19_200, turnaroundMs);
  await using tcp = await LibmodbusTcp.start();
  await using hald = await HaldProcess.start([serial.device]);
  const port = { device: serial.device, baud: 19_200, parity: "none", stopBits: 1, listenSeconds: 0, speed };
  const patience = { responseTimeoutMs: 1_500, deadlineMs: 10_000 }; // a busy machine
  const lines = [{ id: "serial", serial: port, ...patience }, { id: "tcp", tcp: `127.0.0.1:${tcp.port}`, ...patience }];
  const units = (["serial", "tcp"] as const).flatMap((line) => [
    { unit: UNITS[line].meter, line, device: 1, profile: "eastron-sdm630" },
    { unit: UNITS[line].station, line, device: 1, profile: "bender-cc" },
  ]);
  await withModbusSite({ lines, units, site: { hal: { socket: hald.socket } } }, test);
}

/** mbpoll once, with addresses from 0. */
function poll(tunnel: Stunnel, unit: number, ...args: readonly string[]): Promise<CommandOutcome> {
  return runCommand(["mbpoll", "-m", "tcp", "-p", `${tunnel.port}`, "-a", `${unit}`, "-0", "-1", "-o", "8", ...args]);
}

for (const line of ["serial", "tcp"] as const) {
  Deno.test(`modbus chain: mbpoll, stunnel with mutual TLS, the gateway, libmodbus on ${line}: reads, writes and refusals (EV-17, EV-22)`, async () => {
    await withChain(20, "kept", async (site) => {
      const { meter, station } = UNITS[line];
      await using manager = await Stunnel.start(site.tlsPort, site.client("ems-1", "Manager"), site.ca.pem);
      await using reader = await Stunnel.start(site.tlsPort, site.client("scada", "Reader"), site.ca.pem);
      await using nobody = await Stunnel.start(site.tlsPort, site.client("guest"), site.ca.pem);
      const limit =
        async () => (await poll(manager, station, "-t", "4", "-r", "1000", "-c", "1", "127.0.0.1").then((r) =>
          r.stdout + r.stderr
        ));

      const volts = await poll(reader, meter, "-t", "3:float", "-B", "-r", "0", "-c", "3", "127.0.0.1");
      match(volts.stdout, /\[0\]: \s*230\.5\s+\[2\]: \s*232\.5\s+\[4\]: \s*234\.5/, volts.stdout + volts.stderr);
      match(await limit(), /\[1000\]: \s*1000\n/);

      const allowed = await poll(manager, station, "-t", "4", "-r", "1000", "127.0.0.1", "16");
      match(allowed.stdout, /Written 1 references?/, allowed.stdout + allowed.stderr);
      match(await limit(), /\[1000\]: \s*16\n/, "the device holds it");

      for (
        const [who, unit, ...args] of [
          [reader, station, "-r", "1000", "127.0.0.1", "10"], // a role that only reads
          [manager, station, "-r", "131", "127.0.0.1", "10"], // the failsafe current is protected
          [manager, station, "-r", "999", "127.0.0.1", "10", "10"], // the second of the two would be allowed
          [manager, meter, "-r", "10", "127.0.0.1", "10"], // a meter takes no orders
          [nobody, meter, "-r", "0", "-c", "1", "127.0.0.1"], // a certificate without role
        ] as const
      ) {
        const { stdout, stderr } = await poll(who, unit, "-t", "4", ...args);
        match(stdout + stderr, /Illegal function/, args.join(" "));
      }
      const after = await limit();
      match(after, /\[1000\]: \s*16\n/, "nothing of it reached the device");
      match(
        (await poll(reader, 77, "-t", "4", "-r", "1000", "127.0.0.1")).stderr,
        /Illegal function/,
        "no such unit, no right",
      );
      await seenByPeople(site, line);
    });
  });
}

Deno.test("modbus chain: a device on USB that answers faster than its line's speed allows is served where the line says so", async () => {
  await withChain(0, "ignored", async (site) => {
    const { certPem: cert, keyPem: key } = site.client("scada", "Reader");
    const client = await ModbusClient.connect(site.tlsPort, { ca: [site.ca.pem], cert, key, servername: "localhost" });
    for (let turn = 0; turn < 30; turn++) {
      const at = turn * 2 % 18; // what is known of the last read is too old by then
      deepEqual(await client.read(1, 4, at, 2), meterWords(at), `turn ${turn}`);
    }
    client.close();
  });
});

/** Registers of a float as libmodbus_device.ts sets it. */
function meterWords(address: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, 230.5 + address);
  return [view.getUint16(0), view.getUint16(2)];
}

/** What the peers did stands in status and audit trail. */
async function seenByPeople({ gateway }: ModbusSite, line: string): Promise<void> {
  const { lines } = (await gateway.command("modbus lines")).data as {
    readonly lines: readonly { readonly id: string; readonly outcomes: Record<string, number> }[];
  };
  equal(lines.find(({ id }) => id === line)?.outcomes["no-answer"], 0, JSON.stringify(lines));
  const wanted = [
    "scada current-limit",
    "ems-1 safe-current",
    "ems-1 current-limit",
    "ems-1 ",
    "guest ",
    "scada ",
  ];
  const refused = await waitFor("the refusals in the audit trail", async () => {
    const { data } = await gateway.command("audit tail", { lines: "300" });
    const records = (data as { readonly lines: readonly string[] }).lines.map((text) => JSON.parse(text));
    const refusals = records.filter(({ event }) => event === "modbus.request.refused");
    return refusals.length >= wanted.length && refusals.map(({ who, detail }) => `${who} ${detail.points}`);
  });
  deepEqual(refused, wanted);
}
