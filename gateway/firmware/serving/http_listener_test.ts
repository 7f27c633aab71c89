import { deepEqual, equal, ok } from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { TestCa } from "../../../tests/support/test_ca.ts";
import { withDeadline } from "../../../tests/support/wait_for.ts";
import type { ListenerTrust } from "../../core/control_api.ts";
import { type ServingRig, TOKEN, withServing } from "../testing/serving_rig.ts";
import { startFirmware } from "./serve_service.ts";

const CA = new TestCa("Site CA"), OTHER = new TestCa("Other CA");
const SERVER = CA.server(["127.0.0.1"]);
const STATION = CA.client("CP001"), STRANGER = OTHER.client("CP001");
const trustOf = (server: { readonly certPem: string; readonly keyPem: string }): ListenerTrust => ({
  identities: [{ keyType: "ec", names: ["127.0.0.1"], certPem: server.certPem, keyPem: server.keyPem }],
  clientCas: [CA.certificate.certPem],
  denied: { fingerprints: [], serials: [] },
  organizations: ["Test CPO"],
});

const served = (use: (rig: ServingRig) => Promise<void>) =>
  withServing({
    listeners: [{ name: "firmware", protocol: "https", host: "127.0.0.1", port: 0 }],
    start: startFirmware,
    trust: trustOf(SERVER),
  }, use);

/** Status and length of the body; throws when TLS does not come about. */
function fetchImage(
  rig: ServingRig,
  pair: { readonly certPem?: string; readonly keyPem?: string } = {},
  ca = CA.certificate.certPem,
): Promise<{ readonly status: number; readonly bytes: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; bytes: number }>();
  const request = httpsRequest({
    ...{ host: "127.0.0.1", port: rig.port("firmware"), path: `/f/${TOKEN}/fw.deb`, agent: false, ca },
    ...pair.certPem === undefined ? {} : { cert: pair.certPem, key: pair.keyPem },
  });
  request.on("response", (response) => {
    let bytes = 0;
    response.on("data", (part: Uint8Array) => bytes += part.length);
    response.on("end", () => resolve({ status: response.statusCode ?? 0, bytes }));
  });
  request.on("error", reject);
  request.end();
  return withDeadline("an answer", promise);
}

Deno.test("firmware https: a station without a certificate is known by its address alone", () =>
  served(async (rig) => {
    deepEqual(await fetchImage(rig), { status: 200, bytes: rig.image.length });
    const [claim] = rig.claims;
    deepEqual([claim?.protocol, claim?.commonName], ["https", undefined]);
  }));

Deno.test("firmware https: a station's certificate is what control judges by", () =>
  served(async (rig) => {
    equal((await fetchImage(rig, STATION)).status, 200);
    equal(rig.claims[0]?.commonName, "CP001");
  }));

Deno.test("firmware https: a certificate of another CA gets nothing, and control is not even asked", () =>
  served(async (rig) => {
    const outcome = await fetchImage(rig, STRANGER).then(({ status }) => status, () => "no TLS");
    ok(outcome === 403 || outcome === "no TLS", String(outcome));
    deepEqual(rig.claims, []);
  }));

Deno.test("firmware https: a new certificate is shown from the next connection on", () =>
  served(async (rig) => {
    const next = OTHER.server(["127.0.0.1"]);
    await rig.service.handlers!["trust.changed"]!({ listener: "firmware", trust: trustOf(next) });
    equal((await fetchImage(rig, {}, OTHER.certificate.certPem)).status, 200);
    equal(await fetchImage(rig).then(() => "TLS", () => "no TLS"), "no TLS");
  }));

Deno.test("invariant 4: a bad new certificate never replaces the good old one", () =>
  served(async (rig) => {
    const bad = trustOf({ certPem: SERVER.certPem, keyPem: OTHER.server(["x"]).keyPem });
    const changed = rig.service.handlers!["trust.changed"]!;
    const fault = await Promise.resolve(changed({ listener: "firmware", trust: bad })).catch((error) => error);
    equal(fault.code, "PKI_CERTIFICATE_UNUSABLE");
    equal((await fetchImage(rig)).status, 200);
  }));
