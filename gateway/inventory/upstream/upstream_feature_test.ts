import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { makeTestKey, TestCa } from "../../../tests/support/test_ca.ts";
import type { Admission } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import type { CertificateHash, UpstreamApi } from "../../core/upstream_api.ts";
import { readSigningRequest } from "../../pki/csr.ts";
import { basic, type InventoryRig, inventoryRig, withInventory } from "../testing/inventory_rig.ts";
import { UPSTREAM_LIMITS } from "./limits.ts";
import { createUpstreamFeature } from "./upstream_feature.ts";
import { hashOfRoot, readRoots } from "./upstream_roots.ts";

const SITE_CA = new TestCa("Site CA");
const CSMS_CA = new TestCa("CSMS CA");
const PASSWORD = "a new password of the CSMS";
const base64 = (value: string): string => Buffer.from(value).toString("base64");
type Admitted = Admission & { readonly admit: true };

/** CP001 connected, and the methods that its Worker may call. */
async function connected(rig: InventoryRig, presented: readonly string[] = []) {
  const admission = await rig.connect() as Admitted;
  const feature = createUpstreamFeature(rig.feature.parts, {
    revokeStation: () => Promise.resolve([]),
    caPem: SITE_CA.pem,
    presented: () => presented,
    issueStation: (stationId, csr) =>
      csr === "good"
        ? Promise.resolve(`chain of ${stationId}`)
        : Promise.reject(new GatewayError("PKI_REQUEST_REFUSED", "its key is too short")),
  });
  const call = (worker: string) => feature.handlersFor!(worker) as Required<RpcHandlers<UpstreamApi>>;
  return { admission, session: admission.session, call: call("ocpp-0"), other: call("ocpp-1") };
}

const set = (setting: "password" | "profile" | "organization", value: string) => ({ setting, value }) as const;
const shown = (admission: Admission) =>
  (admission as Admitted).upstreamChoices!.map(({ choice, route }) => [
    choice,
    route.basic?.password ?? "",
    route.clientCertificate?.certPem.slice(0, 12) ?? "",
  ]);

Deno.test(
  "upstream: a password of the CSMS is stored sealed before it is answered, tried first, and kept once it is taken",
  withInventory(async (rig) => {
    const { admission, session, call } = await connected(rig);
    const own = admission.upstream.basic!.password;
    const { results, choices } = await call["upstream.change"]({ session, changes: [set("password", PASSWORD)] });
    equal(results, [{ status: "accepted" }]);
    equal(choices!.map(({ choice }) => choice), ["new", "configured"]);
    equal(shown(await rig.admit()), [["new", base64(PASSWORD), ""], ["configured", own, ""]]);
    await call["upstream.proved"]({ session, choice: "new", refused: [] });
    equal(shown(await rig.admit()), [["kept", base64(PASSWORD), ""], ["configured", own, ""]]);
    equal(rig.audited.slice(-3).map(({ event }) => event).filter((event) => event.includes("upstream")), [
      "station.upstream.proven",
    ]);
    const everything = JSON.stringify([rig.audited, rig.raised]);
    for await (const { value } of rig.store.list(["upstream"])) {
      ok(!Buffer.from((value as { sealed: Uint8Array }).sealed).includes(PASSWORD));
    }
    ok(!everything.includes(PASSWORD) && !everything.includes(base64(PASSWORD)));
  }),
);

Deno.test(
  "upstream: when the CSMS refuses what it set and takes the one before, the new one is dropped, with an alarm",
  withInventory(async (rig) => {
    const { session, call } = await connected(rig);
    await call["upstream.change"]({ session, changes: [set("password", PASSWORD)] });
    await call["upstream.proved"]({ session, choice: "configured", refused: ["new"] });
    equal(shown(await rig.admit()).map(([choice]) => choice), ["configured"]);
    equal(rig.raised.map(({ kind, subject }) => [kind, subject]), [["station.upstream.reverted", "CP001"]]);
    ok(rig.audited.some(({ event, outcome }) => event === "station.upstream.reverted" && outcome === "failed"));
    await call["upstream.change"]({ session, changes: [set("password", PASSWORD)] });
    await call["upstream.proved"]({ session, choice: "new", refused: [] });
    equal(rig.cleared, ["station.upstream.reverted CP001"]);
    // the operator of the CSMS went back to the password in site.yaml
    await call["upstream.proved"]({ session, choice: "configured", refused: ["kept"] });
    equal(shown(await rig.admit()).map(([choice]) => choice), ["configured"]);
  }),
);

Deno.test(
  "upstream: a network fault proves nothing: what waits goes on waiting",
  withInventory(async (rig) => {
    const { session, call } = await connected(rig);
    await call["upstream.change"]({ session, changes: [set("password", PASSWORD)] });
    await call["upstream.proved"]({ session, choice: "configured", refused: [] });
    equal(shown(await rig.admit()).map(([choice]) => choice), ["new", "configured"]);
  }),
);

Deno.test(
  "upstream: security profile 3 by request, certificate and profile, with a key that never leaves control",
  withInventory(async (rig) => {
    const { session, call } = await connected(rig);
    const early = await call["upstream.change"]({ session, changes: [set("profile", "3")] });
    equal(early.results[0]!.status, "rejected");
    await call["upstream.change"]({ session, changes: [set("organization", "Garage Ltd")] });
    const { csr } = await call["upstream.request"]({ session });
    const { subject, publicKey } = readSigningRequest(csr);
    equal([subject.organizations, subject.commonNames], [["Garage Ltd"], ["CP001"]]);
    const foreign = await call["upstream.certificate"]({ session, chainPem: CSMS_CA.client("CP001").certPem });
    equal(foreign.status, "foreign");
    const key = { ...makeTestKey(), spki: publicKey.spki };
    const wrong = await call["upstream.certificate"]({ session, chainPem: CSMS_CA.client("CP002", { key }).certPem });
    equal(wrong.status, "rejected");
    const chainPem = CSMS_CA.client("CP001", { key }).certPem;
    equal(await call["upstream.certificate"]({ session, chainPem }), { status: "accepted" });
    equal((await call["upstream.certificate"]({ session, chainPem })).status, "foreign"); // it is answered
    const raised = await call["upstream.change"]({ session, changes: [set("profile", "3")] });
    equal(raised.results, [{ status: "accepted" }]);
    const route = raised.choices![0]!.route;
    equal([route.basic, route.clientCertificate!.certPem.trim()], [undefined, chainPem.trim()]);
    await call["upstream.proved"]({ session, choice: "new", refused: [] });
    const again = await rig.admit() as Admitted;
    equal(again.certificateRenewAt, Date.UTC(2040, 0, 1) - 30 * 86_400_000);
    equal([again.upstreamProfile, shown(again).map(([choice]) => choice)], [3, ["kept"]]); // never lower again
    equal((await call["upstream.change"]({ session, changes: [set("profile", "2")] })).results[0]!.status, "rejected");
    equal((await call["upstream.read"]({ session })).profile, 3);
    // a renewal: the certificate in use stays until the new one is proven
    const second = readSigningRequest((await call["upstream.request"]({ session })).csr);
    ok(!Buffer.from(second.publicKey.spki).equals(publicKey.spki));
    const next = CSMS_CA.client("CP001", { key: { ...makeTestKey(), spki: second.publicKey.spki } }).certPem;
    const renewed = await call["upstream.certificate"]({ session, chainPem: next });
    equal(renewed.choices!.map(({ choice, route }) => [choice, route.clientCertificate!.certPem.trim()]), [
      ["new", next.trim()],
      ["kept", chainPem.trim()],
    ]);
    ok(!JSON.stringify(rig.audited).includes("PRIVATE KEY"));
  }),
);

Deno.test(
  "upstream: a request that nobody answered for a week is void",
  withInventory(async (rig) => {
    const { session, call } = await connected(rig);
    const { publicKey } = readSigningRequest((await call["upstream.request"]({ session })).csr);
    rig.time.advance(7 * 86_400_000);
    const chainPem = CSMS_CA.client("CP001", { key: { ...makeTestKey(), spki: publicKey.spki } }).certPem;
    equal((await call["upstream.certificate"]({ session, chainPem })).status, "foreign");
  }),
);

Deno.test(
  "upstream: roots of the CSMS are added for its leg, listed, deleted; what is needed stays",
  withInventory(async (rig) => {
    const { session, call } = await connected(rig);
    const install = (certificatePem: string) => call["upstream.root.install"]({ session, certificatePem });
    const remove = async (pem: string) => {
      const hash: CertificateHash = hashOfRoot(readRoots([pem])[0]!);
      return (await call["upstream.root.delete"]({ session, hash })).status;
    };
    const { status, choices } = await install(CSMS_CA.pem);
    equal([status, choices!.map(({ route }) => route.caPem?.length)], ["accepted", [2]]);
    equal((await install("nonsense")).status, "rejected");
    equal((await call["upstream.root.list"]({ session })).hashes, [hashOfRoot(readRoots([CSMS_CA.pem])[0]!)]);
    const admitted = await rig.admit() as Admitted;
    equal(admitted.upstream.caPem?.length, 2);
    equal(await remove(SITE_CA.pem), "kept");
    equal(await remove(new TestCa("V2G root").pem), "foreign");
    equal(await remove(CSMS_CA.pem), "deleted");
    equal((await call["upstream.root.list"]({ session })).hashes, []);
  }),
);

Deno.test("upstream: roots that both legs need stay, whoever names them, and a signed request deletes none (O-20)", async () => {
  const [listener, configured] = [new TestCa("Listener CA"), new TestCa("CA of site.yaml")];
  const rig = await inventoryRig({ "ca.pem": configured.pem });
  try {
    const { session, call } = await connected(rig, [listener.server(["gw.example"]).certPem, listener.pem]);
    await call["upstream.root.install"]({ session, certificatePem: CSMS_CA.pem });
    const remove = async (pem: string, isSigned = false, algorithm: CertificateHash["hashAlgorithm"] = "SHA256") => {
      const hash = hashOfRoot(readRoots([pem])[0]!, algorithm);
      return (await call["upstream.root.delete"]({ session, hash, isSigned })).status;
    };
    for (const isSigned of [false, true]) {
      for (const { pem } of [listener, configured, SITE_CA]) equal(await remove(pem, isSigned), "kept");
    }
    for (const algorithm of ["SHA384", "SHA512"] as const) equal(await remove(listener.pem, false, algorithm), "kept");
    equal(await remove(CSMS_CA.pem, true), "kept");
    equal(await remove(CSMS_CA.pem), "deleted");
  } finally {
    await rig.store.close();
  }
});

Deno.test(
  "upstream: a Worker speaks for its own sessions only",
  withInventory(async (rig) => {
    const { session, other, call } = await connected(rig);
    const refused = { code: "CTL_REFUSED" };
    await rejects(async () => await other["upstream.read"]({ session }), refused);
    await rejects(async () => await other["upstream.request"]({ session }), refused);
    await rejects(async () => await call["upstream.read"]({ session: "another" }), refused);
  }),
);

Deno.test(
  "upstream: a station's own request is signed by the site CA, or the reason is said and audited",
  withInventory(async (rig) => {
    const { session, call } = await connected(rig);
    equal(await call["station.certificate"]({ session, csr: "good" }), { chainPem: "chain of CP001" });
    equal(await call["station.certificate"]({ session, csr: "bad" }), { reason: "its key is too short" });
    equal(rig.audited.at(-1)!.event, "station.upstream.rejected");
    const sign = async () => (await call["station.certificate"]({ session, csr: "good" })).chainPem !== undefined;
    const { stationCertificates: limit } = UPSTREAM_LIMITS;
    const rest = [];
    for (let i = 2; i <= limit; i++) rest.push(await sign());
    equal([rest.slice(0, limit - 2).every(Boolean), rest.at(-1)], [true, false]);
    rig.time.advance(86_400_000);
    equal(await sign(), true);
  }),
);

Deno.test(
  "upstream: a network profile and the settings that a CSMS reads",
  withInventory(async (rig) => {
    const { session, call } = await connected(rig);
    const network = { slot: 2, url: "wss://csms.example/ocpp", securityProfile: 2 };
    equal(await call["upstream.network"]({ session, network }), { status: "accepted" });
    const elsewhere = await call["upstream.network"]({ session, network: { ...network, url: "wss://evil.example" } });
    equal(elsewhere.status, "rejected");
    const { url, profile, identity } = await call["upstream.read"]({ session });
    equal([url, profile, identity], ["wss://csms.example/ocpp", 2, "CP001"]);
  }),
);

Deno.test(
  "upstream: a station with a password of its own upstream shows the one the CSMS set",
  withInventory(async (rig) => {
    const attempt = { stationId: "CP004", basic: basic("CP004", "anything") };
    await rig.command("station credential", { station: "CP004" }).then(({ data }) => {
      attempt.basic = basic("CP004", (data as { password: string }).password);
    });
    const admission = await rig.connect(attempt) as Admitted;
    equal(shown(admission), [["configured", base64("upstream-secret-of-cp004"), ""]]);
    const { call } = await connected(rig);
    await call["upstream.change"]({ session: admission.session, changes: [set("password", PASSWORD)] });
    const again = await rig.admit(attempt) as Admitted;
    equal(shown(again).map(([, password]) => password), [base64(PASSWORD), base64("upstream-secret-of-cp004")]);
    equal(again.upstream.basic!.user, base64("CP004"));
  }),
);
