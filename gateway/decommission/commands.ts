import { DECOMMISSION_STEPS, type DecommissionStep, nextStep } from "../../policies/decommission.ts";
import type { CommandArgs, CommandHandler, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { fileOf } from "./certificate.ts";
import { textOf } from "./command_text.ts";
import type { Decommissions } from "./decommissions.ts";
import type { DecommissionParts } from "./parts.ts";
import type { DecommissionRecord, ResetProof } from "./record.ts";

const PROOFS = ["default-login", "photo", "seen", "destroyed"] as const;
const WORDS: Readonly<Record<DecommissionStep, string>> = {
  approve: "other persons agree",
  drain: "nothing charges, its CSMS has all messages",
  clear: "OCPP clears what it can at the station",
  reset: "its controller is as from the factory",
  configuration: "site.yaml names it no more",
  erase: "nothing of it is left here",
  certify: "the certificate is signed",
};

/** The commands about stations that leave. */
export function decommissionCommands(
  all: Decommissions,
  parts: Pick<DecommissionParts, "erasers" | "kept">,
): Readonly<Record<string, CommandHandler>> {
  const station = (args: CommandArgs) => String(args["station"] ?? "");
  const shown = async (work: Promise<DecommissionRecord>) => show(await work);
  return {
    "decommission approve": (args, who) => shown(all.approve(station(args), who)),
    "decommission cancel": async (args, who) => {
      await all.cancel(station(args), who);
      return { text: `${station(args)} stays in service.`, data: { station: station(args) } };
    },
    "decommission certificate": (args) => {
      const { number, station, at, signed } = all.certificate(String(args["name"] ?? ""));
      const file = fileOf(signed);
      return Promise.resolve({ text: file, data: { number: `dec-${number}`, station, at, file } });
    },
    "decommission list": () => Promise.resolve(list(all)),
    "decommission places": () => Promise.resolve(places(parts)),
    "decommission prove": (args, who) => shown(all.prove(station(args), proofOf(args, who), who)),
    "decommission readmit": async (args, who) => {
      await all.readmit(station(args), textOf(args, "reason"), who);
      const text = `${station(args)} may be the id of another device now: adopt it, or write it into site.yaml.`;
      return { text, data: { station: station(args) } };
    },
    "decommission show": (args) => Promise.resolve(show(all.of(station(args)))),
    "decommission skip": (args, who) => shown(all.skip(station(args), stepOf(args), textOf(args, "because"), who)),
    "station decommission": (args, who) => shown(all.start(station(args), textOf(args, "reason"), who)),
  };
}

/** @throws GatewayError DECOMMISSION_INVALID */
function stepOf(args: CommandArgs): DecommissionStep {
  const step = DECOMMISSION_STEPS.find((each) => each === args["step"]);
  if (step) return step;
  const wanted = DECOMMISSION_STEPS.join(", ");
  throw new GatewayError("DECOMMISSION_INVALID", `"${String(args["step"]).slice(0, 40)}" is no step`, {
    hint: `Wanted one of ${wanted}`,
  });
}

/** @throws GatewayError DECOMMISSION_INVALID */
function proofOf(args: CommandArgs, who: string): Omit<ResetProof, "at"> {
  const kind = PROOFS.find((each) => each === args["proof"]), photo = args["photo-sha256"];
  if (!kind) {
    const what = `"${String(args["proof"]).slice(0, 40)}" is no proof`;
    throw new GatewayError("DECOMMISSION_INVALID", what, { hint: `Pass --proof with one of ${PROOFS.join(", ")}` });
  }
  if (photo !== undefined && !/^[0-9a-f]{64}$/.test(String(photo)) || kind === "photo" && photo === undefined) {
    throw new GatewayError("DECOMMISSION_INVALID", "A photo is named by its SHA-256, 64 lower-case hex digits", {
      hint: "Pass --photo-sha256 with what `sha256sum FILE` prints, and keep the photo with the site's papers",
    });
  }
  const person = args["person"] === undefined ? who : textOf(args, "person");
  const note = kind === "default-login" && args["note"] === undefined ? "" : textOf(args, "note");
  return { kind, person, note, ...photo === undefined ? {} : { photo: String(photo) } };
}

function show(record: DecommissionRecord): CommandResult {
  const { number, station, reason, by, steps, why, cleared, files } = record, next = nextStep(steps);
  const lines = DECOMMISSION_STEPS.map((step) => {
    const end = steps[step], state = end ? end.state : step === next ? "next" : "";
    return [step, state, end?.note ?? (step === next ? why ?? "" : WORDS[step])];
  });
  const head = `dec-${number}: ${station} leaves, asked for by ${by}: ${reason}`;
  const table = formatTable(["step", "state", "what"], lines);
  const named = files.length === 0 ? [] : [`Files that site.yaml named for it: ${files.join(", ")}`];
  const parts = cleared.map(({ part, state, answer }) => `At the station: ${part} ${state} (${answer})`);
  const over = next === undefined ? [`Certificate: decommission certificate dec-${number}`] : [];
  const data = { ...record, next: next ?? null, number: `dec-${number}` } as unknown as Json;
  return { text: [head, "", table, ...parts, ...named, ...over].join("\n"), data };
}

function list(all: Decommissions): CommandResult {
  const running = all.all(), kept = all.kept();
  const rows = [
    ...running.map(({ number, station, steps, why, startedAt }) => [
      ...[`dec-${number}`, station, nextStep(steps) ?? "", why ?? "", new Date(startedAt).toISOString()],
    ]),
    ...kept.map((
      { number, station, at },
    ) => [`dec-${number}`, station, "over", "certificate", new Date(at).toISOString()]),
  ];
  const text = rows.length === 0
    ? "No station was decommissioned here."
    : formatTable(["number", "station", "next", "waits for", "since"], rows);
  const data = {
    running: running.map((record) => ({
      ...record,
      next: nextStep(record.steps) ?? null,
      number: `dec-${record.number}`,
    })),
    over: kept.map(({ number, station, at }) => ({ number: `dec-${number}`, station, at })),
  };
  return { text, data: data as unknown as Json };
}

function places({ erasers, kept }: Pick<DecommissionParts, "erasers" | "kept">): CommandResult {
  const rows = erasers.map(({ name, holds }) => [name, holds, "erased"]);
  const keeps = Object.entries(kept).map(([name, why]) => [name, why, "kept"]);
  const data = { erased: erasers.map(({ name, holds, prefixes }) => ({ name, holds, prefixes })), kept };
  return {
    text: formatTable(["place", "holds", "when its station leaves"], [...rows, ...keeps]),
    data: data as unknown as Json,
  };
}
