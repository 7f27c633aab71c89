import { equal, match, ok } from "node:assert/strict";
import { CampaignRig } from "./testing/campaign_rig.ts";
import type { StationBehaviour } from "./testing/fake_station.ts";

const NEW = "5.33.11", OLD = "5.22.1";
const says = (...statuses: string[]): StationBehaviour => ({ says: statuses });
const answers = (answer: StationBehaviour["answer"]): StationBehaviour => ({ answer: answer! });
const error = (code: string, description = "") => answers({ error: { code, description } });
const status = (name: string) => answers({ result: { status: name } });

/** What each way of a station to behave leads to: its unit's end, why, the version it has then, and how often it was told. */
const FATES: readonly (readonly [
  name: string,
  behaviour: StationBehaviour,
  state: string,
  why: RegExp,
  version: string,
  tries: number,
])[] = [
  ["it could not load", says("Downloading", "DownloadFailed"), "failed", /could not load/, OLD, 2],
  ["it could not install", says("Downloaded", "Installing", "InstallationFailed"), "failed", /not install/, OLD, 2],
  ["it refuses the signature", says("Downloaded", "InvalidSignature"), "failed", /refused the signature/, OLD, 1],
  [
    "it refuses the image when it is installed",
    says("Downloaded", "Installing", "InstallVerificationFailed"),
    "failed",
    /refused the image after installing/,
    OLD,
    1,
  ],
  ["it distrusts the certificate", status("InvalidCertificate"), "failed", /does not trust the signing/, OLD, 1],
  ["it knows the certificate as revoked", status("RevokedCertificate"), "failed", /is revoked/, OLD, 1],
  ["it rejects the request", status("Rejected"), "failed", /rejected/, OLD, 2],
  ["it answers an error", error("InternalError", "flash"), "failed", /InternalError \(flash\)/, OLD, 2],
  ["it boots with the old version", { boots: "old" }, "unconfirmed", /reports version 5.22.1, not 5.33.11/, OLD, 2],
  ["it says Installed and never boots", { boots: "never" }, "unconfirmed", /reports version 5.22.1/, OLD, 2],
  ["it goes silent while it loads", says("Downloading"), "unconfirmed", /reports version 5.22.1/, OLD, 2],
  ["it goes silent at once", says(), "unconfirmed", /reports version 5.22.1/, OLD, 2],
  ["it boots with something else", { boots: "5.30" }, "unconfirmed", /reports version 5.30/, "5.30", 2],
  ["it comes back with a lower security profile", { profileAfter: 1 }, "failed", /not well/, NEW, 2],
  ["a connector is faulted afterwards", { faultedAfter: true }, "failed", /not well/, NEW, 2],
];

for (const protocol of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
  // 2.1 has no other words for it than 2.0.1: what a station says is enough
  for (const [name, behaviour, state, why, version, tries] of protocol === "ocpp2.1" ? FATES.slice(0, 4) : FATES) {
    Deno.test(`campaign engine (${protocol}): ${name}: ${state}, and the campaign stops in its canary`, async () => {
      await using rig = await CampaignRig.up({
        stations: [{ id: "a", behaviour: { ...behaviour, protocol } }, { id: "b", behaviour: { protocol } }],
      });
      const id = await rig.campaign({ confirm: "6m", load: "6m" });
      await rig.pass(20);
      equal(await rig.states(id), `a ${state}, b pending`);
      const { units, state: stands, why: stopped } = await rig.report<
        { units: { why: string; attempts: number }[]; state: string; why: string }
      >(id);
      match(units[0]!.why, why);
      equal(units[0]!.attempts, tries);
      equal(stands, "paused");
      match(stopped, /no unit of ring canary took it/);
      equal(rig.station("a").version, version);
      equal(rig.station("b").request, undefined, "no other station was told");
      ok(rig.alarms.has(`firmware.campaign.stopped ${id}`));
      equal([...rig.grants.values()].includes("open"), false);
      ok(rig.audited.some(({ event, target }) => event === "firmware.campaign.unit-ended" && target === "a"));
    });
  }

  Deno.test(`campaign engine (${protocol}): a station that reboots unasked and forgets its update gets another try`, async () => {
    await using rig = await CampaignRig.up({ stations: [{ id: "a", behaviour: { protocol, says: ["Downloading"] } }] });
    const id = await rig.campaign();
    await rig.pass(0.5);
    rig.station("a").behaviour = { protocol, boots: "old" };
    rig.boot(rig.station("a")); // with what it had
    rig.station("a").behaviour = { protocol };
    await rig.settle();
    equal(await rig.states(id), "a installing");
    await rig.say("a", "Idle", Number(rig.station("a").request!.payload["requestId"]));
    await rig.pass(15);
    equal(await rig.states(id), "a confirmed");
    equal(rig.station("a").version, NEW);
  });
}
