import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stringify } from "yaml";
import { systemTimers } from "../../gateway/core/timers.ts";
import { GatewayProcess } from "../../gateway/demo/gateway_process.ts";
import { ConsoleClient } from "../support/console_client.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { START_FLAGS } from "../support/run_gateway.ts";
import { claimAdministrator } from "../support/signed_in.ts";
import { timed, waitFor } from "../support/wait_for.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const HOST = "127.0.0.11";
const GREETING = "SSH-2.0-station\r\n";

/** A station's port that greets first and then says back whatever it hears, as SSH greets. */
function station(): { readonly port: number; close(): void } {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const serve = async () => {
    for await (const connection of listener) {
      void connection.write(new TextEncoder().encode(GREETING))
        .then(() => connection.readable.pipeTo(connection.writable)).catch(() => undefined); // the tunnel was cut
    }
  };
  void serve();
  return { port: (listener.addr as Deno.NetAddr).port, close: () => listener.close() };
}

/** `connect` as a person runs it. */
function connectCommand(args: readonly string[], token: string, stdin: "null" | "piped" = "null") {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...START_FLAGS, MAIN, "connect", ...args],
    env: { BULKHEAD_TUNNEL_TOKEN: token },
    ...{ stdin, stdout: "piped", stderr: "piped" },
  }).spawn();
  return child;
}

/** Collects what a process writes. */
function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): { text: string; readonly over: Promise<void> } {
  const read = { text: "", over: Promise.resolve() };
  read.over = (async () => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) read.text += part;
  })();
  return read;
}

async function readExactly(connection: Deno.TcpConn, length: number): Promise<Uint8Array> {
  const all = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(all.subarray(at));
    if (count === null) throw new Error(`The connection ended after ${at} of ${length} bytes`);
    at += count;
  }
  return all;
}

/** A gateway with one declared port, and an administrator who is signed in. */
interface Site {
  readonly gateway: GatewayProcess;
  readonly port: number;
  /** Opens a tunnel by the form of the station's page. */
  token(): Promise<string>;
  /** Arguments of `connect` for the declared port. */
  readonly args: readonly string[];
}

async function withSite(test: (site: Site) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-tunnel-" });
  const ssh = station();
  const { console } = reservePorts();
  const configFile = `${folder}/site.yaml`;
  const site = {
    version: 1,
    site: { id: "garage" },
    console: { listen: `127.0.0.1:${console}`, hostname: "localhost" },
    stations: [{ id: "CP001", address: HOST, tunnelPorts: [ssh.port] }],
  };
  await Deno.writeTextFile(configFile, stringify(site));
  const gateway = await GatewayProcess.start({ configFile, dataDir: `${folder}/data`, timers: systemTimers });
  try {
    const client = new ConsoleClient(`https://127.0.0.1:${console}`);
    await claimAdministrator(client, /^SETUP code (\S+) /m.exec(gateway.lines.join("\n"))![1]!);
    const caFile = `${folder}/ca.pem`;
    const { data } = await gateway.command("cert export-ca", {}, "eva");
    await Deno.writeTextFile(caFile, (data as { pem: string }).pem);
    const token = async () => {
      const form = { port: String(ssh.port), reason: "read the logs", minutes: "10" };
      const page = await client.post("/stations/CP001", "/stations/CP001/tunnel", form);
      const [, shown] = /<pre class="secret">([\w-]{43})<\/pre>/.exec(page.text) ?? [];
      ok(shown, page.text.replace(/<[^>]+>/g, " ").slice(0, 800));
      return shown;
    };
    const place = ["--gateway", `https://localhost:${console}`, "--ca", caFile];
    await test({ gateway, port: ssh.port, token, args: ["CP001", "--port", String(ssh.port), ...place] });
  } catch (error) {
    throw new Error(`${error}\n${gateway.logTail(20)}`, { cause: error });
  } finally {
    await gateway.stop();
    ssh.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Two and a half megabytes there and back, behind the greeting. */
async function echoMany(laptop: Deno.TcpConn): Promise<number> {
  equal(new TextDecoder().decode(await readExactly(laptop, GREETING.length)), GREETING);
  const some = crypto.getRandomValues(new Uint8Array(65_536));
  const many = Uint8Array.from({ length: 40 * some.length }, (_, at) => some[at % some.length]!);
  const writer = laptop.writable.getWriter();
  const writing = writer.write(many);
  deepEqual(await readExactly(laptop, many.length), many);
  await writing;
  return many.length;
}

/** What the other side sends after this is nothing: its end, or a reset. */
const isOver = async (laptop: Deno.TcpConn) => await laptop.read(new Uint8Array(1)).catch(() => null) === null;

Deno.test("tunnel: a laptop reaches one declared port through the console; bytes counted, killed within a second, audited", () =>
  withSite(async ({ gateway, token, args }) => {
    const secret = await token();
    const child = connectCommand(args, secret);
    const out = collect(child.stdout), err = collect(child.stderr);
    await waitFor("LISTENING", () => /^LISTENING /m.test(out.text));
    const [, hostname = "", port = ""] = /LISTENING ([\d.]+):(\d+)/.exec(out.text)!;
    equal(hostname, "127.0.0.1");
    const laptop = await Deno.connect({ hostname, port: Number(port) });
    const bytes = await echoMany(laptop);

    const row = await waitFor("all bytes to be counted", async () => {
      const listed = await gateway.command("tunnel list", {}, "eva");
      const [row] = listed.data as unknown as { id: string; up: number; down: number; connections: number }[];
      return row!.up >= bytes && row!.down >= bytes + GREETING.length && row;
    });
    deepEqual([row.connections, row.up, row.down], [1, bytes, bytes + GREETING.length]);
    const slowness = await timed(() => gateway.command("tunnel list", {}, "eva"));
    const ms = await timed(async () => {
      await gateway.command("tunnel end", { id: row.id }, "eva");
      ok(await isOver(laptop));
    });
    ok(ms < 1_000 + 10 * slowness, `it took ${ms} ms, where a command takes ${slowness} ms`);
    await waitFor("the reason at the laptop", () => /the way was closed \(access\.killed\)/.test(err.text));
    laptop.close();

    // the token is dead: the next program that connects is told so, and the command ends
    const late = await Deno.connect({ hostname, port: Number(port) });
    ok(await isOver(late));
    late.close();
    equal((await child.status).code, 1);
    await Promise.all([out.over, err.over]);
    match(err.text, /The gateway answered 403: This token opens no such tunnel/);
    const events = ["opened", "entered", `left.*${bytes}`, "refused"].map((one) =>
      new RegExp(`people\\.tunnel\\.${one}`)
    );
    const text = await waitFor("all of it in the audit trail", async () => {
      const { text } = await gateway.command("audit tail", { lines: "500" }, "eva");
      return events.every((event) => event.test(text)) && text;
    });
    equal(text.includes(secret), false);
  }));

Deno.test("tunnel: one connection over standard input and output, as ssh's ProxyCommand wants it", () =>
  withSite(async ({ token, args }) => {
    const proxy = connectCommand([...args, "--stdio"], await token(), "piped");
    const said = collect(proxy.stdout), faults = collect(proxy.stderr);
    await waitFor("the greeting", () => said.text.includes(GREETING));
    const stdin = proxy.stdin.getWriter();
    await stdin.write(new TextEncoder().encode("hello over stdio\n"));
    await stdin.close();
    equal((await proxy.status).code, 0);
    await Promise.all([said.over, faults.over]);
    equal(said.text, `${GREETING}hello over stdio\n`, faults.text);
  }));
