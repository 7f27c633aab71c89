import type { CommandArgs } from "../control/contract.ts";
import { parseSocketAddress } from "../config/ip.ts";
import { ConfigError, describeError, GatewayError } from "../core/errors.ts";
import { systemTimers } from "../core/timers.ts";
import type { ByteEnd } from "../tunnel/pump.ts";
import { openTunnel, type TunnelPlace } from "./tunnel_client.ts";
import { writeErrorLine, writeLine } from "./write_line.ts";

/**
 * `connect`: on a laptop, carries a local port, or standard input and output, to one port of a station. Ends with the
 * tunnel's time, with Ctrl-C, or when the gateway closes it. Exit code 1 when nothing could be carried.
 */
export async function runConnect(args: CommandArgs): Promise<number> {
  const place = await readPlace(args);
  if (args["stdio"] === true) {
    const { why, up } = await openTunnel(place, standardEnd(), systemTimers);
    if (up === 0) writeErrorLine(`bulkhead: ${why}`);
    return 0;
  }
  const listener = listenLocally(args["listen"]);
  const { hostname, port } = listener.addr as Deno.NetAddr;
  writeLine(`LISTENING ${hostname}:${port} for ${place.station} port ${place.port}; end with Ctrl-C`);
  for await (const connection of listener) {
    connection.setNoDelay(true);
    void carry(place, connection, listener);
  }
  return 1; // the gateway refused the token: nothing can be carried any more
}

async function carry(place: TunnelPlace, connection: Deno.TcpConn, listener: Deno.Listener): Promise<void> {
  try {
    const { up, down, why } = await openTunnel(place, connection, systemTimers);
    writeErrorLine(`bulkhead: closed after ${up} bytes from and ${down} bytes to the station: ${why}`);
  } catch (error) {
    connection.close();
    writeErrorLine(`bulkhead: ${describeError(error)}`);
    const { hint, code } = error instanceof GatewayError ? error : { hint: undefined, code: undefined };
    if (hint !== undefined) writeErrorLine(`hint: ${hint}`);
    if (code === "TUNNEL_REFUSED") listener.close();
  }
}

/** Only loopback: whoever reaches this port is at the station. @throws ConfigError CLI_USAGE */
function listenLocally(listen: CommandArgs[string]): Deno.TcpListener {
  const at = parseSocketAddress(typeof listen === "string" ? listen : "127.0.0.1:0");
  if (!at || !/^(127\.|::1$)/.test(at.host)) {
    throw new ConfigError(
      "CLI_USAGE",
      `Cannot listen on "${String(listen)}": wanted an address of this machine alone`,
      {
        hint: "As 127.0.0.1:2222",
      },
    );
  }
  return Deno.listen({ hostname: at.host, port: at.port });
}

async function readPlace(args: CommandArgs): Promise<TunnelPlace> {
  const port = Number(args["port"]);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ConfigError("CLI_USAGE", `--port ${String(args["port"] ?? "")} is no port`, { hint: "As --port 22" });
  }
  const gateway = typeof args["gateway"] === "string" ? URL.parse(args["gateway"]) : null;
  if (gateway?.protocol !== "https:") {
    throw new ConfigError("CLI_USAGE", `--gateway ${String(args["gateway"] ?? "")} is no address of a console`, {
      hint: "As --gateway https://gw.garage-12.example:8443",
    });
  }
  const caFile = args["ca"];
  return {
    ...{ gateway, port, station: String(args["station"]), token: await readToken(args["token-file"]) },
    ...typeof caFile === "string" ? { caPem: await readFile(caFile, "ca") } : {},
  };
}

/** Never an argument: those stand in the list of processes (invariant 6). */
async function readToken(file: CommandArgs[string]): Promise<string> {
  if (typeof file === "string") return (await readFile(file, "token-file")).trim();
  const token = Deno.env.get("BULKHEAD_TUNNEL_TOKEN");
  if (token !== undefined) return token.trim();
  if (!Deno.stdin.isTerminal()) {
    throw new ConfigError("CLI_USAGE", "There is no token", {
      hint: "Give --token-file FILE, or the variable BULKHEAD_TUNNEL_TOKEN",
    });
  }
  return (prompt("Token of the tunnel, as the console showed it:") ?? "").trim();
}

async function readFile(file: string, option: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read the file "${file}" of --${option}`, { cause });
  }
}

function standardEnd(): ByteEnd {
  return {
    read: (into) => Deno.stdin.read(into),
    write: (bytes) => Deno.stdout.write(bytes),
    closeWrite: () => Promise.resolve(Deno.stdout.close()),
    close: () => undefined, // the process ends
  };
}
