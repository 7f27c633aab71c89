import { allow, type Decision, deny } from "./decision.ts";

/** Who may call one verb of the people API or run one command. */
export interface VerbRule {
  /** Roles of which one is needed; "anyone": whoever has a finished login. */
  readonly roles: readonly string[] | "anyone";
  /** A fresh proof is needed: second factor, or the password where there is none. */
  readonly needsProof?: true;
  /** What an API token must be allowed; absent: never by token. */
  readonly scope?: "audit" | "operate" | "read";
}

const ADMIN = ["administrator"] as const;
const WATCHERS = ["administrator", "operator"] as const;
const READERS = ["administrator", "operator", "auditor"] as const;
const FIELD = ["administrator", "operator", "technician"] as const;
const EVERYBODY = ["administrator", "operator", "technician", "auditor"] as const;

const admin: VerbRule = { roles: ADMIN };
const danger: VerbRule = { roles: ADMIN, needsProof: true };
const watch: VerbRule = { roles: WATCHERS, scope: "operate" };
const field: VerbRule = { roles: FIELD, scope: "operate" };
const read: VerbRule = { roles: READERS, scope: "read" };
const readAll: VerbRule = { roles: EVERYBODY, scope: "read" };
const own: VerbRule = { roles: "anyone" };
const ownDanger: VerbRule = { roles: "anyone", needsProof: true };
/** Work at controllers: a grant says more (people/device_gate.ts). */
const workers: VerbRule = { roles: ["administrator", "operator", "technician"] };
const workersAgain: VerbRule = { ...workers, needsProof: true };
const audit: VerbRule = { roles: ["administrator", "auditor"], scope: "audit" };

/** Every verb of the people API that a finished login is asked for. A verb that is not here is refused. */
export const PERSON_VERBS: Readonly<Record<string, VerbRule>> = {
  "device.end": own,
  "device.join": { roles: WATCHERS },
  "device.open": own,
  "device.pages": readAll,
  "device.recordings": { roles: ["administrator", "auditor"] },
  "device.replay": { roles: ["administrator", "auditor"], needsProof: true },
  "device.sessions": own,
  "device.watch": { roles: WATCHERS },
  "people.access.check": own,
  "people.access.end": own,
  "people.access.explain": readAll,
  "people.access.list": readAll,
  "people.access.open": own,
  "people.account.add": danger,
  "people.account.change": danger,
  "people.account.list": read,
  "people.account.remove": danger,
  "people.account.reset": danger,
  "people.account.unlock": admin,
  "people.break-glass.renew": danger,
  "people.factor.list": own,
  "people.factor.remove": ownDanger,
  "people.grant.add": danger,
  "people.grant.list": readAll,
  "people.grant.remove": danger,
  "people.passkey.begin": own,
  "people.passkey.finish": own,
  "people.password.change": own,
  "people.recovery.renew": ownDanger,
  "people.request.add": own,
  "people.request.decide": { roles: WATCHERS, needsProof: true },
  "people.request.list": own,
  "people.request.withdraw": own,
  "people.session.end": own,
  "people.session.list": own,
  "people.step-up": own,
  "people.token.add": ownDanger,
  "people.token.list": own,
  "people.token.revoke": own,
  "people.totp.begin": own,
  "people.totp.finish": own,
  "people.tunnel.list": own,
  "people.tunnel.open": own,
};

/** Commands by who may run them through the console or the REST API. A command that is not here is an administrator's, with a fresh proof. */
export const COMMAND_VERBS: Readonly<Record<string, VerbRule>> = {
  "access end": watch,
  "access explain": readAll,
  "access list": read,
  "alarms ack": watch,
  "alarms list": readAll,
  "alarms test": watch,
  "audit digest": audit,
  "audit digest-send": { roles: ["administrator", "auditor"] },
  "audit export": audit,
  "audit review": { roles: ["administrator", "auditor"] },
  "audit tail": audit,
  "audit verify": audit,
  "backup": { roles: ADMIN, scope: "operate" },
  "badge allow": watch,
  "badge block": watch,
  "badge export": watch,
  "badge forget": watch,
  "badge import": watch,
  "badge list": read,
  "badge renew": watch,
  "badge set": { roles: ADMIN, scope: "operate" },
  "badge settings": read,
  "badge suspects": read,
  "badge unblock": watch,
  "cert export-ca": readAll,
  "cert list": read,
  "commissioning check": field,
  "commissioning close": watch,
  "commissioning counter-sign": { roles: WATCHERS, needsProof: true },
  "commissioning drop": watch,
  "commissioning enter": field,
  "commissioning except": watch,
  "commissioning list": readAll,
  "commissioning pdf": readAll,
  "commissioning photo": readAll,
  "commissioning reopen": watch,
  "commissioning show": readAll,
  "commissioning sign": { roles: FIELD, needsProof: true },
  "commissioning start": field,
  "csms list": read,
  "decommission approve": { roles: WATCHERS, needsProof: true },
  "decommission cancel": { roles: WATCHERS },
  "decommission certificate": read,
  "decommission list": read,
  "decommission places": read,
  "decommission prove": { roles: ["administrator", "operator", "technician"] },
  "decommission readmit": danger,
  "decommission show": read,
  "decommission skip": danger,
  "device capabilities": readAll,
  "device check": { roles: WATCHERS },
  "device download": workers,
  "device file": { roles: WATCHERS, needsProof: true },
  "device files": read,
  "device firmware": workersAgain,
  "device import": workersAgain,
  "device jobs": readAll,
  "device password": workersAgain,
  "device prove": { roles: WATCHERS },
  "device reboot": workersAgain,
  "device settings": workers,
  "device version": workers,
  "dhcp adopt": { roles: WATCHERS },
  "dhcp free": { roles: WATCHERS },
  "dhcp inbox": read,
  "dhcp leases": read,
  "dhcp remove": { roles: WATCHERS },
  "dhcp status": read,
  "dns denied": read,
  "dns explain": readAll,
  "dns flush": watch,
  "dns forget": watch,
  "dns status": read,
  "firmware export": { roles: ["administrator", "operator", "technician"] },
  "firmware fetch": danger,
  "firmware hand-out": watch,
  "firmware import": danger,
  "firmware list": readAll,
  "firmware offers": watch,
  "firmware publications": read,
  "firmware release": danger,
  "firmware remove": danger,
  "firmware reveal": danger,
  "firmware security-logs": watch,
  "firmware show": readAll,
  "firmware take": danger,
  "firmware transfers": watch,
  "firmware verify": watch,
  "firmware withdraw": { roles: WATCHERS },
  "firmware campaign abort": { roles: WATCHERS, needsProof: true },
  "firmware campaign approve": { roles: WATCHERS, needsProof: true },
  "firmware campaign done": { roles: ["administrator", "operator", "technician"] },
  "firmware campaign list": readAll,
  "firmware campaign new": { roles: WATCHERS },
  "firmware campaign pause": watch,
  "firmware campaign plan": read,
  "firmware campaign release": { roles: WATCHERS, needsProof: true },
  "firmware campaign report": readAll,
  "firmware campaign resume": { roles: WATCHERS, needsProof: true },
  "firmware campaign start": { roles: WATCHERS, needsProof: true },
  "firmware campaign take": { roles: ["administrator", "operator", "technician"] },
  "firmware inventory": readAll,
  "firmware sbom": readAll,
  "grant list": read,
  "incident acknowledge": watch,
  "incident announce": { roles: WATCHERS, needsProof: true },
  "incident close": { roles: WATCHERS, needsProof: true },
  "incident decide": { roles: WATCHERS, needsProof: true },
  "incident list": readAll,
  "incident look": watch,
  "incident report": { roles: ["administrator", "operator", "technician"], scope: "operate" },
  "incident show": readAll,
  "incident step": { roles: ["administrator", "operator", "technician"], needsProof: true },
  "incident withdraw": watch,
  "inspection assign": watch,
  "inspection due": readAll,
  "inspection fill": { roles: ["administrator", "operator", "technician"], scope: "operate" },
  "inspection list": readAll,
  "inspection photo": { roles: ["administrator", "operator", "technician"], scope: "operate" },
  "inspection show": readAll,
  "inspection unassign": watch,
  "ledger list": read,
  "ledger show": read,
  "modbus lines": readAll,
  "outage list": read,
  "outage refused": read,
  "plan picture": readAll,
  "plan place": watch,
  "plan remove": watch,
  "plan set": watch,
  "plan show": readAll,
  "plan unplace": watch,
  "policy explain": read,
  "policy recording": read,
  "policy rules": read,
  "posture": readAll,
  "posture advisory import": watch,
  "posture advisory list": readAll,
  "posture advisory remove": { roles: ADMIN },
  "posture advisory show": readAll,
  "posture advisory withdraw": { roles: WATCHERS, needsProof: true },
  "posture confirm": { roles: ["administrator", "operator", "technician"], scope: "operate" },
  "posture golden": readAll,
  "posture golden approve": { roles: WATCHERS, needsProof: true },
  "posture golden cancel": watch,
  "posture golden fix": watch,
  "posture golden fixes": readAll,
  "posture golden undo": watch,
  "posture guides": readAll,
  "posture report": { roles: READERS, scope: "audit" },
  "posture rollout": readAll,
  "posture rollout approve": { roles: WATCHERS, needsProof: true },
  "posture rollout ask": watch,
  "posture rollout cancel": watch,
  "posture rollout resume": { roles: WATCHERS, needsProof: true },
  "posture run": watch,
  "posture show": readAll,
  "posture unwaive": admin,
  "posture waive": danger,
  "request approve": { roles: WATCHERS, needsProof: true },
  "request deny": { roles: WATCHERS, needsProof: true },
  "request list": read,
  "secret card-add": danger,
  "secret card-remove": danger,
  "secret cards": { roles: READERS },
  "secret confirm": { roles: ["administrator", "operator", "technician"] },
  "secret escrow": danger,
  "secret escrow-ack": danger,
  "secret import": danger,
  "secret left": { roles: WATCHERS, needsProof: true },
  "secret list": { roles: EVERYBODY },
  "secret retry": { roles: WATCHERS, needsProof: true },
  "secret reveal": { roles: ["administrator", "operator", "technician"], needsProof: true },
  "secret rotate": { roles: WATCHERS, needsProof: true },
  "security-events": { roles: READERS, scope: "audit" },
  "segmentation close": watch,
  "segmentation explain": readAll,
  "segmentation open": { roles: WATCHERS, needsProof: true },
  "segmentation plan": readAll,
  "segmentation probe": watch,
  "segmentation show": readAll,
  "segmentation switches": readAll,
  "session end": { roles: ADMIN },
  "session list": { roles: ADMIN },
  "station adopt": { roles: WATCHERS },
  "station adoption": read,
  "station adoption finish": { roles: WATCHERS },
  "station login-retry": { roles: WATCHERS, needsProof: true },
  "station pin approve": danger,
  "station pin show": readAll,
  "station record": read,
  "stations": readAll,
  "status": readAll,
  "time status": readAll,
  "token list": { roles: ADMIN },
  "token revoke": { roles: ADMIN },
  "tunnel end": watch,
  "tunnel list": read,
  "user list": read,
  "user policy": readAll,
  "why": readAll,
};

/** The caller as far as verbs go. */
export interface VerbCaller {
  readonly roles: readonly string[];
  /** The login is finished. */
  readonly isDone: boolean;
  /** The last proof is fresh. */
  readonly isProven: boolean;
  /** Scopes of the API token; absent for a session. */
  readonly scopes?: readonly string[];
}

/** The rule of a verb or, as "command NAME", of a command; undefined for an unknown verb. */
export function verbRule(verb: string): VerbRule | undefined {
  if (!verb.startsWith("command ")) return Object.hasOwn(PERSON_VERBS, verb) ? PERSON_VERBS[verb] : undefined;
  const command = verb.slice("command ".length);
  return Object.hasOwn(COMMAND_VERBS, command) ? COMMAND_VERBS[command] : danger;
}

/** Whether the caller may do this now. The rule ids are stable: the console acts on "verb.proof". */
export function decideVerb(verb: string, caller: VerbCaller): Decision {
  const rule = verbRule(verb);
  if (!rule) return deny("verb.unknown", `"${verb}" is no verb of this gateway`);
  if (!caller.isDone) return deny("verb.login", "The login is not finished", "Finish the step that the login asks for");
  if (caller.scopes && (rule.scope === undefined || !caller.scopes.includes(rule.scope))) {
    const wanted = rule.scope === undefined ? "no API token may do it" : `the token needs the scope "${rule.scope}"`;
    return deny("verb.scope", `"${verb}" is not open to this API token: ${wanted}`);
  }
  if (rule.roles !== "anyone" && !rule.roles.some((role) => caller.roles.includes(role))) {
    const who = rule.roles.join(" or ");
    return deny(
      "verb.role",
      `"${verb}" needs the role ${who}`,
      `Ask an administrator for the role, or a person who has it`,
    );
  }
  if (rule.needsProof && !caller.isProven) {
    return deny("verb.proof", `"${verb}" needs a fresh proof of who you are`, "Prove your second factor once more");
  }
  return allow("verb.allowed");
}

/** The verbs and, of `commands`, those as "command NAME" that the roles allow at all: what the console shows. */
export function verbsOf(roles: readonly string[], commands: readonly string[]): readonly string[] {
  const names = [...Object.keys(PERSON_VERBS), ...commands.map((command) => `command ${command}`)];
  return names.filter((name) => decideVerb(name, { roles, isDone: true, isProven: true }).effect === "allow");
}
