import { strict as assert } from "node:assert";
import { createPkiRig, openPki, PKI_SITE, type PkiRig } from "../../tests/support/pki_rig.ts";
import { makeTestCsr } from "../../tests/support/test_ca.ts";
import type { PkiFeature } from "./feature.ts";

const DAY_MS = 86_400_000;
const VALID_DAYS = 100;
const SITE = PKI_SITE.replace("version: 1", `version: 1\npki: { stationCertificateDays: ${VALID_DAYS} }`);

async function withPki(run: (pki: PkiFeature, rig: PkiRig) => Promise<void>): Promise<void> {
  await using rig = await createPkiRig(SITE);
  const pki = await openPki(rig.context);
  try {
    await run(pki, rig);
  } finally {
    await pki.stop!();
  }
}

async function issue(pki: PkiFeature, station = "CP001"): Promise<string> {
  const { data } = await pki.commands!["cert issue"]!({ station, csr: makeTestCsr([["CN", station]]).csrPem }, "eva");
  return (data as { readonly serial: string }).serial;
}

/** What was raised and cleared about expiring certificates. */
const said = ({ alarms }: PkiRig) =>
  alarms.filter(({ kind }) => kind === "certificate.expiring")
    .map(({ subject, cleared }) => `${cleared ? "clear" : "raise"} ${subject}`);

Deno.test("expiry: 30 days before its end a station's certificate is no alarm, a millisecond later it is", () =>
  withPki(async (pki, rig) => {
    await issue(pki);
    rig.time.jump((VALID_DAYS - 30) * DAY_MS);
    await pki.sweep();
    assert.deepEqual(said(rig), []);
    rig.time.jump(1);
    await pki.sweep();
    assert.deepEqual(said(rig), ["raise CP001"]);
  }));

Deno.test("expiry: told once, and cleared when the station has a newer certificate", () =>
  withPki(async (pki, rig) => {
    await issue(pki);
    rig.time.jump((VALID_DAYS - 20) * DAY_MS);
    for (let i = 0; i < 3; i++) await pki.sweep();
    assert.deepEqual(said(rig), ["raise CP001"]);
    await issue(pki);
    await pki.sweep();
    assert.deepEqual(said(rig), ["raise CP001", "clear CP001"]);
  }));

Deno.test("expiry: a certificate that was revoked needs no successor", () =>
  withPki(async (pki, rig) => {
    const serial = await issue(pki);
    rig.time.jump((VALID_DAYS - 20) * DAY_MS);
    await pki.sweep();
    await pki.commands!["cert revoke"]!({ serial }, "eva");
    await pki.sweep();
    assert.deepEqual(said(rig), ["raise CP001", "clear CP001"]);
  }));

Deno.test("expiry: a revoked newer certificate does not hide the end of the older one", () =>
  withPki(async (pki, rig) => {
    await issue(pki);
    rig.time.jump((VALID_DAYS - 20) * DAY_MS);
    const serial = await issue(pki);
    await pki.sweep();
    assert.deepEqual(said(rig), []);
    await pki.commands!["cert revoke"]!({ serial }, "eva");
    await pki.sweep();
    assert.deepEqual(said(rig), ["raise CP001"]);
  }));

Deno.test("expiry: certificates that renew themselves are never an alarm, the site CA's own end is", () =>
  withPki(async (pki, rig) => {
    await pki.sweep();
    assert.deepEqual(said(rig), []);
    rig.time.jump(40 * 365 * DAY_MS);
    await pki.sweep();
    assert.deepEqual(said(rig), ["raise site CA"]);
  }));
