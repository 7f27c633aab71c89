import { deepEqual } from "node:assert/strict";
import { faultsOf } from "../support/browser.ts";
import { commission } from "../support/walk/commissioning.ts";
import { decommission } from "../support/walk/decommissioning.ts";
import { comeBack } from "../support/walk/incident.ts";
import { type Life, withLife } from "../support/walk/life.ts";
import { changeTheSecret, inspect, mendAFinding, workAtThePages } from "../support/walk/maintenance.ts";

// One station from its bay's protocol to the certificate of its erasure: three people in Chromium, the whole gateway, a
// simulated station of OCPP and its simulated controller. Each stage goes on where the one before left it. SCREENSHOTS=FOLDER
// keeps pictures.

Deno.test("one station's life in a browser, without a broken policy or a finding of axe on the way", (t) =>
  withLife(async (life) => {
    const stage = async (name: string, walk: (life: Life) => Promise<void>) => {
      if (!await t.step(name, () => walk(life))) throw new Error(`The walk ended in "${name}"`);
    };
    await stage(
      "EV-01, BC-13, BC-14: a bay is commissioned on a phone, held up by each in turn, closed to a signed PDF",
      commission,
    );
    await stage("EV-23: its checklist is filled on a phone; a broken seal becomes an incident", inspect);
    await stage("BC-07, BC-10: a reset card is found, the station quarantined and brought back", comeBack);
    await stage("EV-04: its pages are asked for on a phone, approved at a desk, worked at", workAtThePages);
    await stage("BC-01, BC-02: its password is changed at the controller, with a copy off the box", changeTheSecret);
    await stage("EV-04: a setting that drifted is mended from the posture page by two people", mendAFinding);
    await stage(
      "EV-30: it leaves for ever by its guided page; the certificate of its erasure is genuine",
      decommission,
    );
    deepEqual(faultsOf(life.browser, 403, 409, 422), []); // refused on purpose: another certificate, a fresh proof
  }));
