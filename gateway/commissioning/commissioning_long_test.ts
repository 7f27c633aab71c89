import { equal, rejects, throws } from "node:assert/strict";
import { verifyPdf } from "../papers/verify_pdf.ts";
import { COMMISSIONING_LIMITS } from "./limits.ts";
import { CommissioningRig } from "./testing/commissioning_rig.ts";

const REFUSED = { code: "COMMISSIONING_REFUSED" };
const INVALID = { code: "COMMISSIONING_INVALID" };
const SECONDARY = { step: "identity.label", station: "CP001-S", reason: "reached by USB only, label seen" };

function withRig(test: (rig: CommissioningRig) => Promise<void>): () => Promise<void> {
  return async () => {
    await using rig = await CommissioningRig.open();
    await test(rig);
  };
}

/** Everything entered and answered for: ready to be signed. */
async function ready(rig: CommissioningRig): Promise<void> {
  await rig.fill();
  await rig.run("except", SECONDARY, "olga");
}

const counterSign = (rig: CommissioningRig, who = "olga") => rig.run("counter-sign", { name: "Olga Berg" }, who);

Deno.test(
  "commissioning: the paper verifies, one altered byte fails, and what is not closed says so",
  withRig(async (rig) => {
    await ready(rig);
    const paper = async (language?: string) => {
      const { data } = await rig.run("pdf", language === undefined ? {} : { language });
      const { name, base64 } = data as { name: string; base64: string };
      equal(name, "commissioning-1-bay-07.pdf");
      return Uint8Array.fromBase64(base64);
    };
    verifyPdf(await paper(), rig.papers.ca.pem);
    await rig.run("sign", { name: "Ida Kern", drawing: "M10 50 L100 20" });
    await counterSign(rig);
    await rig.run("close", {}, "olga");
    const pdf = await paper("de");
    equal(verifyPdf(pdf, rig.papers.ca.pem).signer, "Bulkhead papers garage-12");
    for (const at of [20, Math.floor(pdf.length / 2), pdf.length - 3]) {
      const changed = pdf.slice();
      changed[at]! ^= 1;
      throws(() => verifyPdf(changed, rig.papers.ca.pem), /PKI|does not hold|certificate data/);
    }
    await rejects(paper("fr"), INVALID);
    equal(rig.audited.at(-1)!.event, "commissioning.paper.made");
  }),
);

Deno.test(
  "commissioning: as many protocols and stations of a bay as the limits, and one past them",
  withRig(async (rig) => {
    const { stations, protocols } = COMMISSIONING_LIMITS, [, , plain] = rig.stations;
    const parts = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...plain!, id: `P${at}`, unit: "bay-09" }));
    rig.stations = parts(stations + 1);
    await rejects(rig.run("start", { bay: "bay-09" }), { ...REFUSED, message: /a bay has at most 8/ });
    rig.stations = parts(stations);
    await rig.run("start", { bay: "bay-09" });
    const [first] = await rig.stored();
    for (let id = 2; id <= protocols; id++) {
      await rig.papers.store.commit([{
        set: ["commissioning", "protocol", String(id).padStart(9, "0")],
        value: { ...first, id, bay: `b${id}` },
      }]);
    }
    await rig.restart();
    rig.stations = [plain!];
    await rejects(rig.run("start", { bay: "CP002" }), { ...REFUSED, message: /at most 1000 protocols/ });
    await rig.run("drop", { bay: "b7" });
    await rig.run("start", { bay: "CP002" });
  }),
);
