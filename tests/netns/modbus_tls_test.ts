import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { readCertificate } from "../../gateway/pki/certificate.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { type ModbusSite, roleExtension, withModbusSite } from "../support/modbus_site.ts";
import { runCommand } from "../support/run_command.ts";
import { runSClient, type SClientOptions } from "../support/s_client.ts";
import { Stunnel } from "../support/stunnel.ts";
import { validNow } from "../support/example_site.ts";
import { forgeKeyPem, TestCa } from "../support/test_ca.ts";
import { waitFor } from "../support/wait_for.ts";

/** A meter of profile eastron-sdm630. */
function meter(): Registers {
  const registers = new Registers();
  for (let at = 0; at < 80; at += 2) registers.setFloat("input", at, 230.5 + at);
  return registers;
}

/** A site with one meter behind TCP, unit 1. */
async function withMeter(test: (site: ModbusSite, device: TcpDevice) => Promise<void>): Promise<void> {
  const device = await TcpDevice.start(new Map([[1, meter()]]));
  try {
    const lines = [{ id: "meter", tcp: `127.0.0.1:${device.port}` }];
    const units = [{ unit: 1, line: "meter", device: 1, profile: "eastron-sdm630" }];
    await withModbusSite({ lines, units }, (site) => test(site, device));
  } finally {
    await device.stop();
  }
}

/** One read of a voltage as bytes, and what the gateway answers it with. */
const READ = "\u0000\u0001\u0000\u0000\u0000\u0006\u0001\u0004\u0000\u0000\u0000\u0002";

async function events({ gateway }: ModbusSite): Promise<readonly Record<string, unknown>[]> {
  const { data } = await gateway.command("audit tail", { lines: "300" });
  return (data as { readonly lines: readonly string[] }).lines.map((line) => JSON.parse(line));
}

const LONG_AGO = Date.UTC(2021, 0, 1);

/** Clients that must not come in, and the rule that the audit trail names; TLS hides it from the first attempt only. */
const REFUSED: readonly [string, (site: ModbusSite) => Partial<SClientOptions>, string][] = [
  ["no certificate", () => ({}), "modbus.tls.certificate"],
  ["a stranger's CA", () => new TestCa("Stranger").client("ems-1"), "peer.chain"],
  [
    "an expired one",
    (site) => site.client("ems-1", "Manager", { notBefore: LONG_AGO, notAfter: LONG_AGO + 1_000 }),
    "peer.expired",
  ],
  ["one for servers", (site) => site.ca.server(["ems-1"], validNow()), "peer.purpose"],
  [
    "a thief of a certificate without its key",
    (site) => {
      const own = site.client("ems-1", "Manager");
      return { ...own, keyPem: forgeKeyPem(own.spki) };
    },
    "modbus.tls.certificate",
  ],
  [
    "two roles",
    (site) => site.client("ems-1", undefined, { moreExtensions: [roleExtension("Reader"), roleExtension("Manager")] }),
    "peer.encoding",
  ],
  ["TLS 1.1", (site) => ({ ...site.client("ems-1", "Manager"), version: "tls1_1" }), "modbus.tls.InvalidTLSVersion"],
];

Deno.test("modbus: clients without a right certificate get no byte, and stand in the audit trail", async () => {
  await withMeter(async (site, device) => {
    for (const [name, shows, rule] of REFUSED) {
      for (const attempt of [1, 2]) {
        const { output } = await runSClient({ port: site.tlsPort, input: READ, ...shows(site) });
        ok(!output.includes("Cf\u0080"), `${name} was answered at attempt ${attempt}`);
      }
      await waitFor(
        `a record of ${name}: ${rule}`,
        async () => (await events(site)).some((each) => each["rule"] === rule),
      );
      equal(device.requests, 0, name);
    }
    const { output } = await runSClient({ port: site.tlsPort, input: READ, version: "tls1_2" });
    match(output, /alert/i, "TLS itself says that a certificate is missing (R-10)");
  });
});

/** Reads once by s_client, ends when `done` says so; what s_client printed. */
async function readOnce(
  { tlsPort }: ModbusSite,
  args: readonly string[],
  done: () => Promise<boolean>,
): Promise<string> {
  const child = new Deno.Command("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${tlsPort}`, "-servername", "localhost", ...args],
    ...{ stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();
  const output = new Response(child.stdout).text();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(READ));
  await waitFor("the answer to s_client", done);
  await writer.close();
  await child.status;
  return await output;
}

for (const version of ["tls1_2", "tls1_3"] as const) {
  Deno.test(`modbus: a resumed session keeps its role, ${version}`, async () => {
    await withMeter(async (site) => {
      const folder = await Deno.makeTempDir(), { certPem, keyPem } = site.client("ems-1", "Reader");
      const session = `${folder}/session`;
      await Deno.writeTextFile(`${folder}/own.pem`, certPem);
      await Deno.writeTextFile(`${folder}/own.key`, keyPem);
      const shared = [`-${version}`, "-cert", `${folder}/own.pem`, "-key", `${folder}/own.key`];
      const answered = async (times: number) => {
        const { clients } = (await site.gateway.command("modbus lines")).data as {
          readonly clients: Record<string, { readonly answered: number; readonly cached: number }>;
        };
        const own = clients["ems-1"];
        return own !== undefined && own.answered + own.cached === times;
      };
      await readOnce(site, [...shared, "-sess_out", session], async () => {
        return await answered(1) && await Deno.stat(session).then(({ size }) => size > 0, () => false);
      });
      const output = await readOnce(site, [...shared, "-sess_in", session], () => answered(2));
      match(output, /Reused/);
      await Deno.remove(folder, { recursive: true });
    });
  });
}

for (const version of ["TLSv1.2", "TLSv1.3"]) {
  Deno.test(`modbus: mbpoll behind a stunnel reads a meter by ${version}, and writes nothing`, async () => {
    await withMeter(async (site) => {
      await using tunnel = await Stunnel.start(site.tlsPort, site.client("scada", "Reader"), site.ca.pem, version);
      const poll = (...args: string[]) =>
        runCommand(["mbpoll", "-m", "tcp", "-p", `${tunnel.port}`, "-a", "1", "-0", "-o", "8", ...args]);
      const read = await poll("-t", "3:float", "-B", "-r", "0", "-c", "3", "-1", "127.0.0.1");
      match(read.stdout, /\[0\]: \s*230\.5\s+\[2\]: \s*232\.5\s+\[4\]: \s*234\.5/, read.stdout + read.stderr);
      const write = await poll("-t", "4", "-r", "10", "127.0.0.1", "5");
      match(write.stdout + write.stderr, /Illegal function/, "exception 01");
    });
  });
}

Deno.test("modbus: a plain client reaches a far device by Modbus/TCP Security, with the gateway's own role (egress)", async () => {
  const farCa = new TestCa("Far CA"), server = farCa.server(["localhost", "127.0.0.1"]);
  const seen: (string | undefined)[] = [];
  const tls = createTlsServer(
    { cert: server.certPem, key: server.keyPem, ca: [farCa.pem], requestCert: true, rejectUnauthorized: true },
  );
  tls.on("secureConnection", (socket: TLSSocket) => {
    seen.push(readCertificate(new Uint8Array(socket.getPeerCertificate(true).raw)).extensions.modbusRole);
  });
  const far = await TcpDevice.onTls(tls, new Map([[7, meter()]]));
  const own = farCa.client("garage-12", { moreExtensions: [roleExtension("EnergyReader")] });
  const lineTo = (port: number) => [{
    ...{ id: "far", tcp: `127.0.0.1:${port}`, responseTimeoutMs: 3_000 },
    tls: { caFile: "far-ca.pem", certificate: { certFile: "gw.pem", keyFile: "gw.key" }, serverName: "localhost" },
  }];
  const units = [{ unit: 70, line: "far", device: 7, profile: "eastron-sdm630" }];
  const prepare = async (folder: string) => {
    await Deno.writeTextFile(`${folder}/far-ca.pem`, farCa.pem);
    await Deno.writeTextFile(`${folder}/gw.pem`, own.certPem);
    await Deno.writeTextFile(`${folder}/gw.key`, own.keyPem, { mode: 0o600 });
  };
  try {
    await withModbusSite({ lines: lineTo(far.port), units, prepare }, async (site) => {
      const panel = await ModbusClient.connect(site.plainPort);
      deepEqual(await panel.read(70, 4, 0, 2), [0x4366, 0x8000]);
      deepEqual(seen, ["EnergyReader"]);
      panel.close();
    });
    // Another CA's device of the same name gets no request.
    const wrong = new TestCa("Other").server(["localhost"]);
    const impostor = createTlsServer({ cert: wrong.certPem, key: wrong.keyPem });
    const fake = await TcpDevice.onTls(impostor, new Map([[7, meter()]]));
    await withModbusSite({ lines: lineTo(fake.port), units, prepare }, async (site) => {
      const panel = await ModbusClient.connect(site.plainPort);
      deepEqual(await panel.read(70, 4, 0, 2), [-0x0a]);
      equal(fake.requests, 0);
      panel.close();
    });
    await fake.stop();
  } finally {
    await far.stop();
  }
});
