import { deepEqual, equal, throws } from "node:assert/strict";
import { Site } from "../../config/schema.ts";
import { climbTarget } from "./target.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const ROOTS = { rootOf: () => ({ pem: PEM, keyType: "ec" as const }) };
const site = (...listeners: unknown[]) =>
  Site.parse({
    version: 1,
    site: { id: "lab" },
    ocpp: { listeners, csms: [{ id: "main", url: "wss://csms.example/ocpp" }] },
  });
const PLAIN = { listen: "127.0.0.1:8445", plaintext: "isolated-segment" };
const TLS = { listen: "127.0.0.1:8444", tls: {} };

Deno.test("climb target: the first TLS listener, by its address and port", () => {
  deepEqual(climbTarget(site(PLAIN, TLS), ROOTS, {}), {
    listener: { url: "wss://127.0.0.1:8444/ocpp", port: 8444, isSiteCa: true, rootKey: "ec" },
    rootPem: PEM,
    signs: true,
  });
  equal(climbTarget(site(PLAIN), ROOTS, {}), undefined);
});

Deno.test("climb target: a name of the certificate stands before the address, IPv6 in brackets", () => {
  const named = site({ ...TLS, tls: { names: ["gw.ot.example"] } });
  equal(climbTarget(named, ROOTS, {})?.listener.url, "wss://gw.ot.example:8444/ocpp");
  equal(climbTarget(site({ ...TLS, listen: "[::1]:8444" }), ROOTS, {})?.listener.url, "wss://[::1]:8444/ocpp");
});

Deno.test("climb target: another listener, URL and root may be named", () => {
  const two = site(TLS, { id: "second", listen: "127.0.0.1:9444", tls: { clientCaFile: "own.pem" } });
  const second = climbTarget(two, ROOTS, { listener: "second" });
  deepEqual([second?.listener.port, second?.signs], [9444, false]);
  const own = climbTarget(two, ROOTS, { url: "wss://redirect.example/ocpp/", root: PEM });
  deepEqual(
    own?.listener,
    { url: "wss://redirect.example/ocpp", port: 443, isSiteCa: true },
    "of a root from a person nothing is known",
  );
});

Deno.test("climb target: a root that is not known here is left to the person", () => {
  equal(climbTarget(site(TLS), { rootOf: () => undefined }, {})?.rootPem, undefined);
});

Deno.test("climb target: a listener on all addresses has no address for a URL", () => {
  const any = site({ ...TLS, listen: "0.0.0.0:8444" });
  throws(() => climbTarget(any, ROOTS, {}), { code: "STATION_INVALID", hint: /--url/ });
  equal(climbTarget(any, ROOTS, { url: "wss://10.0.0.1:8444/ocpp" })?.listener.port, 8444);
});
