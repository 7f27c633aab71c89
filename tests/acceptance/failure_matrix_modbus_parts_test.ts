import { equal, match, ok } from "node:assert/strict";
import { Registers } from "../../gateway/demo/modbus/registers.ts";
import { TcpDevice } from "../../gateway/demo/modbus/tcp_device.ts";
import { ModbusClient } from "../support/modbus_client.ts";
import { MODBUS_RULES_TEXT, type ModbusSite, withModbusSite } from "../support/modbus_site.ts";
import { waitFor, withDeadline } from "../support/wait_for.ts";

const LIMIT = 1_000;
const RULES = `${MODBUS_RULES_TEXT}
- { id: panel, effect: allow, because: The old panel shows limits, clients: [legacy], access: read, classes: [commanded] }
`;

/** A site with one station, its commander and another client of the same role. */
interface ZoneRig {
  readonly site: ModbusSite;
  readonly ems: ModbusClient;
  connect(name: string): Promise<ModbusClient>;
  /** A read that works, over this connection. */
  works(client: ModbusClient): Promise<void>;
  /** Another client's write, which the commander's lease forbids. */
  rivalIsRefused(): Promise<void>;
}

/** The same with a plaintext client of another zone, and Workers apart. */
interface Rig extends ZoneRig {
  readonly panel: ModbusClient;
}

function withRig(test: (rig: Rig) => Promise<void>): Promise<void> {
  return withZone(async (rig) => {
    const panel = await ModbusClient.connect(rig.site.plainPort);
    await test({ ...rig, panel });
    panel.close();
  }, false);
}

async function withZone(test: (rig: ZoneRig) => Promise<void>, isTlsOnly = true): Promise<void> {
  const registers = new Registers();
  for (let at = 0; at < 1_200; at++) registers.set("holding", at, 0);
  const device = await TcpDevice.start(new Map([[255, registers]]));
  const lines = [{ id: "cp001", tcp: `127.0.0.1:${device.port}` }];
  const units = [{ unit: 11, line: "cp001", device: 255, profile: "bender-cc" }];
  const more = isTlsOnly ? {} : { workers: "separate" };
  try {
    await withModbusSite({ lines, units, rules: RULES, more, isFaulting: true, isTlsOnly }, async (site) => {
      const connect = (name: string) => {
        const { certPem: cert, keyPem: key } = site.client(name, "Manager");
        return ModbusClient.connect(site.tlsPort, { ca: [site.ca.pem], cert, key, servername: "localhost" });
      };
      const ems = await connect("ems-1");
      equal(await ems.write(11, LIMIT, 10), 0);
      await test({
        ...{ site, ems, connect },
        works: async (client) => ok((await client.read(11, 3, LIMIT))[0]! >= 6),
        async rivalIsRefused() {
          const rival = await connect("ems-2");
          equal(await rival.write(11, LIMIT, 16), -1);
          rival.close();
        },
      });
      ems.close();
    });
  } finally {
    await device.stop();
  }
}

/** A Worker's restarts and state; undefined while control cannot say so. */
async function workerOf({ gateway }: ModbusSite, name: string) {
  const { data } = await gateway.command("status").catch(() => ({ data: {} }));
  const { workers = {} } = data as { workers?: Record<string, { restarts: number; state: string }> };
  return workers[name];
}

const isBack = (site: ModbusSite, name: string) =>
  waitFor(`${name} to be back`, async () => {
    const worker = await workerOf(site, name);
    return worker?.state === "ready" && worker.restarts === 1;
  }, 40_000);

async function tail({ gateway }: ModbusSite): Promise<string> {
  return (await gateway.command("audit tail", { lines: "200" })).text;
}

Deno.test("failure matrix: Modbus while control is away", (t) =>
  withRig(async ({ site, ems, connect, works, rivalIsRefused }) => {
    await site.rewrite({ site: { site: { id: "modbus-site", dataDir: "./data", name: "control throws" } } });
    equal(await site.gateway.command("reload").then(() => true, () => false), false);
    await t.step(
      "failure matrix: Modbus: the control Worker / clients that are connected: open: judged as before",
      async () => {
        await works(ems);
        equal(await ems.write(11, 131, 6), -1, "a protected point");
      },
    );
    await t.step(
      "failure matrix: Modbus: the control Worker / clients that connect: open: by the certificates and CAs that the listener has",
      async () => {
        const client = await connect("ems-3");
        await works(client);
        client.close();
      },
    );
    await t.step(
      "failure matrix: Modbus: the control Worker / writes and who commands: open: leases hold",
      async () => {
        equal(await ems.write(11, LIMIT, 12), 0);
        await rivalIsRefused();
      },
    );
    await t.step(
      "failure matrix: Modbus: the control Worker / back in service: by itself within seconds; what was refused meanwhile is recorded then",
      async () => {
        await isBack(site, "control");
        await waitFor("the record", async () => /refused.*safe-current|safe-current.*refused/.test(await tail(site)));
        equal((await workerOf(site, "modbus-lines"))?.restarts, 0);
        await works(ems);
      },
    );
  }));

Deno.test("failure matrix: Modbus while the owner of the lines is away", (t) =>
  withRig(async ({ site, ems, panel, connect, rivalIsRefused }) => {
    await site.rewrite({ more: { workers: "separate", clients: [{ client: "lines throw" }] } });
    site.gateway.reload();
    await t.step(
      "failure matrix: Modbus: the owner of the lines / clients that are connected: closed: exception 0A until it is back, which takes seconds; they keep their connections",
      async () => {
        await waitFor("0A for both", async () => {
          const answers = await Promise.all([ems, panel].map((client) => client.read(11, 3, LIMIT)));
          return answers.every(([first]) => first === -0x0a);
        });
      },
    );
    await t.step(
      "failure matrix: Modbus: the owner of the lines / clients that connect: open: they are let in and get exception 0A, too",
      async () => {
        const client = await connect("ems-3");
        await waitFor("an answer", async () => (await client.read(11, 3, LIMIT))[0] !== undefined);
        client.close();
      },
    );
    await t.step(
      "failure matrix: Modbus: the owner of the lines / back in service: by itself: restarted after a pause that doubles with every fault",
      async () => {
        await isBack(site, "modbus-lines");
        for (const client of [ems, panel]) {
          await waitFor("a read", async () => (await client.read(11, 3, LIMIT))[0] === 10);
        }
        equal(ems.strays + panel.strays, 0);
      },
    );
    await t.step(
      "failure matrix: Modbus: the owner of the lines / writes and who commands: closed: 0A; who commands is known again afterwards",
      async () => {
        await rivalIsRefused();
        equal(await ems.write(11, LIMIT, 12), 0);
      },
    );
  }));

Deno.test("failure matrix: Modbus while the one Worker of a site with one zone is away", (t) =>
  withZone(async ({ site, ems, connect, works, rivalIsRefused }) => {
    await site.rewrite({ more: { clients: [{ client: "lines throw" }] } });
    site.gateway.reload();
    await t.step(
      "failure matrix: Modbus: the one Worker of a site with one zone / clients that are connected: closed: cut off, they connect anew",
      () => withDeadline("the end of the connection", ems.closed),
    );
    let again: ModbusClient | undefined;
    await t.step(
      "failure matrix: Modbus: the one Worker of a site with one zone / clients that connect: closed: nobody listens until it is back, which takes seconds",
      async () => {
        again = await waitFor("the door", () => connect("ems-1").catch(() => undefined), 40_000);
        await works(again!);
      },
    );
    await t.step(
      "failure matrix: Modbus: the one Worker of a site with one zone / writes and who commands: closed for these seconds; who commands is known again afterwards",
      async () => {
        await rivalIsRefused();
        equal(await again!.write(11, LIMIT, 12), 0);
      },
    );
    await t.step(
      "failure matrix: Modbus: the one Worker of a site with one zone / back in service: by itself: restarted after a pause that doubles with every fault",
      async () => void await isBack(site, "modbus-one"),
    );
    again!.close();
  }));

Deno.test("failure matrix: Modbus while a listener's Worker is away", (t) =>
  withRig(async ({ site, ems, panel, connect, works, rivalIsRefused }) => {
    await site.rewrite({ ems: { idleSeconds: 61 } });
    site.gateway.reload();
    await t.step(
      "failure matrix: Modbus: a listener's Worker / clients that are connected: closed: cut off; clients of other trust zones notice nothing",
      async () => {
        await withDeadline("the end of the connection", ems.closed);
        await works(panel);
      },
    );
    let again: ModbusClient | undefined;
    await t.step(
      "failure matrix: Modbus: a listener's Worker / clients that connect: closed: nobody listens until it is back, which takes seconds",
      async () => {
        again = await waitFor("the door", () => connect("ems-1").catch(() => undefined), 40_000);
        await works(again!);
      },
    );
    await t.step(
      "failure matrix: Modbus: a listener's Worker / writes and who commands: open for other zones; a lease outlives its owner's connection",
      async () => {
        await rivalIsRefused();
        equal(await again!.write(11, LIMIT, 12), 0);
      },
    );
    await t.step(
      "failure matrix: Modbus: a listener's Worker / back in service: by itself: restarted after a pause that doubles with every fault",
      async () => {
        await isBack(site, "modbus-0");
        equal((await workerOf(site, "modbus-1"))?.restarts, 0);
      },
    );
    again!.close();
  }));

Deno.test("failure matrix: Modbus when a client CA cannot be read", (t) =>
  withRig(async ({ site, ems, connect, works, rivalIsRefused }) => {
    const caFile = `${site.folder}/ca.pem`;
    for (const broken of [undefined, "no certificate\n"]) {
      if (broken === undefined) await Deno.remove(caFile);
      else await Deno.writeTextFile(caFile, broken);
      await site.rewrite({ site: { site: { id: "modbus-site", dataDir: "./data", name: `try ${broken}`.trim() } } });
      site.gateway.reload();
      await waitFor(
        "the refusal",
        async () => /configuration\.refused/.test((await site.gateway.command("alarms list")).text),
      );
      await works(ems);
    }
    await t.step(
      "failure matrix: Modbus: the file of a client CA / clients that are connected: open: a reload that cannot read it changes nothing, and an alarm says so",
      () => works(ems),
    );
    await t.step(
      "failure matrix: Modbus: the file of a client CA / clients that connect: open: by the CA that was read last",
      async () => {
        const client = await connect("ems-3");
        await works(client);
        client.close();
      },
    );
    await t.step(
      "failure matrix: Modbus: the file of a client CA / writes and who commands: open: leases hold",
      async () => {
        await rivalIsRefused();
        equal(await ems.write(11, LIMIT, 12), 0);
      },
    );
    await t.step(
      "failure matrix: Modbus: the file of a client CA / back in service: with the next reload that can read it; only a start needs the file",
      async () => {
        await Deno.writeTextFile(caFile, site.ca.pem);
        match((await site.gateway.command("reload")).text, /reload|applied|changed/i);
        await waitFor("the end of the alarm", async () => {
          return !/configuration\.refused/.test((await site.gateway.command("alarms list")).text);
        });
        await works(ems);
      },
    );
  }));
