import { deepEqual, equal, match } from "node:assert/strict";
import type { DefaultVerdict } from "../core/device_operations_api.ts";
import { GatewayError } from "../core/errors.ts";
import { readGuide } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";
import { defaultsEvidence } from "./station_reader.ts";
import { line, type PostureRig, withPosture } from "./testing/posture_rig.ts";

const GUIDE = readGuide(
  "reads.yaml",
  JSON.stringify({
    ...{ id: "reads", title: "Reads", about: "a", applies: { to: "station" } },
    lines: [
      line("R-PAGE", [{ by: "driver", setting: "Free_x", expect: { is: ["off"] } }]),
      line("R-DEFAULT", [{ by: "driver", setting: "default-password", expect: { is: ["off"] } }]),
      line("R-PORTS", [{ by: "ports", closed: [22, 23] }]),
      line("R-STRANGE", [{ by: "probe", fact: "strange-ports", expect: { is: ["none"] } }]),
      line("R-TLS", [{ by: "probe", fact: "tls-oldest", expect: { atLeast: 1.2 } }]),
    ],
  }),
);

/** A station with pages that a driver reads. */
async function withPages(posture: PostureRig, pages: Record<string, string> = { Free_x: "Off" }): Promise<void> {
  posture.moreGuides = [GUIDE];
  await posture.restart();
  const station = posture.rig.feature.parts.stations.get("CP001")!;
  Object.assign(station, { vendor: "bender", ui: { url: "https://10.0.0.1", driver: "bender" } });
  posture.pages = pages;
}

async function outcomes(posture: PostureRig): Promise<Record<string, string | undefined>> {
  await posture.command("posture run", { subject: "CP001" });
  const ids = ["R-PAGE", "R-DEFAULT", "R-PORTS", "R-STRANGE", "R-TLS"];
  return Object.fromEntries(
    await Promise.all(ids.map(async (id) => [id.slice(2), await posture.outcomeOf("CP001", id)])),
  );
}

/** What a look from outside finds. */
function looked(posture: PostureRig, result: object): { count: number } {
  const asked = { count: 0 };
  posture.rig.context.site.posture.probe = {};
  posture.rig.answers["probe.look"] = () => {
    asked.count++;
    return result;
  };
  return asked;
}

Deno.test(
  "posture: what a driver reads of the controller's page is evidence, in one login for all settings",
  withPosture(async (posture) => {
    await withPages(posture);
    equal((await outcomes(posture))["PAGE"], "met");
    posture.pages!["Free_x"] = "On";
    equal((await outcomes(posture))["PAGE"], "failed");
    equal(
      posture.rig.raised.some(({ kind, subject }) => kind === "posture.drifted" && subject === "CP001 R-PAGE"),
      true,
    );
    delete posture.pages!["Free_x"];
    equal((await outcomes(posture))["PAGE"], "unknown", "a page without it proves nothing");
    equal(posture.sent.filter((what) => what === "page read").length, 3, "one for each look");
  }),
);

Deno.test(
  "posture: a page that a person has, or whose logins are spent, leaves what was known and says why where nothing was",
  withPosture(async (posture) => {
    await withPages(posture);
    posture.pageFailure = { ok: false, failure: "busy", why: "otto has it since 10:02" };
    equal((await outcomes(posture))["PAGE"], "unknown");
    match((await posture.command("posture show", { subject: "CP001" })).text, /otto has it since 10:02/);
    posture.pageFailure = undefined;
    equal((await outcomes(posture))["PAGE"], "met");
    posture.pageFailure = { ok: false, failure: "spent", why: "two logins were refused" };
    equal((await outcomes(posture))["PAGE"], "met", "what was read yesterday still counts");
  }),
);

Deno.test(
  "EV-01 BC-01: a password of the factory that works is a line that is not met; one that was refused is met",
  withPosture(async (posture) => {
    await withPages(posture);
    const verdict = (verdict: DefaultVerdict["verdict"]): DefaultVerdict => ({
      ...{ role: "operator", name: "operator", verdict, at: posture.rig.time.now() },
    });
    posture.defaults = [verdict("changed"), verdict("default")];
    equal((await outcomes(posture))["DEFAULT"], "failed");
    posture.defaults = [verdict("changed")];
    equal((await outcomes(posture))["DEFAULT"], "met");
  }),
);

const VERDICTS: readonly (readonly [what: string, verdicts: readonly DefaultVerdict[], is: object])[] = [
  ["none is known", [], { is: "unknown", why: "no password of the factory is publicly known" }],
  ["one works", [
    { role: "user", name: "u", verdict: "unknown" },
    { role: "operator", name: "o", verdict: "default", at: 5 },
  ], { is: "value", value: "on", at: 5 }],
  ["one was not tried", [
    { role: "user", name: "u", verdict: "changed", at: 3 },
    { role: "operator", name: "o", verdict: "unknown", why: "away" },
  ], { is: "unknown", why: "away" }],
  ["all were changed: as old as the oldest proof", [
    { role: "user", name: "u", verdict: "changed", at: 3 },
    { role: "operator", name: "o", verdict: "changed", at: 9 },
  ], { is: "value", value: "off", at: 3 }],
];
for (const [what, verdicts, is] of VERDICTS) {
  Deno.test(`posture reading: passwords of the factory: ${what}`, () => deepEqual(defaultsEvidence(verdicts), is));
}

Deno.test(
  "EV-02 EV-10 EV-21: ports that answer are judged against the maker's profile and what has to be closed",
  withPosture(async (posture) => {
    await withPages(posture);
    const good = { ports: [[80, "closed"], [443, "open"], [22, "closed"], [23, "silent"]] };
    const asked = looked(posture, { ...good, tls: { versions: ["1.2", "1.3"], isOther: false } });
    deepEqual(await outcomes(posture), {
      ...{ PAGE: "met", DEFAULT: "unknown", PORTS: "met", STRANGE: "met", TLS: "met" },
    });
    equal(asked.count, 1);
    equal(posture.rig.audited.some(({ event }) => event === "posture.station.probed"), true);
    looked(posture, { ports: [[22, "open"], [5900, "open"]], tls: { versions: ["1.0", "1.2"], isOther: false } });
    const bad = await outcomes(posture);
    deepEqual([bad["PORTS"], bad["STRANGE"], bad["TLS"]], ["failed", "failed", "failed"]);
  }),
);

Deno.test(
  "EV-21: a port that the gateway's own firewall hides is not known, and the line says how to look",
  withPosture(async (posture) => {
    await withPages(posture);
    looked(posture, { ports: [[22, "blocked"], [23, "closed"], [443, "open"]] });
    equal((await outcomes(posture))["PORTS"], "unknown");
    match((await posture.command("posture show", { subject: "CP001" })).text, /port 22: `segmentation open`/);
  }),
);

Deno.test(
  "posture: a station that charges, is updated or whose Worker is away is not looked at from outside",
  withPosture(async (posture) => {
    await withPages(posture);
    const asked = looked(posture, { ports: [[22, "closed"]] });
    posture.whyNotNow = "a transaction runs (1)";
    equal((await outcomes(posture))["PORTS"], "unknown");
    posture.whyNotNow = undefined;
    await posture.rig.connect();
    posture.isBusy = true;
    equal((await outcomes(posture))["PORTS"], "unknown");
    equal(asked.count, 0);
    posture.isBusy = false;
    posture.rig.answers["probe.look"] = () => {
      throw new GatewayError("RPC_PEER_GONE", "probe is away");
    };
    equal((await outcomes(posture))["PORTS"], "unknown");
    match((await posture.command("posture show", { subject: "CP001" })).text, /it was not looked at: probe is away/);
  }),
);

Deno.test(
  "posture: without `posture.probe` in site.yaml nothing is looked at from outside",
  withPosture(async (posture) => {
    await withPages(posture);
    const asked = looked(posture, { ports: [[22, "closed"]] });
    delete posture.rig.context.site.posture.probe;
    equal((await outcomes(posture))["PORTS"], "unknown");
    equal(asked.count, 0);
  }),
);

Deno.test(
  "posture: a page alone is read once a day by itself; one that does not answer is left alone for an hour",
  withPosture(async (posture) => {
    await withPages(posture);
    posture.pageFailure = { ok: false, failure: "away", why: "no way" };
    const reads = () => posture.sent.filter((what) => what === "page read").length;
    await posture.look();
    await posture.look();
    equal(reads(), 1, "not again in the next look");
    await posture.rig.time.advance(POSTURE_LIMITS.retryMs);
    posture.pageFailure = undefined;
    await posture.look();
    equal(reads(), 2);
    await posture.rig.time.advance(POSTURE_LIMITS.retryMs);
    await posture.look();
    equal(reads(), 2, "what was read today is not read again");
    await posture.rig.time.advance(POSTURE_LIMITS.rereadMs);
    await posture.look();
    equal(reads(), 3);
  }),
);
