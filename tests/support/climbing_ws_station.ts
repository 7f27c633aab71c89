import WebSocket from "ws";
import { makeTestCsr, type TestKey } from "./test_ca.ts";

/** What a station is made with. */
export interface WsStationOptions {
  readonly id: string;
  readonly version: "ocpp1.6" | "ocpp2.0.1";
  /** URL without the id; the scheme is the station's own affair. */
  readonly url: string;
  readonly password?: string;
  readonly profile: number;
  /** What it does with a new profile: tries it (and falls back when that fails), or stays away until told. */
  readonly onSwitch?: "stay-away" | "try";
}

type Json = Record<string, unknown>;

/**
 * A station on a real socket that climbs as the OCPP security extension has it: trusts only the root it was given, makes
 * its own key, reconnects with the profile it was told, and falls back to the old one when that does not work.
 */
export class ClimbingWsStation {
  readonly calls: string[] = [];
  readonly errors: string[] = [];
  profile: number;
  password: string | undefined;
  rootPem: string | undefined;
  certPem: string | undefined;
  isAway = false;
  #key: TestKey | undefined;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #url: string;
  #newUrl: string | undefined;
  #wanted: number;
  #nextId = 1;
  #isOn = false;

  constructor(readonly options: WsStationOptions) {
    this.profile = this.#wanted = options.profile;
    this.password = options.password;
    this.#url = options.url;
  }

  powerOn(): void {
    this.#isOn = true;
    this.#connect(this.#wanted);
  }

  powerOff(): void {
    this.#isOn = false;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #connect(profile: number): void {
    if (!this.#isOn || this.isAway) return;
    const url = profile === this.profile ? this.#url : this.#newUrl ?? this.#url;
    const address = `${url.replace(/^wss?/, profile >= 2 ? "wss" : "ws").replace(/\/+$/, "")}/${this.options.id}`;
    const socket = this.#socket = new WebSocket(address, [this.options.version], {
      handshakeTimeout: 5_000,
      ...profile >= 2 ? { ca: this.rootPem === undefined ? [] : [this.rootPem] } : {},
      ...profile <= 2 && this.password !== undefined ? { auth: `${this.options.id}:${this.password}` } : {},
      ...profile === 3 ? { cert: this.certPem, key: this.#key?.keyPem } : {},
    });
    let isOpen = false;
    socket.on("open", () => {
      isOpen = true;
      if (profile !== this.profile) this.#url = this.#newUrl ?? this.#url;
      this.profile = profile;
      this.#boot();
    });
    socket.on("message", (data) => this.#receive(JSON.parse(String(data))));
    socket.on("error", (error) => this.errors.push(error.message));
    socket.on("close", () => {
      if (socket !== this.#socket) return;
      const next = isOpen || profile === this.profile ? this.#wanted : this.profile; // the new way failed: back
      this.#timer = setTimeout(() => this.#connect(next), 200);
    });
  }

  #boot(): void {
    const is16 = this.options.version === "ocpp1.6";
    this.#call(
      "BootNotification",
      is16
        ? { chargePointVendor: "Test", chargePointModel: "Climber" }
        : { reason: "PowerUp", chargingStation: { vendorName: "Test", model: "Climber" } },
    );
    this.#status();
  }

  #status(): void {
    this.#call(
      "StatusNotification",
      this.options.version === "ocpp1.6"
        ? { connectorId: 1, status: "Available", errorCode: "NoError" }
        : { evseId: 1, connectorId: 1, connectorStatus: "Available", timestamp: new Date().toISOString() },
    );
  }

  #call(action: string, payload: Json): void {
    this.#send([2, `s${this.#nextId++}`, action, payload]);
  }

  #send(message: unknown): void {
    if (this.isConnected) this.#socket!.send(JSON.stringify(message));
  }

  #receive([type, id, action, payload]: [number, string, string, Json]): void {
    if (type !== 2) return;
    this.calls.push(action);
    const { answer, after } = this.#obey(action, payload);
    this.#send([3, id, answer]);
    after?.();
  }

  #obey(action: string, payload: Json): { readonly answer: Json; readonly after?: () => void } {
    const accepted = { answer: { status: "Accepted" } };
    switch (action) {
      case "InstallCertificate":
        this.rootPem = String(payload["certificate"]);
        return accepted;
      case "ChangeConfiguration":
        return { ...accepted, ...this.#set(String(payload["key"]), String(payload["value"])) };
      case "SetVariables": {
        const [data] = payload["setVariableData"] as { component: Json; variable: Json; attributeValue: string }[];
        const { component, variable, attributeValue } = data!;
        const after = this.#set(String(variable["name"]), attributeValue);
        const attributeStatus = variable["name"] === "NetworkConfigurationPriority" ? "RebootRequired" : "Accepted";
        return { answer: { setVariableResult: [{ attributeStatus, component, variable }] }, ...after };
      }
      case "GetVariables": {
        const [{ component, variable }] = payload["getVariableData"] as [Json];
        const value = { attributeStatus: "Accepted", attributeValue: "1", component, variable };
        return { answer: { getVariableResult: [value] } };
      }
      case "GetConfiguration":
        return { answer: { unknownKey: payload["key"] } };
      case "SetNetworkProfile": {
        const { ocppCsmsUrl, securityProfile } = payload["connectionData"] as {
          ocppCsmsUrl: string;
          securityProfile: number;
        };
        this.#newUrl = ocppCsmsUrl;
        this.#wanted = securityProfile;
        return accepted;
      }
      case "ExtendedTriggerMessage":
      case "TriggerMessage":
        return {
          ...accepted,
          after: () => String(payload["requestedMessage"]).startsWith("Sign") ? this.#ask() : this.#status(),
        };
      case "CertificateSigned":
        this.certPem = String(payload["certificateChain"]);
        return accepted;
      case "Reset":
        return { ...accepted, after: () => this.#leave() };
      default:
        return { answer: {} };
    }
  }

  #set(key: string, value: string): { readonly after?: () => void } {
    if (key === "AuthorizationKey" || key === "BasicAuthPassword") this.password = value;
    if (key === "CentralURL") this.#newUrl = value;
    if (key !== "SecurityProfile") return {};
    this.#wanted = Number(value);
    return this.#wanted === this.profile ? {} : { after: () => this.#leave() };
  }

  #leave(): void {
    if (this.options.onSwitch === "stay-away") this.isAway = true;
    this.#socket?.close(1000);
  }

  /** A station may put its serial number into the request; this one puts its id, as the gateway wants it. */
  #ask(): void {
    const { csrPem, key } = makeTestCsr([["O", "CPO"], ["CN", this.options.id]]);
    this.#key = key;
    this.#call("SignCertificate", { csr: csrPem });
  }

  /** Ends staying away. */
  comeBack(): void {
    clearTimeout(this.#timer);
    this.isAway = false;
    this.#connect(this.#wanted);
  }
}
