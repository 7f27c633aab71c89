import { modelFaults, type StationModel } from "./station_model.ts";

/** OCPP security profiles. */
type Profile = 0 | 1 | 2 | 3;

/** What is known when a station shall climb from one security profile to a higher one. Plain data. */
export interface ClimbFacts {
  /** The profile it connects with now, and the wanted one. */
  readonly from: Profile;
  readonly to: Profile;
  /** The version that its open connection speaks; undefined: it is not connected. */
  readonly version: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1" | undefined;
  /** What is known of charging: "unknown" when nothing was seen since its connection opened. */
  readonly activity: "idle" | "busy" | "unknown";
  /** Charging is no obstacle: a person takes the risk. */
  readonly force: boolean;
  /** An earlier climb of this station has not ended. */
  readonly isClimbing: boolean;
  /** The listener it shall use then: a URL without the station id, and the key of its root, if that is known. */
  readonly listener: {
    readonly url: string;
    readonly port: number;
    readonly rootKey?: "ec" | "rsa";
    readonly isSiteCa?: boolean;
  } | undefined;
  /** A root certificate can be sent to it, or it is there already. */
  readonly root: "installed" | "known" | "unknown";
  /** The key of OCPP 1.6 that holds the address of its CSMS, from the person or the model; undefined: none is known. */
  readonly urlKey: string | undefined;
  /** The address need not change: another way leads the station to the new listener. */
  readonly keepsUrl: boolean;
  /** Certificates that the site CA signs are accepted on that listener. */
  readonly signs: boolean;
  /** Where its Basic password is: a file of the site, the store, or nowhere. */
  readonly password: "file" | "none" | "stored";
  /** The CSMS gets the station's own Basic credential, so it must not change and not vanish. */
  readonly relaysCredential: boolean;
  readonly model: StationModel | undefined;
}

/** One step of a climb, in the order of CLIMB_STEPS. */
export type ClimbStep =
  | "idle"
  | "password"
  | "root"
  | "certificate"
  | "address"
  | "switch"
  | "reconnect"
  | "verify"
  | "rotate"
  | "renew";

/** What each step does, in words. */
export const CLIMB_STEPS: Readonly<Record<ClimbStep, string>> = {
  idle: "Wait until nothing charges",
  password: "Give it a password",
  root: "Install the root certificate it must trust",
  certificate: "Let it make a key, sign its certificate by the site CA, and send it",
  address: "Set the address of the TLS listener",
  switch: "Set the new security profile",
  reconnect: "Wait for it on the new profile; the old one stays valid until then",
  verify: "Ask it something over the new connection",
  rotate: "Replace the password that travelled in plain text",
  renew: "Give it a new password; the old one dies when it takes it",
};

/** From one profile to another, or with another password to the same one. */
export interface Hop {
  readonly from: Profile;
  readonly to: 1 | 2 | 3;
  readonly steps: readonly ClimbStep[];
}

/** Why a climb does not begin; `rule` is an audit fact. */
export interface ClimbRefusal {
  readonly rule: string;
  readonly reason: string;
  readonly hint: string;
}

/** The plan of a climb: what would be done, and all that speaks against beginning it. */
export interface ClimbPlan {
  readonly hops: readonly Hop[];
  readonly refusals: readonly ClimbRefusal[];
}

/** Plans a climb (A05.FR.01-09): over profile 2 to profile 3, one hop at a time, each proven before the next. */
export function planClimb(facts: ClimbFacts): ClimbPlan {
  const refusals = [...connectionRefusals(facts), ...listenerRefusals(facts), ...credentialRefusals(facts)];
  return { hops: facts.to > facts.from ? hopsOf(facts) : [], refusals };
}

function hopsOf(facts: ClimbFacts): Hop[] {
  const hops: Hop[] = [];
  if (facts.from < 2) hops.push({ from: facts.from, to: 2, steps: stepsToTwo(facts) });
  const from = facts.from < 2 ? 2 : facts.from;
  if (facts.to === 3) hops.push({ from, to: 3, steps: ["idle", "certificate", "switch", "reconnect", "verify"] });
  return hops;
}

function stepsToTwo({ from, version, root, keepsUrl, password, relaysCredential, to }: ClimbFacts): ClimbStep[] {
  const needsAddress = version === "ocpp1.6" && !keepsUrl; // 2.x sets it with the profile
  return [
    "idle",
    ...(from === 0 || password === "none") ? ["password"] as const : [],
    ...root === "known" ? ["root"] as const : [],
    ...needsAddress ? ["address"] as const : [],
    "switch",
    "reconnect",
    "verify",
    // A file is the person's own; a relayed password is the CSMS's; with profile 3 it dies anyway.
    ...password !== "file" && !relaysCredential && to !== 3 ? ["rotate"] as const : [],
  ];
}

function connectionRefusals({ from, to, version, activity, force, isClimbing }: ClimbFacts): ClimbRefusal[] {
  if (isClimbing) {
    return [refusal("running", "a climb of it is under way", "Watch it with --status, or end it with --cancel")];
  }
  if (to <= from) {
    return [refusal("profile", `it has security profile ${from} already`, "Name a higher one with --to")];
  }
  const found: ClimbRefusal[] = [];
  if (version === undefined) found.push(refusal("away", "it is not connected", "Run `why` to see what keeps it away"));
  else if (!force && activity === "busy") {
    found.push(refusal("busy", "it charges a car", "Wait until it is free, or pass --force"));
  }
  return found;
}

function listenerRefusals(facts: ClimbFacts): ClimbRefusal[] {
  const { from, to, version, listener, root, urlKey, keepsUrl, model } = facts;
  if (!listener) {
    return [refusal("listener", "no OCPP listener has TLS", "Add one with `tls: {}` under ocpp.listeners")];
  }
  const found: ClimbRefusal[] = [];
  if (from < 2 && version === "ocpp1.6" && urlKey === undefined && !keepsUrl) {
    const hint = "Pass --url-key KEY with the vendor's own key, or --keep-url when the station itself is told";
    found.push(
      refusal("address", "OCPP 1.6 has no key for the address of the CSMS, and none of its model is known", hint),
    );
  }
  if (from < 2 && root === "unknown") {
    const hint = "Pass --root FILE, or --root-installed when the station has it";
    found.push(refusal("root", "the root of the listener's own certificate is not known here", hint));
  }
  if (from < 2 && root === "known" && model?.installsRoots === false) {
    const hint = "Load the root at the station itself, then pass --root-installed";
    found.push(refusal("root", "its model takes no root certificate over OCPP", hint));
  }
  const profile = to === 0 ? 1 : to;
  for (const fault of modelFaults(model, { ...listener, profile, rootKey: listener.rootKey })) {
    found.push(refusal("model", fault, `Known from: ${model!.source}`));
  }
  return found;
}

function credentialRefusals({ from, to, relaysCredential, password, listener, signs }: ClimbFacts): ClimbRefusal[] {
  const found: ClimbRefusal[] = [];
  if (to === 3 && listener && !signs) {
    const hint = "Have your own CA sign its request, or remove clientCaFile of the listener";
    found.push(
      refusal("certificate", "the listener accepts certificates of your own CA only, not of the site CA", hint),
    );
  }
  if (to === 3 && relaysCredential) {
    found.push(refusal(
      "upstream",
      "its CSMS gets the station's own password, which a station with a certificate no longer sends",
      "Set ocpp.upstreamPasswordFile or an upstream certificate for it, and run `reload`",
    ));
  }
  if (from === 0 && password === "file") {
    found.push(refusal(
      "password",
      "its password is in a file, and nobody knows whether the station has it",
      "Remove ocpp.passwordFile of it and run `reload`: the gateway then makes one",
    ));
  }
  return found;
}

const refusal = (rule: string, reason: string, hint: string): ClimbRefusal => ({ rule: `climb.${rule}`, reason, hint });

/** The credential a station came with decides which of two profiles it is judged by while it climbs. */
export function profileShown(
  came: { readonly tls: boolean; readonly hasBasic: boolean; readonly hasCertificate: boolean },
  between: { readonly from: Profile; readonly to: Profile },
): Profile {
  const shown: Profile = came.tls ? came.hasCertificate ? 3 : 2 : came.hasBasic ? 1 : 0;
  return shown === between.to ? between.to : between.from;
}
