import type { DeviceRecording, DeviceRequestRecord } from "../../core/device_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import { recordFields } from "../../../policies/recorded_field.ts";
import type { DeviceRole } from "../../../policies/access_types.ts";
import type { People } from "../people.ts";
import { RecordBook } from "../record_book.ts";
import type { DeviceSessionRecord } from "./device_sessions.ts";
import { DEVICE_LIMITS } from "./limits.ts";
import { RecordingFiles } from "./recording_file.ts";

const DAY_MS = 86_400_000;

/**
 * What people did on controllers' pages, where `people.recordings` asks for it: requests and form fields, secrets masked,
 * in sealed files for some days. The list is in the store, the requests are not.
 */
export class Recordings {
  readonly #people: People;
  readonly #book: RecordBook<DeviceRecording>;
  readonly #files: RecordingFiles;

  private constructor(people: People, book: RecordBook<DeviceRecording>) {
    this.#people = people;
    this.#book = book;
    this.#files = new RecordingFiles(people.context.box.dataDir, people.context.sealer);
  }

  static async open(people: People): Promise<Recordings> {
    const book = await RecordBook.open<DeviceRecording>(people.context.store, [...KEYS.people, "recording"]);
    return new Recordings(people, book);
  }

  /** Whether sessions as this account are recorded. */
  isOn(role: DeviceRole): boolean {
    return this.#people.context.site.people.recordings?.deviceRoles.includes(role) ?? false;
  }

  /** Keeps what was asked; fields are masked once more, whatever the Worker did. @throws StorageError RECORDING_FAILED */
  async keep(session: DeviceSessionRecord, requests: readonly DeviceRequestRecord[]): Promise<void> {
    const { id, person, station, deviceRole, grant, since } = session;
    if (!this.isOn(deviceRole) || requests.length === 0) return;
    const known = this.#book.get(id);
    if (!known) {
      await this.#makeRoom();
      await this.#book.put(id, { id, person, station, deviceRole, grant, since, isFull: false });
    }
    const safe = requests.map(({ fields, ...request }) =>
      fields ? { ...request, fields: recordFields(fields) } : request
    );
    if (known?.isFull || await this.#files.append(id, safe)) return;
    await this.#book.update(id, { ...this.#book.get(id)!, isFull: true });
  }

  /** The recordings, the newest first. */
  list(): readonly DeviceRecording[] {
    return this.#book.all().toSorted((a, b) => b.since - a.since);
  }

  /** What was done in one; who looks is audited before. @throws RECORDING_UNKNOWN, SEAL_BROKEN */
  async replay(
    id: string,
    { person, source }: { readonly person: string; readonly source: string },
  ): Promise<{ readonly recording: DeviceRecording; readonly requests: readonly DeviceRequestRecord[] }> {
    const recording = this.#book.get(id);
    if (!recording) throw new GatewayError("RECORDING_UNKNOWN", `There is no recording "${id.slice(0, 64)}"`);
    await this.#people.audit({
      event: "device.recording.replayed",
      who: person,
      target: recording.station,
      source,
      detail: { recording: id, person: recording.person },
    });
    return { recording, requests: await this.#files.read(id) };
  }

  /** Removes those whose time is over. Without `people.recordings` none is made, and those there are kept a while. */
  async sweep(): Promise<void> {
    const days = this.#people.context.site.people.recordings?.days ?? DEVICE_LIMITS.recordingDays;
    const before = this.#people.context.clock.now() - days * DAY_MS;
    await this.#remove(this.#book.all().filter(({ since }) => since < before), "recording.time");
  }

  async #makeRoom(): Promise<void> {
    const tooMany = this.#book.size - DEVICE_LIMITS.recordings + 1;
    if (tooMany > 0) await this.#remove(this.list().slice(-tooMany), "recording.too-many");
  }

  async #remove(gone: readonly DeviceRecording[], rule: string): Promise<void> {
    for (const { id, person, station } of gone) {
      await this.#files.remove(id);
      await this.#book.remove([id]);
      const detail = { recording: id, person };
      await this.#people.audit({ event: "device.recording.removed", who: "gateway", target: station, rule, detail });
    }
  }
}
