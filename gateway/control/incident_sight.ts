import { DEVICE_ROLES, type DeviceRole } from "../../policies/access_types.ts";
import type { SeenLogin, SeenStation } from "../../policies/incident_look.ts";
import { UI_PROXY_WORKER } from "../core/device_api.ts";
import type { DeviceOperations, DeviceTransport, OperationResult } from "../core/device_operations_api.ts";
import { GatewayError } from "../core/errors.ts";
import { INCIDENT_LIMITS } from "../incidents/limits.ts";
import type { Station } from "../inventory/config.ts";
import { callStation } from "../inventory/station_calls.ts";
import type { StationParts } from "../inventory/station_commands.ts";
import type { Vault } from "../vault/vault.ts";
import { fileAccount } from "./devices/device_accounts.ts";
import { documentedOf } from "./devices/operations/default_verdicts.ts";

/** Who looks, in the audit. */
export const LOOK = "incident-look";

/** Where looks see what they see. */
export interface SightParts {
  readonly stations: StationParts;
  readonly operations: () => DeviceOperations | undefined;
  readonly vault: () => Vault | undefined;
}

/** What the gateway itself sees of a station: the transport of its pages, whether its passwords open them, its badge list. */
export class IncidentSight {
  constructor(private readonly parts: SightParts) {}

  /** Stations that there is something to see of. */
  visible(): readonly string[] {
    return this.parts.stations.stations.all().filter(({ ui, ocpp }) => ui || ocpp).map(({ id }) => id);
  }

  async see(id: string): Promise<SeenStation> {
    const station = this.parts.stations.stations.get(id);
    if (!station) return {};
    const transport = await this.transport(id), listVersion = await this.#listVersion(id);
    const [role] = this.roles(station);
    // without TLS nothing secret goes there: what its password is says the person who comes to it
    const isSafe = !station.ui?.url.startsWith("https:") || transport?.own === "tls";
    return {
      ...transport ? { transport } : {},
      ...listVersion === undefined ? {} : { listVersion },
      ...role === undefined || !isSafe ? {} : await this.logins(station, role),
    };
  }

  /** Accounts of its controller that the site has a secret for. */
  roles(station: Station): readonly DeviceRole[] {
    if (!station.ui) return [];
    const { files } = this.parts.stations.context, vault = this.parts.vault();
    return DEVICE_ROLES.filter((role) =>
      vault?.book.ofStation(station.id, role) !== undefined || fileAccount(station, role, files) !== undefined
    );
  }

  /** Whether what the site has opens it, and only if not, whether the factory's does: never more than two refused. */
  async logins(station: Station, role: DeviceRole, who = LOOK): Promise<Pick<SeenStation, "factory" | "own">> {
    const operations = this.parts.operations();
    if (!operations?.capabilities(station.id).prove) return {};
    const own = loginOf(await operations.proveLogin({ station: station.id, who, role }));
    const known = documentedOf(station.ui!.driver).find((account) => account.role === role);
    if (own !== "refused" || !known) return { own };
    const secret = { name: known.name, password: known.password };
    return { own, factory: loginOf(await operations.proveLogin({ station: station.id, who, role, secret })) };
  }

  /** How its pages answer; undefined: they are none, or nobody can look. */
  async transport(id: string): Promise<DeviceTransport | undefined> {
    const { context, stations } = this.parts.stations;
    if (!stations.get(id)?.ui?.url.startsWith("https:")) return undefined;
    try {
      return await context.workers.get(UI_PROXY_WORKER).call("device.transport", { station: id }, {
        deadlineMs: INCIDENT_LIMITS.callMs,
      });
    } catch (error) {
      if (error instanceof GatewayError) return undefined; // its Worker is away: another time
      throw error;
    }
  }

  async #listVersion(stationId: string): Promise<number | undefined> {
    const call = { stationId, action: "GetLocalListVersion", payload: {}, timeoutMs: INCIDENT_LIMITS.callMs };
    const answer = await callStation(this.parts.stations, call);
    if (!("result" in answer) || typeof answer.result !== "object" || answer.result === null) return undefined;
    const { listVersion, versionNumber } = answer.result as {
      readonly listVersion?: unknown;
      readonly versionNumber?: unknown;
    };
    const version = listVersion ?? versionNumber;
    return typeof version === "number" ? version : undefined;
  }
}

function loginOf(result: OperationResult): SeenLogin {
  if (result.ok) return "in";
  return result.failure === "refused" ? "refused" : "unknown";
}
