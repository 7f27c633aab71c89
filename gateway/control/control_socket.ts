import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { describeError, GatewayError } from "../core/errors.ts";
import type { CommandArgs, CommandResult } from "./contract.ts";
import { CONTROL_LIMITS } from "./limits.ts";

/** Runs one command for a named person. */
export type RunCommand = (command: string, args: CommandArgs, who: string) => Promise<CommandResult>;

/**
 * Listens on `<dataDir>/control.sock`, mode 0600: whoever may open it is the gateway's own user or root.
 * One request: `POST /command` with `{"command","args","who"}`. Not an exposed port; still bounded in size and number.
 */
export async function listenOnControlSocket(path: string, run: RunCommand): Promise<{ close(): Promise<void> }> {
  await removeStale(path);
  let running = 0;
  const server = createServer({ maxHeaderSize: 8_192, requestTimeout: 10_000 }, (request, response) => {
    if (request.method !== "POST" || request.url !== "/command") return answer(response, 404, { error: "not found" });
    if (running >= CONTROL_LIMITS.commandsRunning) {
      return answer(response, 503, fault("CTL_REFUSED", `${running} commands are running; try again`));
    }
    running++;
    serve(request, run)
      .then(({ status, body }) => answer(response, status, body))
      .finally(() => running--);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  await Deno.chmod(path, 0o600);
  return { close: () => closeServer(server, path) };
}

async function serve(request: IncomingMessage, run: RunCommand): Promise<{ status: number; body: unknown }> {
  try {
    const { command, args, who } = parseRequest(await readBody(request));
    return { status: 200, body: await run(command, args, who) };
  } catch (error) {
    if (!(error instanceof GatewayError)) return { status: 500, body: fault("CTL_FAILED", describeError(error)) };
    return { status: 400, body: fault(error.code, describeError(error), error.hint) };
  }
}

function parseRequest(text: string): { command: string; args: CommandArgs; who: string } {
  const { command, args = {}, who } = readJson(text);
  if (typeof command !== "string" || typeof who !== "string" || !/^[\w.@ -]{1,64}$/.test(who)) {
    throw new GatewayError("CTL_REFUSED", "A command needs a name and a person of 1 to 64 letters, digits or .@-_", {
      hint: "Pass --as NAME",
    });
  }
  if (!isArgs(args)) {
    throw new GatewayError("CTL_REFUSED", "The arguments of a command are texts, lists of texts or flags");
  }
  return { command, args, who };
}

function readJson(text: string): { command?: unknown; args?: unknown; who?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === "object") return value;
  } catch (cause) {
    throw new GatewayError("CTL_REFUSED", "A command is a JSON object", { cause });
  }
  throw new GatewayError("CTL_REFUSED", "A command is a JSON object");
}

function isArgs(value: unknown): value is CommandArgs {
  const isText = (item: unknown) => typeof item === "string";
  return value !== null && typeof value === "object" && !Array.isArray(value) &&
    Object.values(value).every((item) =>
      isText(item) || typeof item === "boolean" || Array.isArray(item) && item.every(isText)
    );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Uint8Array).length;
    if (size > CONTROL_LIMITS.commandBytes) {
      throw new GatewayError("CTL_REFUSED", `A command has at most ${CONTROL_LIMITS.commandBytes} bytes`);
    }
    chunks.push(chunk as Uint8Array);
  }
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function fault(code: string, message: string, hint?: string): { error: Record<string, string> } {
  return { error: { code, message, ...hint === undefined ? {} : { hint } } };
}

/** A socket file left by a killed gateway is removed; the store's lock already proved that no other one runs. */
async function removeStale(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function closeServer(server: Server, path: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
  await removeStale(path);
}
