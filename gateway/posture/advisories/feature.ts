import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { matchAdvisory } from "../../../policies/advisory_match.ts";
import type { AdvisedController, Advisory, AdvisoryVerdict } from "../../../policies/advisory_types.ts";
import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { Turns } from "../../core/turns.ts";
import { POSTURE_LIMITS } from "../limits.ts";
import { AdvisoryBook, type KeptAdvisory } from "./advisory_book.ts";
import { readCsaf } from "./csaf_reader.ts";
import { ADVISORY_LIMITS } from "./limits.ts";

/** A station as far as advisories go. */
export interface AdvisedStation extends AdvisedController {
  readonly id: string;
  readonly unit?: string | undefined;
}

/** What advisories need of the others. */
export interface AdvisoryParts {
  readonly context: Pick<ControlContext, "alarms" | "audit" | "clock" | "store">;
  readonly stations: () => readonly AdvisedStation[];
}

/** Advisories of makers, matched to the inventory. */
export interface Advisories {
  readonly commands: Readonly<Record<string, CommandHandler>>;
  /** Ids of the advisories that are about a station, surely or possibly; undefined: none was imported. */
  of(
    station: AdvisedStation,
  ): { readonly affected: readonly string[]; readonly possible: readonly string[] } | undefined;
  /** Raises and clears an alarm for each advisory, as stations and versions come and go. */
  look(): Promise<void>;
}

/** What an advisory means for one station. */
type Affected = AdvisoryVerdict & { readonly station: string; readonly unit?: string; readonly version?: string };

/** Opens the advisories that were imported. */
export async function createAdvisories({ context, stations }: AdvisoryParts): Promise<Advisories> {
  const book = await AdvisoryBook.open(context.store), desk = new AdvisoryDesk(context, book, stations);
  return {
    commands: {
      "posture advisory import": (args, who) => desk.import(args, who),
      "posture advisory list": async () => await Promise.resolve(desk.list()),
      "posture advisory remove": (args, who) => desk.remove(args, who),
      "posture advisory show": async (args) => await Promise.resolve(desk.show(args)),
      "posture advisory withdraw": (args, who) => desk.withdraw(args, who),
    },
    look: () => desk.look(),
    of: (station) => {
      if (book.all().length === 0) return undefined;
      const found = book.all().filter(({ withdrawn }) => !withdrawn).flatMap((advisory) => {
        const verdict = matchAdvisory(advisory, station);
        return verdict ? [{ id: advisory.id, state: verdict.state }] : [];
      });
      const ids = (state: string) => found.filter((one) => one.state === state).map(({ id }) => id);
      return { affected: ids("affected"), possible: ids("possible") };
    },
  };
}

class AdvisoryDesk {
  readonly #turns = new Turns();

  constructor(
    private readonly context: AdvisoryParts["context"],
    private readonly book: AdvisoryBook,
    private readonly stations: () => readonly AdvisedStation[],
  ) {}

  async import(args: CommandArgs, who: string): Promise<CommandResult> {
    const bytes = Buffer.from(String(args["file"] ?? ""), "base64");
    const sums = [proven(bytes, "sha256", args["sha256"]), proven(bytes, "sha512", args["sha512"])];
    const provenBy = sums.find((sum) => sum !== undefined);
    const advisory = readCsaf(textOf(bytes));
    return await this.#turns.run([advisory.id], () => this.#take(advisory, bytes, provenBy, who));
  }

  /** In one turn with whoever else imports, withdraws or removes it: a newer file is never overwritten by an older one. */
  async #take(
    advisory: Advisory,
    bytes: Uint8Array,
    provenBy: string | undefined,
    who: string,
  ): Promise<CommandResult> {
    const before = this.book.get(advisory.id);
    const age = before && compare(advisory.version, before.version);
    if (before && age !== undefined && age < 0) {
      throw new GatewayError(
        "ADVISORY_INVALID",
        `"${advisory.id}" is here in version ${before.version}, newer than ${advisory.version}`,
        {
          hint: "Get the newest file of its publisher",
        },
      );
    }
    const kept: KeptAdvisory = {
      ...advisory,
      ...{ importedBy: who, importedAt: this.context.clock.now(), sha256: digest(bytes, "sha256") },
      ...provenBy === undefined ? {} : { provenBy },
      // the same file once more brings nothing back that a person took out of the count; a newer version does
      ...before?.withdrawn && age === 0 ? { withdrawn: before.withdrawn } : {},
    };
    await this.#record("posture.advisory.imported", kept, who, {
      ...{ version: kept.version, sha256: kept.sha256, provenBy: provenBy ?? "nothing" },
    });
    await this.book.put(kept);
    await this.#tell(kept);
    return this.show({ id: kept.id });
  }

  list(): CommandResult {
    const all = this.book.all().map((advisory) => ({ advisory, stations: this.#affected(advisory) }));
    const rows = all.map(({ advisory, stations }) => {
      const named = (state: string) => stations.filter((one) => one.state === state).map(({ station }) => station);
      const sure = named("affected"), possible = named("possible");
      return [
        ...[advisory.id, dayOf(advisory.releasedAt), scoreText(advisory), advisory.publisher, advisory.title],
        ...[short(sure), short(possible), advisory.withdrawn ? `withdrawn by ${advisory.withdrawn.who}` : ""],
      ];
    });
    const text = all.length === 0
      ? "No advisory was imported yet: `posture advisory import --file advisory.json`."
      : formatTable(["advisory", "released", "score", "by", "title", "affected", "possible", ""], rows);
    const data = all.map(({ advisory, stations }) => ({ ...plain(advisory), stations })) as unknown as Json;
    return { text, data };
  }

  show(args: CommandArgs): CommandResult {
    const advisory = this.#need(args), stations = this.#affected(advisory);
    const weak = advisory.weaknesses.map(({ id, title, score, remedies }) => [
      id ?? "-",
      score === undefined ? "-" : score.toFixed(1),
      title ?? "",
      remedies[0] ?? "",
    ]);
    const rows = stations.map((
      { station, unit, state, version, why },
    ) => [station, unit ?? "-", state, version ?? "-", why]);
    const head = `${advisory.id}: ${advisory.title} (${advisory.publisher}, version ${advisory.version}, ${
      dayOf(advisory.releasedAt)
    }; ${advisory.provenBy ? `compared with its ${advisory.provenBy}` : "compared with no sum of its publisher"})`;
    const withdrawn = advisory.withdrawn
      ? [`Withdrawn by ${advisory.withdrawn.who}: ${advisory.withdrawn.reason}`]
      : [];
    const text = [
      head,
      ...withdrawn,
      formatTable(["weakness", "score", "what", "what to do"], weak),
      rows.length === 0
        ? "No station of the site is affected, as far as is known."
        : formatTable(["station", "bay", "state", "version", "why"], rows),
    ].join("\n\n");
    const data = { ...plain(advisory), weaknesses: advisory.weaknesses, stations } as unknown as Json;
    return { text, data };
  }

  async withdraw(args: CommandArgs, who: string): Promise<CommandResult> {
    return await this.#turns.run([String(args["id"])], () => this.#withdraw(args, who));
  }

  async #withdraw(args: CommandArgs, who: string): Promise<CommandResult> {
    const advisory = this.#need(args), reason = String(args["reason"] ?? "").trim();
    if (reason === "" || reason.length > POSTURE_LIMITS.textChars) {
      throw new GatewayError("CLI_USAGE", "A withdrawal needs a reason", {
        hint: 'Add --reason "replaced by VDE-2026-002"',
      });
    }
    const withdrawn = { ...advisory, withdrawn: { who, reason, at: this.context.clock.now() } };
    await this.#record("posture.advisory.withdrawn", advisory, who, { reason });
    await this.book.put(withdrawn);
    await this.#tell(withdrawn);
    return this.show(args);
  }

  async remove(args: CommandArgs, who: string): Promise<CommandResult> {
    return await this.#turns.run([String(args["id"])], () => this.#remove(args, who));
  }

  async #remove(args: CommandArgs, who: string): Promise<CommandResult> {
    const advisory = this.#need(args);
    await this.#record("posture.advisory.removed", advisory, who, {});
    await this.book.remove(advisory.id);
    await this.context.alarms.clear("posture.advisory.affects", advisory.id);
    return { text: `${advisory.id} is gone.`, data: { id: advisory.id } };
  }

  async look(): Promise<void> {
    for (const advisory of this.book.all()) await this.#tell(advisory);
  }

  async #tell(advisory: KeptAdvisory): Promise<void> {
    const { alarms } = this.context;
    const sure = advisory.withdrawn ? [] : this.#affected(advisory).filter(({ state }) => state === "affected");
    if (sure.length === 0) return await alarms.clear("posture.advisory.affects", advisory.id);
    const named = sure.map(({ station }) => station);
    const detail = `${advisory.title}: ${short(named)}`;
    await alarms.raise({ kind: "posture.advisory.affects", subject: advisory.id, detail });
  }

  #affected(advisory: KeptAdvisory): readonly Affected[] {
    const found = this.stations().flatMap((station): Affected[] => {
      const verdict = matchAdvisory(advisory, station);
      if (!verdict) return [];
      const { id, unit, version } = station;
      return [{
        ...verdict,
        station: id,
        ...unit === undefined ? {} : { unit },
        ...version === undefined ? {} : { version },
      }];
    });
    return found.toSorted((a, b) => a.state === b.state ? 0 : a.state === "affected" ? -1 : 1);
  }

  #need(args: CommandArgs): KeptAdvisory {
    const id = String(args["id"] ?? ""), advisory = this.book.get(id);
    if (advisory) return advisory;
    throw new GatewayError("ADVISORY_UNKNOWN", `There is no advisory "${id}"`, {
      hint: "`posture advisory list` shows all",
    });
  }

  async #record(
    event: string,
    { id }: KeptAdvisory,
    who: string,
    detail: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.context.audit.record({
      ...{ event, class: "operation", who, outcome: "ok" },
      detail: { advisory: id, ...detail },
    });
  }
}

function plain({ id, title, publisher, version, releasedAt, severity, weaknesses, withdrawn, provenBy }: KeptAdvisory) {
  const scores = weaknesses.flatMap(({ score }) => score ?? []);
  return {
    ...{ id, title, publisher, version, releasedAt, cves: weaknesses.flatMap((one) => one.id ?? []) },
    ...severity === undefined ? {} : { severity },
    ...scores.length === 0 ? {} : { score: Math.max(...scores) },
    ...withdrawn === undefined ? {} : { withdrawn },
    ...provenBy === undefined ? {} : { provenBy },
  };
}

/** Compares a file with the line of a sum file, "HEX  NAME" or "HEX". @throws GatewayError ADVISORY_INVALID */
function proven(bytes: Uint8Array, algorithm: "sha256" | "sha512", sum: CommandArgs[string]): string | undefined {
  if (sum === undefined) return undefined;
  const wanted = String(sum).trim().split(/\s/)[0]!.toLowerCase();
  if (wanted !== digest(bytes, algorithm)) {
    throw new GatewayError("ADVISORY_INVALID", `The file has not the ${algorithm} sum of its publisher`, {
      hint: "Get file and sum anew; nothing was imported",
    });
  }
  return algorithm;
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > ADVISORY_LIMITS.fileBytes) {
    throw new GatewayError("ADVISORY_INVALID", `The file has ${bytes.length} bytes`, {
      hint: `An advisory has at most ${ADVISORY_LIMITS.fileBytes}`,
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GatewayError("ADVISORY_INVALID", "The file is not UTF-8, which CSAF is", { cause });
  }
}

/** Versions of a document are numbers, or MAJOR.MINOR.PATCH. */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let at = 0; at < 3; at++) {
    const order = (left![at] ?? 0) - (right![at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

const digest = (bytes: Uint8Array, algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const short = (ids: readonly string[]): string =>
  ids.length === 0 ? "-" : ids.length <= 5 ? ids.join(" ") : `${ids.slice(0, 5).join(" ")} and ${ids.length - 5} more`;

function scoreText({ weaknesses }: KeptAdvisory): string {
  const scores = weaknesses.flatMap(({ score }) => score ?? []);
  return scores.length === 0 ? "-" : Math.max(...scores).toFixed(1);
}
