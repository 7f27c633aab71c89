import { deepEqual, match } from "node:assert/strict";
import { isTestPath, sourceFiles } from "./tree.ts";

const PRODUCT = sourceFiles(".ts", ".tsx").filter(({ path }) =>
  !isTestPath(path) && /^(gateway|hal|main\.ts)/.test(path) && !path.startsWith("gateway/demo/")
);

Deno.test("invariant 1: exposed ports use node:https, node:http or node:tls with ws, never Deno.serve and its kin", () => {
  const faults: string[] = [];
  for (const { path, text } of PRODUCT) {
    if (/Deno\s*\.\s*(serve|upgradeWebSocket|listenTls)\b|Deno\s*\[/.test(text)) faults.push(path);
  }
  deepEqual(faults, []);
});

Deno.test("invariant 1: the plaintext and the TLS listener of OCPP bound headers and their time", async () => {
  const limits = await Deno.readTextFile("gateway/ocpp/listener.ts");
  for (const bound of ["maxHeaderSize", "headersTimeout", "requestTimeout", "connectionsCheckingInterval"]) {
    match(limits, new RegExp(`${bound}:`));
  }
});
