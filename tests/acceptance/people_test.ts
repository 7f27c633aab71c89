import { equal, match, ok } from "node:assert/strict";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { ConsoleClient } from "../support/console_client.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { ADMIN_PASSWORD, claimAdministrator } from "../support/signed_in.ts";

/** A gateway process with nothing but a console, and what a power cut does to it. */
interface Site {
  gateway: GatewayProcess;
  readonly url: string;
  crash(): Promise<void>;
  command(name: string, args?: Record<string, string | boolean>): Promise<{ text: string; data: never; ok?: boolean }>;
}

async function withConsole(test: (site: Site) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-people-" });
  const { console } = reservePorts();
  const configFile = `${folder}/site.yaml`, options = { configFile, dataDir: `${folder}/data`, timers: systemTimers };
  await Deno.writeTextFile(
    configFile,
    stringify({
      version: 1,
      site: { id: "garage" },
      console: { listen: `127.0.0.1:${console}`, hostname: "localhost" },
      stations: [{ id: "CP001", unit: "bay-07", vendor: "bender" }],
    }),
  );
  const site: Site = {
    gateway: await GatewayProcess.start(options),
    url: `https://127.0.0.1:${console}`,
    async crash() {
      await site.gateway.kill();
      site.gateway = await GatewayProcess.start(options);
    },
    command: async (name, args) => await site.gateway.command(name, args, "eva") as never,
  };
  try {
    await test(site);
  } catch (error) {
    throw new Error(`${error}\n${site.gateway.logTail(20)}`, { cause: error });
  } finally {
    await site.gateway.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

const setupCode = ({ gateway }: Site) => /^SETUP code (\S+) /m.exec(gateway.lines.join("\n"))?.[1];
const login = (client: ConsoleClient, password: string) => client.post("/login", "/login", { name: "eva", password });

Deno.test("invariant 17: the first administrator needs the setup code that the first start prints; nobody else is let in", () =>
  withConsole(async (site) => {
    const stranger = new ConsoleClient(site.url);
    for (const path of ["/", "/stations"]) {
      const { status, text } = await stranger.get(path);
      ok(status !== 200 && !text.includes("CP001"), `${path}: ${status}`);
    }
    const client = new ConsoleClient(site.url);
    const fields = { name: "eva", "next-password": ADMIN_PASSWORD, again: ADMIN_PASSWORD };
    const wrong = await client.post("/setup", "/setup", { ...fields, code: "00000-00000-00000-00000" });
    ok(wrong.status >= 400, `${wrong.status}`);
    await claimAdministrator(client, setupCode(site)!);
    equal((await client.get("/")).status, 200);
    await site.crash();
    equal((await client.get("/")).status, 200, "the session survives kill -9");
    equal(setupCode(site), undefined);
    match((await site.command("user list")).text, /eva +local +administrator/);
    equal((await site.command("user policy")).ok ?? true, true);
  }));

Deno.test("EV-11: six wrong tries lock the real gateway for 30 minutes, whatever kill -9 comes in between; an administrator unlocks", () =>
  withConsole(async (site) => {
    await claimAdministrator(new ConsoleClient(site.url), setupCode(site)!);
    const client = new ConsoleClient(site.url);
    for (let crash = 0; crash < 3; crash++) {
      for (let at = 0; at < 2; at++) ok((await login(client, "wrong")).status >= 400);
      await site.crash();
    }
    const locked = await login(client, ADMIN_PASSWORD);
    ok(locked.status >= 400 && !locked.location, `${locked.status} ${locked.location}`);
    match((await site.command("user list")).text, /locked until/);
    await site.command("user unlock", { name: "eva" });
    match((await login(client, ADMIN_PASSWORD)).location ?? "", /^\/login\/factor/);
    const { text } = await site.command("audit tail", { lines: "200" });
    match(text, /people\.login\.locked/);
    equal(text.includes(ADMIN_PASSWORD), false);
  }));

Deno.test("people: grants, requests and the simulator by command, over kill -9", () =>
  withConsole(async (site) => {
    const anna = (await site.command("user add", { name: "anna", role: "technician" })).data as {
      temporaryPassword: string;
    };
    ok(anna.temporaryPassword);
    const explain = () =>
      site.command("access explain", {
        name: "anna",
        station: "bay-07",
        "device-role": "installer",
        capability: "edit",
      });
    match((await explain()).text, /anna may NOT edit CP001 as installer, by rule access\.no-grant/);
    await site.command("grant add", {
      id: "field-7",
      role: "technician",
      unit: "bay-07",
      "device-role": "installer",
      capability: "view,edit",
      because: "Service contract 2026",
    });
    await site.crash();
    match((await explain()).text, /anna may edit CP001 as installer, by grant "field-7": Service contract 2026/);
    match((await site.command("grant list")).text, /built-in\.administrator-manufacturer/);
  }));
