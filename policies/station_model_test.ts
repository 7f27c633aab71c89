import { deepStrictEqual as equal, match } from "node:assert/strict";
import { modelFaults, modelOf, type StationModel } from "./station_model.ts";

const MODELS: readonly StationModel[] = [
  { vendor: "acme", models: [], source: "any" },
  { vendor: "acme", models: ["pro", "max"], source: "pro" },
  { vendor: "acme", models: ["pro 2"], source: "pro 2" },
  { vendor: "other", models: ["x"], source: "x" },
];
const sourceOf = (vendor: string | undefined, model?: string) => modelOf(MODELS, vendor, model)?.source;

Deno.test("station model: the longest beginning of the model's name wins, in any case", () => {
  equal(sourceOf("ACME", "PRO 22"), "pro 2");
  equal(sourceOf("acme", "Pro"), "pro");
  equal(sourceOf("acme", "max 1"), "pro");
  equal(sourceOf("acme", "mini"), "any");
  equal(sourceOf("acme"), "any");
  equal(sourceOf("Acme GmbH & Co. KG", "max"), "pro", "as a station says it");
  equal(sourceOf("acmeworks", "max"), undefined);
});

Deno.test("station model: of another vendor or model nothing is known", () => {
  equal(sourceOf("other", "y"), undefined);
  equal(sourceOf("nobody", "pro"), undefined);
  equal(sourceOf(undefined, "pro"), undefined);
});

Deno.test("station model: says what it cannot do, and nothing where nothing is known", () => {
  const wanted = { profile: 2, port: 8444, rootKey: "ec" } as const;
  const model: StationModel = { vendor: "v", models: [], source: "s" };
  equal(modelFaults(undefined, wanted), []);
  equal(modelFaults(model, wanted), []);
  const limited: StationModel = { ...model, highestProfile: 1, ports: [80, 443], rootKeys: ["rsa"] };
  const [profile, port, root, ...more] = modelFaults(limited, wanted);
  match(profile!, /at most security profile 1/);
  match(port!, /port 80 or 443, the listener has 8444/);
  match(root!, /only rsa roots.*an ec key/);
  equal(more, []);
  equal(modelFaults(limited, { profile: 1, port: 443, rootKey: "ec" }), [], "without TLS no root matters");
  equal(modelFaults({ ...model, rootKeys: ["rsa"] }, { ...wanted, rootKey: undefined }), []);
});

Deno.test("station model: roots of the firmware alone cannot verify the site CA, and may verify your own certificate", () => {
  const model: StationModel = { vendor: "v", models: [], source: "s", fixedRoots: true };
  const wanted = { profile: 2, port: 443, rootKey: "ec" } as const;
  match(modelFaults(model, { ...wanted, isSiteCa: true }).join(), /only the roots of its firmware/);
  equal(modelFaults(model, { ...wanted, isSiteCa: false }), []);
  equal(modelFaults(model, wanted), []);
  equal(modelFaults(model, { ...wanted, profile: 1, isSiteCa: true }), [], "without TLS no root matters");
});
