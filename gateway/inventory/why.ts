import { QUIRK_NAMES, quirkFor, type QuirkName, QUIRKS } from "../../profiles/quirks.ts";
import type { StationAttempt } from "../core/control_api.ts";

/** One step on the way from the station to the CSMS. "unknown": nothing can be seen of it from here. */
export interface WhyStep {
  readonly step: string;
  readonly state: "ok" | "bad" | "unknown" | "not used";
  readonly detail: string;
  /** What to do when it is bad; absent: the step's name says it. */
  readonly fix?: string;
}

/** What is known about one station's way; gathered by control, judged here without any I/O. */
export interface WhyFacts {
  readonly stationId: string;
  readonly known: boolean;
  readonly inInbox: boolean;
  readonly usbOnly: boolean;
  readonly securityProfile: number | undefined;
  /** A listener that serves this profile listens. */
  readonly listener: { readonly name: string; readonly up: boolean } | undefined;
  readonly credentialKind: "file" | "machine" | "argon2id" | "none" | "certificate";
  readonly lastRefusal:
    | { readonly rule: string; readonly reason: string; readonly at: string; readonly source: string }
    | undefined;
  /** The last TLS handshake that failed from an address of the station. */
  readonly lastHandshakeFault: { readonly reason: string; readonly at: string } | undefined;
  /** Failed handshakes of addresses that may be this station's, when it has none that is known; newest first. */
  readonly strangers?: readonly string[];
  /** How the last admitted attempt ended; with `why` beginning with a rule it never became a connection. */
  readonly lastEnd?: { readonly why: string; readonly at: string; readonly source: string } | undefined;
  readonly session: { readonly since: string; readonly source: string } | undefined;
  /** The CSMS of its connection is away and the gateway stands in for it, in words. */
  readonly standIn?: string | undefined;
  /** Steps of the probe towards the CSMS; undefined when no Worker could probe. */
  readonly upstream: readonly { readonly step: string; readonly ok: boolean; readonly detail: string }[] | undefined;
  readonly csms: string | undefined;
  /** What the CSMS set for its own leg, in words; absent: nothing. */
  readonly upstreamSet?: string | undefined;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** From the cable to names, in the order of the way; absent: nothing is known of it. */
  readonly network?: readonly WhyStep[];
}

/** The walk with its end: one sentence and one fix. */
export interface WhyAnswer {
  readonly steps: readonly WhyStep[];
  readonly sentence: string;
  readonly fix: string;
}

/** What to do about a refusal, by its rule. */
const FIXES: Readonly<Record<string, string>> = {
  "admission.credential": "Give it a new password: `station credential ID`, then set it in the station",
  "admission.credential-missing": "Set the AuthorizationKey (1.6) or BasicAuthPassword (2.x) in the station",
  "admission.user-mismatch": "Set the station's Basic user to its id; most stations derive it from the id in the URL",
  "admission.certificate": "Issue it a certificate: `cert issue --station ID --csr FILE`, and install the site CA",
  "admission.cn-mismatch": "Issue a certificate whose CN is this station's id: `cert issue --station ID --csr FILE`",
  "admission.duplicate": "Find the second device that uses this id and credential; the first one answers and stays",
  "admission.duplicate-credential":
    "It came back with another credential than the connection that just died; it may connect at its next attempt",
  "admission.flapping":
    "Look at the station's network and power: it connects again and again beside its own connection",
  "admission.profile": "Point the station at the listener of its profile, or change `ocpp.securityProfile`",
  "admission.profile-lowered":
    "Configure the profile it proved; only if it must be lower: `station lower-profile ID --to N --reason TEXT`",
  "admission.protocol": "Add the version the station offers to its `ocpp.protocols`, then `reload`",
  "admission.quirk": "Correct the URL set in the station: the listener's path, then its id.",
  "admission.address": "Correct the station's `address` in site.yaml, or give it a credential",
  "admission.source-limited": "Stop the wrong attempts from that address; it may try again after some minutes",
  "admission.identity-limited":
    "Find who tries with this id (`audit tail`); the station may try again after some minutes",
};

/** How far a clock may be off before certificates are in danger, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 300;

/** Walks inventory, listener, TLS, login, connection, clock and CSMS; the first bad step is the answer. */
export function explainStation(facts: WhyFacts): WhyAnswer {
  const steps = [...ownSteps(facts), ...setSteps(facts), ...upstreamSteps(facts)];
  const bad = steps.find(({ state }) => state === "bad");
  if (!bad) {
    const last = facts.lastEnd ? `its last connection ended at ${facts.lastEnd.at}` : "it has not asked to connect" +
      (facts.strangers?.length ? ", unless one of the failed TLS handshakes above is its own" : "");
    const sentence = facts.session
      ? `${facts.stationId} is connected and its way to ${facts.csms ?? "the CSMS"} is open.`
      : `Nothing on this box keeps ${facts.stationId} away; ${last}.`;
    const fix = facts.session ? "Nothing to do here." : "Check its power, its network cable and the URL set in it.";
    return { steps, sentence, fix };
  }
  const verdict = facts.standIn !== undefined && bad.step.startsWith("CSMS")
    ? "is connected without its CSMS"
    : `cannot charge because of ${bad.step}`;
  return { steps, sentence: `${facts.stationId} ${verdict}: ${bad.detail}.`, fix: fixOf(facts, bad) };
}

function ownSteps(facts: WhyFacts): WhyStep[] {
  if (!facts.known) {
    const seen = facts.inInbox ? "it asked to connect and waits in the adoption inbox" : "it never asked to connect";
    return [{ step: "inventory", state: "bad", detail: `no station of this id is in the inventory; ${seen}` }];
  }
  const inventory: WhyStep = {
    step: "inventory",
    state: "ok",
    detail: `security profile ${facts.securityProfile ?? "none"}`,
  };
  if (facts.usbOnly || facts.securityProfile === undefined) {
    return [inventory, ...facts.network ?? [], {
      step: "OCPP",
      state: "not used",
      detail: "this part has no OCPP connection of its own",
    }];
  }
  const { network = [] } = facts;
  return [
    inventory,
    ...network,
    listenerStep(facts),
    tlsStep(facts),
    loginStep(facts),
    connectionStep(facts),
    clockStep(facts),
  ];
}

function listenerStep({ listener, securityProfile }: WhyFacts): WhyStep {
  const step = "listener";
  if (!listener) return { step, state: "bad", detail: `no listener serves security profile ${securityProfile}` };
  return { step, state: listener.up ? "ok" : "bad", detail: `${listener.name} ${listener.up ? "listens" : "is down"}` };
}

function tlsStep({ securityProfile = 0, lastHandshakeFault, session, strangers = [] }: WhyFacts): WhyStep {
  const step = "TLS";
  if (securityProfile < 2) return { step, state: "not used", detail: "this profile is plain text" };
  if (session) return { step, state: "ok", detail: "no failed handshake seen" };
  if (!lastHandshakeFault) {
    const detail = strangers.length === 0
      ? "no failed handshake seen"
      : `its address is not known; handshakes failed from ${strangers.join("; from ")}`;
    return { step, state: "unknown", detail };
  }
  return { step, state: "bad", detail: `handshake failed at ${lastHandshakeFault.at}: ${lastHandshakeFault.reason}` };
}

function loginStep(facts: WhyFacts): WhyStep {
  const { lastRefusal, lastEnd, session, credentialKind, securityProfile } = facts;
  const step = "login";
  if (session) return { step, state: "ok", detail: `credential: ${credentialKind}` };
  if (securityProfile !== 3 && securityProfile !== 0 && credentialKind === "none") {
    return { step, state: "bad", detail: "no password is set for it on this gateway" };
  }
  if (lastEnd && (!lastRefusal || lastRefusal.at < lastEnd.at)) {
    return { step, state: "ok", detail: `it proved itself from ${lastEnd.source} the last time` };
  }
  if (!lastRefusal) return { step, state: "unknown", detail: "it has not tried" };
  const { rule, reason, at, source } = lastRefusal;
  return { step, state: "bad", detail: `refused at ${at} from ${source} by ${rule}: ${reason}` };
}

function connectionStep(facts: WhyFacts): WhyStep {
  const { session, lastEnd } = facts;
  const step = "connection";
  if (session) return { step, state: "ok", detail: `connected since ${session.since} from ${session.source}` };
  if (!lastEnd) return { step, state: "unknown", detail: "not connected" };
  const wasRefused = lastEnd.why.startsWith("ocpp.");
  const verb = wasRefused ? "refused" : "ended";
  // When the probe shows a fault of the CSMS by itself, that is the better answer.
  const isBad = (wasRefused || quirkNamedIn(lastEnd.why) !== undefined) && !facts.upstream?.some(({ ok }) => !ok);
  return { step, state: isBad ? "bad" : "unknown", detail: `${verb} at ${lastEnd.at}: ${lastEnd.why}` };
}

function clockStep({ facts }: WhyFacts): WhyStep {
  const offset = facts["clockOffsetSeconds"];
  if (typeof offset !== "number") return { step: "clock", state: "unknown", detail: "it has sent no time yet" };
  const detail = `its clock ${clockDifference(offset)}${zoneGuess(offset)}`;
  return { step: "clock", state: Math.abs(offset) > CLOCK_TOLERANCE_SECONDS ? "bad" : "ok", detail };
}

/** "56 years behind" says more than its seconds: a clock that lost its battery (T7). */
function clockDifference(offset: number): string {
  const seconds = Math.abs(offset), where = offset < 0 ? "behind" : "ahead";
  if (seconds < 172_800) return `is ${seconds} s ${where}`;
  const days = Math.floor(seconds / 86_400), years = Math.floor((days + 1) / 365.25);
  return years < 1
    ? `is ${days} days ${where} (${seconds} s)`
    : `is ${years} ${years === 1 ? "year" : "years"} ${where} (${seconds} s)`;
}

/** An offset of whole hours is a zone that was left out: local time sent as UTC (Q25). */
function zoneGuess(offset: number): string {
  const hours = Math.round(offset / 3_600);
  const isZone = hours !== 0 && Math.abs(hours) <= 14 && Math.abs(offset - hours * 3_600) <= CLOCK_TOLERANCE_SECONDS;
  return isZone ? `, ${Math.abs(hours)} h: it seems to send local time as UTC` : "";
}

/** A credential that the CSMS itself set (decision 0063): what it is, never its value. */
function setSteps({ csms, upstreamSet }: WhyFacts): WhyStep[] {
  return upstreamSet === undefined ? [] : [{ step: `credential at ${csms}`, state: "ok", detail: upstreamSet }];
}

function upstreamSteps({ known, csms, upstream, securityProfile, session, standIn }: WhyFacts): WhyStep[] {
  if (!known || securityProfile === undefined) return [];
  if (session && standIn !== undefined) {
    return [{ step: `CSMS ${csms ?? ""}`.trim(), state: "bad", detail: standIn }];
  }
  // Its own connection through the gateway proves more than a probe, which some CSMSs leave unanswered.
  if (session) return [{ step: `CSMS ${csms ?? ""}`.trim(), state: "ok", detail: "its own connection is open" }];
  if (!upstream) {
    return [{ step: `CSMS ${csms ?? ""}`.trim(), state: "unknown", detail: "no OCPP Worker could probe it" }];
  }
  return upstream.map(({ step, ok, detail }) => ({ step: `CSMS ${step}`, state: ok ? "ok" : "bad", detail }));
}

const TRUST_FIX =
  "Install the site CA in the station (`cert export-ca`), and have its URL name what the listener's certificate names.";

const PROXY_FIX = "Check `network.uplink.proxy` in site.yaml: the proxy must let this box open a tunnel to the CSMS.";

function fixOf(facts: WhyFacts, { step, fix }: WhyStep): string {
  const id = facts.stationId;
  if (fix !== undefined) return fix;
  if (step === "inventory") {
    return facts.inInbox ? `station adopt ${id}` : "Check the id in the URL set in the station.";
  }
  if (step === "listener") return "Add a listener for this profile under `ocpp.listeners`, or read `status`.";
  if (step === "TLS") {
    if (facts.lastHandshakeFault?.reason.startsWith("InvalidCentralSystemCertificate")) return TRUST_FIX;
    return "Update the station's firmware or its roots; or use security profile 1 on an isolated segment.";
  }
  if (step === "clock") return "Set the station's time (NTP), or let its CSMS set it in the BootNotification answer.";
  if (step === "login") {
    const rule = facts.lastRefusal?.rule ?? "admission.credential";
    const known = FIXES[rule.startsWith("peer.") ? "admission.certificate" : rule];
    return (known ?? "Read `audit tail`").replaceAll("ID", id) + quirkFix(quirkAgainst(facts.lastRefusal), id);
  }
  if (step === "connection") return connectionFix(facts);
  if (step === "CSMS proxy") return PROXY_FIX;
  if (step === "CSMS tls") {
    return `Compare the certificate of ${facts.csms} with its \`caFile\`; do not relax the check to make it work.`;
  }
  return `Ask the operator of ${facts.csms ?? "the CSMS"}; the site's firewall must let this box reach it.`;
}

function connectionFix({ stationId, csms = "the CSMS", lastEnd, upstreamSet }: WhyFacts): string {
  const why = lastEnd?.why ?? "", quirk = quirkNamedIn(why);
  if (/proxy .* answered/.test(why)) return PROXY_FIX;
  if (/answered 404/.test(why)) return `Ask the operator of ${csms} to create station ${stationId} there.`;
  if (/answered 401/.test(why)) {
    if (upstreamSet !== undefined) {
      return `Ask the operator of ${csms} to set the password again, or run \`station upstream ${stationId} --reset\`.`;
    }
    return `Give ${csms} and the station one password, or name its own in \`upstreamPasswordFile\`, then \`reload\`.`;
  }
  if (why.startsWith("ocpp.subprotocol")) {
    const fix = "Add the version the station offers to its `ocpp.protocols`, then `reload`";
    return fix + quirkFix(quirk, stationId);
  }
  if (quirk !== undefined) return `Update its firmware.${quirkFix(quirk, stationId)}`;
  return `Read \`station record ${stationId}\`, then ask the operator of ${csms}.`;
}

/** The quirk that a reason names: "protocol; quirk large-messages may help". */
function quirkNamedIn(why: string): QuirkName | undefined {
  const name = /quirk ([a-z-]+) may help/.exec(why)?.[1];
  return QUIRK_NAMES.find((known) => known === name);
}

function quirkAgainst(refusal: WhyFacts["lastRefusal"]): QuirkName | undefined {
  if (refusal?.rule !== "admission.quirk") return quirkFor(refusal?.rule ?? "");
  return QUIRK_NAMES.find((name) => refusal.reason.endsWith(` ${name}`));
}

/** What tolerating it would take, and what that gives up; for the person who decides. */
function quirkFix(name: QuirkName | undefined, stationId: string): string {
  if (name === undefined) return "";
  return ` Or tolerate it: add "${name}" to \`ocpp.quirks\` of ${stationId}. Risk: ${QUIRKS[name].risk}.`;
}

/** How the last admitted attempt of each station ended, bounded; for `why` only, the audit chain has them all. */
export class EndMemory {
  readonly #last = new Map<string, NonNullable<WhyFacts["lastEnd"]>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  note({ stationId, source }: { readonly stationId: string; readonly source: string }, why: string, now: number): void {
    this.#last.delete(stationId);
    this.#last.set(stationId, { why: why.slice(0, 200), at: new Date(now).toISOString(), source });
    if (this.#last.size > this.#limit) this.#last.delete(this.#last.keys().next().value!);
  }

  of(stationId: string): WhyFacts["lastEnd"] {
    return this.#last.get(stationId);
  }
}

/** The last refusal of each station, bounded; for `why` only, the audit chain has them all. */
export class RefusalMemory {
  readonly #last = new Map<string, NonNullable<WhyFacts["lastRefusal"]>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  note({ stationId, source }: StationAttempt, rule: string, reason: string, now: number): void {
    this.#last.delete(stationId);
    this.#last.set(stationId, { rule, reason, at: new Date(now).toISOString(), source });
    if (this.#last.size > this.#limit) this.#last.delete(this.#last.keys().next().value!);
  }

  of(stationId: string): WhyFacts["lastRefusal"] {
    return this.#last.get(stationId);
  }
}
