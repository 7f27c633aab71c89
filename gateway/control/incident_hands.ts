import type { DeviceRole } from "../../policies/access_types.ts";
import { renewalRefusals } from "../../policies/credential_renewal.ts";
import type { StepFacts } from "../../policies/incident_steps.ts";
import type { IncidentKind } from "../../policies/incident_types.ts";
import { isAccount } from "../../policies/secret_schedule.ts";
import type { Json } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { DeviceOperations } from "../core/device_operations_api.ts";
import { refused } from "../incidents/acts.ts";
import { INCIDENT_LIMITS } from "../incidents/limits.ts";
import type { IncidentRecord } from "../incidents/incident_record.ts";
import type { StepAsk, StepEnd, StepHands } from "../incidents/steps.ts";
import { relaysCredential, versionOf } from "../inventory/climb/command.ts";
import type { Station } from "../inventory/config.ts";
import { callStation } from "../inventory/station_calls.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import type { SecretRecord } from "../vault/secret_record.ts";
import type { Vault } from "../vault/vault.ts";
import type { CommandArgs, CommandResult } from "./contract.ts";
import { documentedOf } from "./devices/operations/default_verdicts.ts";
import { canRestoreSettings, checkSettings, restoreSettings } from "./incident_settings.ts";
import type { IncidentSight } from "./incident_sight.ts";

/** What the hands work with; what comes after incidents is there when they are asked. */
export interface HandNeighbours {
  readonly stations: StationParts;
  readonly operations: () => DeviceOperations | undefined;
  readonly vault: () => Vault | undefined;
  readonly sight: Pick<IncidentSight, "logins" | "roles" | "transport">;
  /** Runs a command of another feature in a person's name. */
  readonly run: (command: string, args: CommandArgs, who: string) => Promise<CommandResult>;
}

/** Minutes that a station has to take its new credential. */
const RENEWAL_MS = 3_600_000;

/** The hands of the wizard: each step through the feature that owns the matter, by its command where it has one. */
export class IncidentHands implements StepHands {
  constructor(private readonly parts: HandNeighbours) {}

  async facts(subject: string, kind: IncidentKind): Promise<StepFacts> {
    const station = this.#station(subject), isTouched = kind !== "software";
    if (!station) {
      return { kind, isTouched, isPinned: false, secrets: "none", canRestoreSettings: false, hasPosture: true };
    }
    const pages = station.ui && (station.ui.url.startsWith("https:") ? "https" : "http");
    return {
      ...{ kind, isTouched, isPinned: pages === "https", hasPosture: true },
      canRestoreSettings: await canRestoreSettings(this.parts.run, subject),
      ...pages === undefined ? {} : { pages },
      secrets: this.#secretsOf(station),
      ...station.ocpp ? { ocpp: await this.#renewal(station) } : {},
    };
  }

  async run(ask: StepAsk): Promise<StepEnd> {
    try {
      switch (ask.step) {
        case "password":
          return await this.#passwords(ask);
        case "settings":
          return await restoreSettings(this.parts.run, ask);
        case "credential":
          return await this.#credential(ask);
        case "badges":
          return await this.#clearCache(ask);
        case "posture":
          return await this.#posture(ask);
        default:
          return { state: "failed", found: "nothing here does this step by itself" };
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { state: "failed", found: describeError(error) };
    }
  }

  async check(ask: StepAsk): Promise<StepEnd> {
    const { step, incident: { subject }, before } = ask;
    switch (step) {
      case "https": {
        const speaks = await this.parts.sight.transport(subject);
        if (speaks === undefined) {
          return { state: "done", found: "the gateway cannot look: the person's word stands for it" };
        }
        return speaks.own === "tls"
          ? { state: "done", found: "its pages answer over TLS" }
          : { state: "failed", found: "its pages do not answer over TLS" };
      }
      case "certificate":
        return await this.#pin(subject, ask.who);
      case "password":
        return before ? this.#rotated(subject, before.at) : said("a person set them");
      case "settings":
        return before?.mark === undefined ? said("a person entered them") : await checkSettings(this.parts.run, ask);
      case "credential":
        return before?.mark === undefined ? said("a person changed it") : await this.#renewed(subject, before);
      default:
        return said("a person's word stands for it");
    }
  }

  async quarantine(subject: string, isOn: boolean, who: string, reason: string): Promise<void> {
    const { quarantines } = this.parts.stations, station = this.#station(subject);
    if (!isOn) return await quarantines.end(subject, who, reason);
    if (!station?.ocpp) {
      throw refused(
        `${subject} has no OCPP connection that could be put into quarantine`,
        "Switch it off on site, or let it run with --keep and a reason",
      );
    }
    await quarantines.begin(subject, who, reason);
  }

  #station(subject: string): Station | undefined {
    return this.parts.stations.stations.get(subject);
  }

  #secretsOf(station: Station): StepFacts["secrets"] {
    const roles = this.parts.sight.roles(station);
    if (roles.length === 0) return "none";
    const can = this.parts.operations()?.capabilities(station.id).passwords ?? [];
    return roles.every((role) => can.includes(role)) ? "driver" : "person";
  }

  /** Whether the gateway can give it another password over OCPP. */
  async #renewal(station: Station): Promise<NonNullable<StepFacts["ocpp"]>> {
    const { credentials, context, facts } = this.parts.stations, { securityProfile = 0 } = station.ocpp ?? {};
    if (securityProfile === 0) return "none";
    const kind = await credentials.kindOf(station, context.files);
    const refusals = renewalRefusals({
      version: versionOf(facts.of(station.id)["protocol"] ?? station.ocpp!.protocols[0]),
      securityProfile,
      password: kind === "file" || kind === "none" ? kind : "stored",
      isQuarantined: await credentials.isQuarantined(station),
      relaysCredential: relaysCredential(station, context.site.ocpp),
      isUnderWay: false,
    });
    return refusals.length === 0 ? "renewable" : "by-hand";
  }

  /** Where a password of the factory opens it now, that is what the change goes on from. */
  async #passwords({ incident, who }: StepAsk): Promise<StepEnd> {
    const station = this.#station(incident.subject)!, vault = this.parts.vault(), operations = this.parts.operations();
    if (!vault || !operations) return { state: "failed", found: "the vault is not there yet" };
    for (const role of this.parts.sight.roles(station)) {
      await this.#bringFactory(incident, station, role, who);
      const record = vault.book.ofStation(station.id, role);
      if (!record?.rotation) await this.parts.run("secret rotate", { unit: station.id, slot: role }, who);
    }
    return { state: "checking", found: "new ones are being set and proven: `secret list`" };
  }

  /** Nobody has to find out twice that a factory password opens it: what was seen before counts. */
  async #bringFactory({ timeline }: IncidentRecord, station: Station, role: DeviceRole, who: string): Promise<void> {
    const known = documentedOf(station.ui!.driver).find((account) => account.role === role);
    if (!known) return;
    const isSeen = timeline.some(({ kind }) => kind === "default-password");
    if (!isSeen && (await this.parts.sight.logins(station, role, who)).factory !== "in") return;
    if (!isSeen) {
      await this.parts.stations.context.audit.record({
        ...{ event: "incident.look.found", class: "security", who, target: station.id, outcome: "failed" },
        detail: { what: "default-password", why: `its pages open to the password of the factory as ${role}` },
      });
    }
    await this.parts.run("secret import", { station: station.id, slot: role, file: known.password }, who);
  }

  #rotated(subject: string, since: number): StepEnd {
    const station = this.#station(subject), vault = this.parts.vault();
    if (!station || !vault) return { state: "checking", found: "the vault is not there yet" };
    const records = this.parts.sight.roles(station).flatMap((role) => vault.book.ofStation(subject, role) ?? []);
    const open = records.filter(({ rotation }) => rotation !== undefined);
    if (open.length > 0) {
      return { state: "checking", found: open.map((record) => `${record.slot}: ${vault.stateOf(record)}`).join(", ") };
    }
    const isNew = ({ last, slot }: SecretRecord) =>
      isAccount(slot) && last?.outcome === "committed" && last.at >= since;
    const old = records.filter((record) => !isNew(record));
    return old.length === 0 && records.length > 0
      ? { state: "done", found: `${records.length} changed, proven by fresh logins` }
      : {
        state: "failed",
        found: old.map(({ slot, last }) => `${slot} was not changed: ${last?.why ?? "not begun"}`).join(", "),
      };
  }

  async #credential({ incident: { subject }, who }: StepAsk): Promise<StepEnd> {
    const { credentials, context } = this.parts.stations, station = this.#station(subject)!;
    const mark = await credentials.identify(station, context.files);
    await this.parts.run("station renew", { station: subject }, who);
    return { state: "checking", found: "it is given a new password when it is idle", mark };
  }

  async #renewed(subject: string, { mark, at }: NonNullable<StepAsk["before"]>): Promise<StepEnd> {
    const { credentials, context } = this.parts.stations, station = this.#station(subject);
    if (!station) return { state: "failed", found: "it is not in the inventory any more" };
    if (await credentials.identify(station, context.files) !== mark) {
      return { state: "done", found: "it has proven its new password" };
    }
    return context.clock.now() - at < RENEWAL_MS
      ? { state: "checking", found: "it has not proven its new password yet", ...mark === undefined ? {} : { mark } }
      : { state: "failed", found: "it has not proven a new password within an hour: `why` and `station renew`" };
  }

  async #clearCache({ incident: { subject } }: StepAsk): Promise<StepEnd> {
    const call = { stationId: subject, action: "ClearCache", payload: {}, timeoutMs: INCIDENT_LIMITS.callMs };
    const answer = await callStation(this.parts.stations, call);
    if ("noAnswer" in answer) {
      return { state: "failed", found: `it did not answer: ${answer.noAnswer}; it has to be connected` };
    }
    if ("error" in answer) return { state: "failed", found: `it refused: ${answer.error.code}` };
    const status = (answer.result as { readonly status?: Json }).status;
    // a station without a cache has nothing to forget
    return status === "Accepted" || status === "Rejected"
      ? { state: "done", found: status === "Accepted" ? "its cache is empty" : "it keeps no cache" }
      : { state: "failed", found: `it answered ${String(status).slice(0, 40)}` };
  }

  async #posture({ incident: { subject }, who }: StepAsk): Promise<StepEnd> {
    const { data } = await this.parts.run("posture run", { subject }, who);
    const { findings } = data as unknown as {
      readonly findings: readonly { readonly line: string; readonly outcome: string; readonly severity?: string }[];
    };
    const grave = findings.filter(({ outcome, severity }) => outcome === "failed" && severity === "high");
    return grave.length === 0
      ? { state: "done", found: `${findings.length} lines judged, none that is grave fails` }
      : {
        state: "failed",
        found: `not met: ${grave.map(({ line }) => line).join(", ")}; mend or waive them`.slice(0, 200),
      };
  }

  async #pin(subject: string, who: string): Promise<StepEnd> {
    const { data } = await this.parts.run("station pin show", { station: subject }, who);
    const { approved, presented } = data as { readonly approved: Json; readonly presented: Json };
    if (presented !== null) return { state: "failed", found: "it presents a certificate that nobody approved" };
    return approved === null
      ? { state: "failed", found: "no certificate of its pages is approved" }
      : { state: "done", found: "it presents the approved certificate, as far as anybody has seen" };
  }
}

const said = (found: string): StepEnd => ({ state: "done", found });
