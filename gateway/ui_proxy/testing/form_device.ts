import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DeviceSession } from "../../core/device_api.ts";
import { FrontRig } from "./front_rig.ts";

/** A device with a login form, or one of the CHARX family, whose pages a test writes by hand. */
export async function withDevice(
  serve: (request: IncomingMessage, response: ServerResponse) => unknown,
  use: (rig: FrontRig, token: string, server: Server, sessions: readonly DeviceSession[]) => Promise<void>,
  driver: "charx" | "form" = "form",
): Promise<void> {
  const server = createServer((request, response) => {
    if (request.url === "/login" && request.method === "GET") return response.end(FORM_PAGE);
    if (request.url === "/login") {
      request.resume();
      return response.writeHead(302, { "location": "/", "set-cookie": "SID=1" }).end();
    }
    if (request.url?.endsWith("/web/login")) {
      request.resume();
      return response.end(JSON.stringify({ token: "t", role: "manufacturer", passwordChanged: true }));
    }
    return serve(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const device = driver === "form" ? { driver, form: FORM } : { driver };
  const rig = await FrontRig.open([{ station: "CP001", origins: [origin], device }]);
  try {
    const role = driver === "charx" ? "manufacturer" : "installer";
    const capabilities = ["view", "edit", "firmware"] as const;
    const token = await rig.enter("CP001", { deviceRole: role, capabilities });
    await use(rig, token, server, [...rig.people.sessions.values()]);
  } finally {
    await rig[Symbol.asyncDispose]();
    (server as unknown as { closeAllConnections(): void }).closeAllConnections();
    server.close();
  }
}

const FORM_PAGE = '<form method="post"><input name="u"><input type="password" name="p"></form>';
const FORM = `
title: Test device
formPath: /login
nameField: u
passwordField: p
success: { cookie: SID }
accounts: { installer: admin }
pages:
  - { id: live, path: /values, socket: live }
  - { id: read, path: "/**" }
  - { id: upload, path: /upload, methods: [POST], capability: edit, role: installer }
`;
