import { Buffer } from "node:buffer";
import { passwordBytes } from "../config/materials.ts";
import type { SiteFiles } from "../core/conduit.ts";
import { KEYS } from "../store/keys.ts";
import { revoke } from "../store/revocations.ts";
import type { Mutation, Store } from "../store/store.ts";
import type { Station } from "./config.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { makeVerifier, type PasswordVerifier, provesSecret, type VerifierTools } from "./station_verifier.ts";

/** A weak password, for the slow hash; nothing is ever opened by it. */
const DECOY = new TextEncoder().encode("decoy");

/** Proves the passwords of stations: from `passwordFile`, or from a verifier that a command stored. */
export class StationCredentials {
  readonly #store: Store;
  readonly #tools: VerifierTools;
  /** Station id to a digest of the password it proved last: argon2id is asked once, not on every reconnect. */
  readonly #proven = new Map<string, string>();
  /** What `waste` compares with. */
  #decoy: PasswordVerifier | undefined;

  constructor(store: Store, tools: VerifierTools) {
    this.#store = store;
    this.#tools = tools;
  }

  /** Whether `password` is the station's; false also when the station has no password at all. */
  async proves(station: Station, password: Uint8Array<ArrayBuffer>, files: SiteFiles): Promise<boolean> {
    const content = await this.#fileInForce(station, files);
    if (content) return await this.#equalsFile(password, content);
    const stored = await this.#store.get<PasswordVerifier>([...KEYS.stationCredential, station.id]);
    if (!stored) return false;
    if (stored.value.kind === "machine") return await this.#provesMachine(password, stored.value);
    return await this.#provesSlowly(station.id, password, stored.value);
  }

  /**
   * For a password that was not proven: the slow hash that its check did not take, because there is no such station or
   * its secret needs none. Whoever measures learns nothing then (O-23).
   */
  async waste(station: Station | undefined, password: Uint8Array<ArrayBuffer>, files: SiteFiles): Promise<void> {
    this.#decoy ??= await makeVerifier(DECOY, this.#tools); // first for whoever comes first, too
    if (station && await this.kindOf(station, files) === "argon2id") return;
    await provesSecret(password, this.#decoy, this.#tools);
  }

  /**
   * Whether `password` is the one the station came with from its factory (A00.FR.806): it counts only as long as the
   * station has none of its own, for many know it.
   */
  async provesFactory(station: Station, password: Uint8Array<ArrayBuffer>, files: SiteFiles): Promise<boolean> {
    if (!await this.isQuarantined(station)) return false;
    return await this.#equalsFile(password, files.bytes(station.ocpp!.factoryPasswordFile!));
  }

  /** The station has no password but that of its factory: all that it does is being given one of its own. */
  async isQuarantined(station: Station): Promise<boolean> {
    const { factoryPasswordFile, securityProfile } = station.ocpp ?? {};
    if (factoryPasswordFile === undefined || securityProfile === 0 || securityProfile === 3) return false;
    return await this.#store.get([...KEYS.stationCredential, station.id]) === undefined;
  }

  /** Names the password in force, not its value: the same text as long as it is not changed. */
  async identify(station: Station, files: SiteFiles): Promise<string> {
    const content = await this.#fileInForce(station, files);
    if (content) return `file ${await this.#digest(content)}`;
    const stored = await this.#store.get<PasswordVerifier>([...KEYS.stationCredential, station.id]);
    return `stored ${stored?.version ?? ""}`;
  }

  /**
   * Stores a new password's verifier; the old password is dead when this resolves, and stays dead when an older backup
   * is restored. `at` is the wall time.
   */
  async set(stationId: string, password: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    await this.take(stationId, await makeVerifier(password, this.#tools), at);
  }

  /** The same with a verifier that was made before: the password behind it was proven just now. */
  async take(stationId: string, verifier: PasswordVerifier, at: number): Promise<void> {
    await this.#store.commit(this.#changes(stationId, verifier, at));
    this.#proven.delete(stationId);
  }

  /** The station has no password any more: it proves itself otherwise now. */
  async remove(stationId: string, at: number): Promise<void> {
    const mutation = { delete: [...KEYS.stationCredential, stationId] };
    await this.#store.commit([revoke({ kind: "credential", id: stationId, at }), mutation]);
    this.#proven.delete(stationId);
  }

  /**
   * As `set`, and retires what `passwordFile` holds now: it proves nothing any more until the file has another content.
   */
  async replace(station: Station, password: Uint8Array<ArrayBuffer>, files: SiteFiles, at: number): Promise<void> {
    const file = station.ocpp?.passwordFile;
    const changes = this.#changes(station.id, await makeVerifier(password, this.#tools), at);
    const retired = file === undefined ? [] : [{
      set: [...KEYS.stationRetired, station.id],
      value: await this.#digest(files.bytes(file)),
    }];
    await this.#store.commit([...changes, ...retired]);
    this.#proven.delete(station.id);
  }

  #changes(stationId: string, verifier: PasswordVerifier, at: number): Mutation[] {
    const mutation = { set: [...KEYS.stationCredential, stationId], value: verifier };
    return [revoke({ kind: "credential", id: stationId, at }), mutation];
  }

  /** What `passwordFile` holds, unless `station replace` retired exactly this content. */
  async #fileInForce(station: Station, files: SiteFiles): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = station.ocpp?.passwordFile;
    if (file === undefined) return undefined;
    const content = files.bytes(file);
    const retired = await this.#store.get<string>([...KEYS.stationRetired, station.id]);
    return retired && retired.value === await this.#digest(content) ? undefined : content;
  }

  /** Where the password in force comes from, for status. */
  async kindOf(station: Station, files: SiteFiles): Promise<"file" | PasswordVerifier["kind"] | "none"> {
    if (await this.#fileInForce(station, files)) return "file";
    return (await this.#store.get<PasswordVerifier>([...KEYS.stationCredential, station.id]))?.value.kind ?? "none";
  }

  /** A station may send a hex key as its text or as the bytes it stands for (Q7): both prove the same secret. */
  async #equalsFile(password: Uint8Array<ArrayBuffer>, content: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const secret = passwordBytes(content);
    const forms = [secret, hexBytes(secret)].filter((form) => form !== undefined);
    const presented = await this.#digest(password);
    const wanted = await Promise.all(forms.map((form) => this.#digest(form)));
    return wanted.map((digest) => digest === presented).includes(true);
  }

  /** The generated password is hex text; a station may send the bytes that it stands for (Q7). */
  async #provesMachine(password: Uint8Array<ArrayBuffer>, verifier: PasswordVerifier): Promise<boolean> {
    if (await provesSecret(password, verifier, this.#tools)) return true;
    const text = new TextEncoder().encode(Buffer.from(password).toString("hex"));
    return await provesSecret(text, verifier, this.#tools);
  }

  async #provesSlowly(id: string, password: Uint8Array<ArrayBuffer>, verifier: PasswordVerifier): Promise<boolean> {
    const digest = await this.#digest(password);
    if (this.#proven.get(id) === digest) return true;
    if (!await provesSecret(password, verifier, this.#tools)) return false;
    this.#proven.set(id, digest);
    if (this.#proven.size > INVENTORY_LIMITS.provenCache) this.#proven.delete(this.#proven.keys().next().value!);
    return true;
  }

  /** Keyed, so that comparing digests as strings leaks nothing that helps a guesser. */
  async #digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    return Buffer.from(await crypto.subtle.sign("HMAC", this.#tools.key, bytes)).toString("base64");
  }
}

function hexBytes(text: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const digits = Array.from(text, (byte) => String.fromCharCode(byte)).join("");
  if (!/^([0-9a-fA-F]{2}){16,20}$/.test(digits)) return undefined;
  return new Uint8Array(Buffer.from(digits, "hex"));
}
