import type { Json, StationAttempt, StationCall, StationCallAnswer } from "../../core/control_api.ts";
import type { ControlFeature } from "../../control/contract.ts";
import { basic, type InventoryRig } from "./inventory_rig.ts";

/** How a simulated station behaves when it is told to climb. */
export interface Behaviour {
  readonly version?: "ocpp1.6" | "ocpp2.0.1";
  /** Actions, or keys and variables, that it rejects. */
  readonly refuses?: readonly string[];
  /** What it does with a new profile: takes it, stays away, or comes back with the old one. */
  readonly onSwitch?: "old" | "stay-away" | "take";
  /** It takes the new profile only on a reset. */
  readonly needsReset?: boolean;
  /** It charges. */
  readonly isBusy?: boolean;
  /** Its requests for a certificate never come. */
  readonly makesNoRequest?: boolean;
  /** It refuses a lower profile than the one it was told last, as it should. */
  readonly takesNoLower?: boolean;
}

/**
 * A station as control sees it: its answers to CALLs and its connections. Everything between is left out here; the
 * acceptance tests have it all.
 */
export class ClimbingStation {
  readonly calls: string[] = [];
  settings = new Map([["CentralURL", "ws://old"]]);
  priority = "1";
  slots = new Map<number, number>();
  session: string | undefined;
  #wanted: number;

  constructor(
    readonly rig: InventoryRig,
    readonly id: string,
    public profile: number,
    public password: string | undefined,
    public behaviour: Behaviour = {},
    public feature: ControlFeature = rig.feature,
  ) {
    this.#wanted = profile;
    rig.answers["station.call"] = (call: StationCall) => this.#answer(call);
    rig.answers["station.activity"] = () => ({ state: this.behaviour.isBusy ? "busy" : "idle" });
    rig.answers["station.expect"] = () => undefined;
    rig.answers["sessions.close"] = async () => {
      if (this.session === undefined) return { closed: 0 }; // it is on its way: its next attempt must not end in a ring
      await this.leave();
      await this.connect();
      return { closed: 1 };
    };
  }

  /** Connects with what it has; false when it was refused. */
  async connect(profile = this.profile): Promise<boolean> {
    const attempt: StationAttempt = {
      listener: profile >= 2 ? "127.0.0.1:8444" : "127.0.0.1:8445",
      source: "10.0.0.1",
      stationId: this.id,
      tls: profile >= 2,
      offeredProtocols: [this.behaviour.version ?? "ocpp1.6"],
      ...profile === 1 || profile === 2 ? { basic: basic(this.id, this.password ?? "") } : {},
      ...profile === 3 ? { certificate: { commonName: this.id, fingerprint: "aa", serial: "serial-1" } } : {},
    };
    const handlers = this.feature.handlersFor!("ocpp-0");
    const admission = await handlers["stations.admit"]!(attempt);
    if (!admission.admit) return false;
    const protocol = this.behaviour.version ?? "ocpp1.6";
    await handlers["stations.entered"]!({ session: admission.session, protocol });
    await this.feature.handlers!["stations.seen"]!({ stationId: this.id, facts: { protocol } });
    this.session = admission.session;
    this.profile = profile;
    return true;
  }

  async leave(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    if (session !== undefined) await this.feature.handlers!["stations.left"]!({ session, why: "test" });
  }

  async #answer({ action, payload }: StationCall): Promise<StationCallAnswer> {
    const body = payload as Record<string, Json>;
    const name = nameOf(body);
    this.calls.push(name === undefined ? action : `${action} ${name}`);
    if (this.session === undefined) return { noAnswer: "away" };
    if (this.#refuses(action) || (name !== undefined && this.#refuses(name))) return { result: rejected(action) };
    return { result: await this.#obey(action, body) };
  }

  #refuses(what: string): boolean {
    return this.behaviour.refuses?.includes(what) ?? false;
  }

  async #obey(action: string, body: Record<string, Json>): Promise<Json> {
    switch (action) {
      case "ChangeConfiguration":
        return { status: this.#change(String(body["key"]), String(body["value"])) };
      case "GetConfiguration": {
        const [key] = body["key"] as string[];
        const value = this.settings.get(key!);
        return value === undefined
          ? { unknownKey: [key!] }
          : { configurationKey: [{ key: key!, readonly: false, value }] };
      }
      case "SetVariables":
        return { setVariableResult: [{ attributeStatus: this.#change(nameOf(body)!, valueOf(body)) }] };
      case "GetVariables":
        return { getVariableResult: [{ attributeStatus: "Accepted", attributeValue: this.priority }] };
      case "SetNetworkProfile": {
        const { securityProfile } = body["connectionData"] as Record<string, number>;
        this.slots.set(Number(body["configurationSlot"]), securityProfile!);
        return { status: "Accepted" };
      }
      case "Reset":
        setTimeout(() => void this.#restart(), 0);
        return { status: "Accepted" };
      case "ExtendedTriggerMessage":
      case "TriggerMessage":
        // It may ask before its answer has arrived.
        if (!this.behaviour.makesNoRequest) await this.#request();
        return { status: "Accepted" };
      default:
        return { status: "Accepted" };
    }
  }

  #change(key: string, value: string): string {
    if (key === "AuthorizationKey" || key === "BasicAuthPassword") this.password = value;
    else if (key === "NetworkConfigurationPriority") this.priority = value;
    else this.settings.set(key, value);
    if (key === "NetworkConfigurationPriority") {
      this.#wanted = this.slots.get(Number(value.split(",")[0])) ?? this.profile;
      return "RebootRequired";
    }
    if (key !== "SecurityProfile") return "Accepted";
    if (this.behaviour.takesNoLower && Number(value) < this.#wanted) return "Rejected";
    this.#wanted = Number(value);
    if (!this.behaviour.needsReset) setTimeout(() => void this.#restart(), 0);
    return "Accepted";
  }

  async #restart(): Promise<void> {
    await this.leave();
    const { onSwitch = "take" } = this.behaviour;
    if (onSwitch === "take") await this.connect(this.#wanted);
    else if (onSwitch === "old") await this.connect();
  }

  async #request(): Promise<void> {
    const payload = { csr: "request" };
    await this.feature.handlers!["stations.expected"]!({ stationId: this.id, action: "SignCertificate", payload });
  }
}

const variableOf = (body: Record<string, Json>) => (body["setVariableData"] as Record<string, Json>[] | undefined)?.[0];

function nameOf(body: Record<string, Json>): string | undefined {
  const key = body["key"];
  if (typeof key === "string") return key;
  const name = (variableOf(body)?.["variable"] as Record<string, Json> | undefined)?.["name"];
  return typeof name === "string" ? name : undefined;
}

const valueOf = (body: Record<string, Json>): string => String(variableOf(body)?.["attributeValue"]);

function rejected(action: string): Json {
  return action === "SetVariables" ? { setVariableResult: [{ attributeStatus: "Rejected" }] } : { status: "Rejected" };
}
